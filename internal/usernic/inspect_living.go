package usernic

import (
	"userns-helpers/internal/account"
	"userns-helpers/internal/account/members"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/usernic/plan"
)

// Identify is who a user is right after login: with the groups of these ids, the primary one first. Rules are the groups that
// the policy has rules for: where there are some, the groups which list the user count too.
func Identify(uid uint32, gids []uint32, rules []string) (plan.Person, error) {
	open := account.Trusted(privilege.Reporter())
	directory := account.Unprivileged(open)
	p, err := identifyAs(directory, uid, gids)
	if err != nil {
		return p, err
	}
	return bound(p, rules, members.Unprivileged(open, directory).Of), nil
}

// IsOf reports whether a device is the host's end of an interface, by its marks.
func IsOf(device rtnl.Device, nic netquota.Nic) bool { return isOf(device, nic) }
