package usernic

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// person is who calls, as the machine's files and directories know him.
type person struct {
	who    netquota.Account // the names that lines of lxc-usernet, and rows of the ledger, can have
	names  []string         // all login names of the user id: the policy is about each
	groups []string         // all names of the groups
	doubt  string           // why some of the groups may have names that are not here; "" if none may

	standing privilege.Standing // whose files are believed
}

// identify says who the caller is: the names of his user id, and those of his groups that have one, the real group first.
// It runs before anything is held: a directory may take its time.
//
// Where a directory cannot say what some of the groups are called, the others are returned all the same: what is granted
// to them is granted. What may be forbidden to the rest is for the policy to mind.
func identify(caller privilege.Caller) (person, error) {
	standing := caller.Standing(needed)
	p, err := identifyAs(account.For(caller, standing), caller.UID(), append([]uint32{caller.GID()}, caller.Groups()...))
	p.standing = standing
	return p, err
}

// identifyAs is identify for a caller with these real ids, the real group's first, as a directory knows him.
func identifyAs(directory account.Directory, uid uint32, gids []uint32) (p person, err error) {
	users, err := directory.Users(uid)
	if err != nil {
		return person{}, unidentified(err)
	}
	groups, err := directory.Groups(gids)
	var failed *account.SourceError
	var unknown *account.UnknownError
	switch {
	case errors.As(err, &failed), errors.As(err, &unknown):
		p.doubt = err.Error()
	case err != nil:
		return person{}, unidentified(err)
	}
	for _, u := range users {
		p.names = append(p.names, u.Name)
	}
	for _, g := range groups {
		p.groups = append(p.groups, g.Name)
	}
	p.who, err = ownable(netquota.Account{UID: uid, Names: slices.Clone(p.names), Groups: slices.Clone(p.groups)})
	return p, err
}

// ownable is the account without the names that cannot stand in lxc-usernet and the ledger, whose fields blanks separate.
// A name may have blanks in it, as directories have them, since what stands in front of the last three words is the
// owner; but then not the word that is the type, which would let the row of one owner begin like that of another.
func ownable(who netquota.Account) (netquota.Account, error) {
	first := who.Names[0]
	unfit := func(name string) bool { return strings.HasPrefix(name, "@") || !fitsRow(name) }
	who.Names = slices.DeleteFunc(who.Names, unfit)
	who.Groups = slices.DeleteFunc(who.Groups, func(name string) bool { return !fitsRow(name) })
	if len(who.Names) == 0 {
		return netquota.Account{}, refuse("User name "+quoted(first)+" cannot be used",
			"it cannot stand in "+paths.Usernet()+": a name there has no @ in front, no control character, no blank at an end or "+
				"beside another, and not the word "+ifname.Veth)
	}
	return who, nil
}

// fitsRow reports whether a name can be written in front of a type, a bridge and an interface, and read again. A # at
// the start of a word would begin a comment.
func fitsRow(name string) bool {
	for i := range len(name) {
		if name[i] < ' ' || name[i] == 0x7f {
			return false
		}
	}
	for word := range strings.SplitSeq(name, " ") {
		if word == "" || word[0] == '#' || word == ifname.Veth && word != name {
			return false
		}
	}
	return true
}

// unidentified says that the caller's name, which the lines of lxc-usernet are about, cannot be found out.
func unidentified(err error) error {
	const headline = "Cannot determine your user name"
	var unknown *account.UnknownError
	if errors.As(err, &unknown) && unknown.Certain() {
		return refuse(headline, err.Error())
	}
	return failed(headline, err)
}

// allowance is what the administrator grants at a place, to somebody of that standing; nothing is a refusal, *NoLine.
func allowance(of privilege.Standing, who netquota.Account, doubt string, place netquota.Place) ([]netquota.Allotment, error) {
	file, err := trusted.Open(paths.Usernet(), of)
	if err != nil {
		return nil, noUsernet(of, who, place, err)
	}
	defer file.Close()
	charges, err := netquota.Allotments(file, who, place)
	switch {
	case err != nil:
		return nil, failed("Failed to read "+paths.Usernet(), err)
	case len(charges) == 0:
		return nil, &NoLine{Who: who, Place: place, Doubt: doubt, of: of}
	}
	return charges, nil
}

// behind is what a refusal says besides where some groups of the caller's have no name: a line may be for one of them.
func behind(doubt string) string {
	if doubt == "" {
		return ""
	}
	return "; lines for groups may be missing: " + doubt
}

// noUsernet says why the file of grants was not read.
func noUsernet(of privilege.Standing, who netquota.Account, place netquota.Place, err error) error {
	var untrusted *trusted.UntrustedError
	switch {
	case errors.Is(err, unix.ENOENT):
		return &NoLine{Who: who, Place: place, NoFile: true, of: of}
	case errors.As(err, &untrusted):
		return refuse("Refused to read "+paths.Usernet(), "the file "+untrusted.Reason()+
			": anybody who can write to it grants interfaces, so "+untrusted.Remedy())
	}
	return &verdict.Failure{Headline: "Failed to open " + paths.Usernet(), Advice: err.Error(), Err: err}
}

func decimal(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
