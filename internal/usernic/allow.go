package usernic

import (
	"errors"
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/paths"
	"userns-helpers/internal/privilege"
	"userns-helpers/internal/trusted"
	"userns-helpers/internal/verdict"
)

// identify says which lines of lxc-usernet can apply: the names of the caller's user id, and those of the caller's groups
// that have one, the real group first.
func identify(caller privilege.Caller) (netquota.Account, error) {
	return identifyAs(caller.UID(), append([]uint32{caller.GID()}, caller.Groups()...))
}

// identifyAs is identify for a caller with these real ids, the group's first.
func identifyAs(uid uint32, gids []uint32) (netquota.Account, error) {
	directory := account.Local()
	users, err := directory.Users(uid)
	if err != nil {
		return netquota.Account{}, unidentified(err)
	}
	groups, err := directory.Groups(gids)
	if err != nil {
		return netquota.Account{}, unidentified(err)
	}
	who := netquota.Account{UID: uid}
	for _, u := range users {
		who.Names = append(who.Names, u.Name)
	}
	for _, g := range groups {
		who.Groups = append(who.Groups, g.Name)
	}
	return who, nil
}

// unidentified says that the caller's name, which the lines of lxc-usernet are about, cannot be found out.
func unidentified(err error) error {
	const headline = "Cannot determine your user name"
	var unknown *account.UnknownError
	if errors.As(err, &unknown) {
		return refuse(headline, err.Error())
	}
	return failed(headline, err)
}

// allowance is what the administrator grants at a place; nothing is a refusal that says which line is missing.
func allowance(who netquota.Account, place netquota.Place) ([]netquota.Charge, error) {
	file, err := trusted.Open(paths.Usernet())
	if err != nil {
		return nil, noUsernet(who, place, err)
	}
	defer file.Close()
	charges, err := netquota.Allowance(file, who, place)
	switch {
	case err != nil:
		return nil, failed("Failed to read "+paths.Usernet(), err)
	case len(charges) == 0:
		return nil, refuse("User "+quoted(who.Names[0])+" may not create interfaces on "+quoted(place.Bridge),
			"no line of "+paths.Usernet()+" allows it; "+missingLine(who, place))
	}
	return charges, nil
}

// noUsernet says why the file of grants was not read.
func noUsernet(who netquota.Account, place netquota.Place, err error) error {
	var untrusted *trusted.UntrustedError
	switch {
	case errors.Is(err, unix.ENOENT):
		return refuse("No "+paths.Usernet(), "without that file no user may create interfaces; "+missingLine(who, place))
	case errors.As(err, &untrusted):
		return refuse("Refused to read "+paths.Usernet(), "the file "+untrusted.Reason+
			": anybody who can write to it grants interfaces; chown root:root and chmod 644 it")
	}
	return &verdict.Failure{Headline: "Failed to open " + paths.Usernet(), Advice: err.Error(), Err: err}
}

// missingLine is the line that would allow one interface.
func missingLine(who netquota.Account, place netquota.Place) string {
	return "an administrator can add the line: " + who.Names[0] + " " + place.Type + " " + place.Bridge + " 1"
}

// notClaimed says why no slot was taken.
func notClaimed(place netquota.Place, err error) error {
	var full *netquota.FullError
	if !errors.As(err, &full) {
		return failed("Failed to count the interfaces", err)
	}
	advice := ""
	for i, c := range full.Charges {
		if i > 0 {
			advice += ", "
		}
		quota := strconv.FormatUint(c.Quota, 10)
		advice += quota + " of " + quota + " interfaces of " + c.Owner + " on " + place.Bridge + " live (" + paths.Usernet() + " line " +
			strconv.Itoa(c.Line) + ")"
	}
	return refuse("Quota reached", advice+"; stop a container, or have the number raised")
}

func decimal(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
