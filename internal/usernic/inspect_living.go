package usernic

import (
	"userns-helpers/internal/account"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/usernic/plan"
)

// Identify is who a user is right after login: with the groups of these ids, the primary one first. Rules says that the policy
// has one for a group, so that the groups which list the user count too.
func Identify(uid uint32, gids []uint32, rules bool) (plan.Person, error) {
	directory := account.Unprivileged(account.Trusted(privilege.Reporter()))
	p, err := identifyAs(directory, uid, gids)
	if err != nil {
		return p, err
	}
	return bound(p, rules, directory.Listed), nil
}

// IsOf reports whether a device is the host's end of an interface, by its marks.
func IsOf(device rtnl.Device, nic netquota.Nic) bool { return isOf(device, nic) }
