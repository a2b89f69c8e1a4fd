package usernic

import (
	"errors"
	"slices"
	"strings"

	"userns-helpers/internal/account"
	"userns-helpers/internal/account/members"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernic/whynot"
)

// person is who calls, as the machine's files and name services know them.
type person struct {
	plan.Person
	standing privilege.Standing // whose files are believed
	listed   roster
}

// identify says who the caller is: the names of the user id, and those of the groups that have one, the real group first.
// It runs before anything is held: a name service may take its time.
//
// Where a name service cannot say what some of the groups are called, the others are returned all the same: what is granted
// to them is granted. What may be forbidden to the rest is for the policy to mind.
func identify(caller privilege.Caller) (person, error) {
	standing := caller.Standing(needed)
	directory := account.For(caller, standing)
	lists := members.For(caller, standing, directory)
	p, err := identifyAs(directory, caller.UID(), append([]uint32{caller.GID()}, caller.Groups()...))
	return person{p, standing, lists.Of}, err
}

// identifyAs is identify for a caller with these real ids, the real group's first.
func identifyAs(directory account.Directory, uid uint32, gids []uint32) (p plan.Person, err error) {
	users, err := directory.Users(uid)
	if err != nil {
		return p, &whynot.Unidentified{Err: err}
	}
	groups, err := directory.Groups(gids)
	var failed *account.SourceError
	var unknown *account.UnknownError
	switch {
	case errors.As(err, &failed), errors.As(err, &unknown):
		p.Doubt = err
	case err != nil:
		return plan.Person{}, &whynot.Unidentified{Err: err}
	}
	for _, u := range users {
		p.Names = append(p.Names, u.Name)
	}
	for _, g := range groups {
		p.Groups = append(p.Groups, g.Name)
	}
	p.Account, err = ownable(netquota.Account{UID: uid, Names: slices.Clone(p.Names), Groups: slices.Clone(p.Groups)})
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
		return netquota.Account{}, &whynot.UnfitName{Name: first}
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
