package usernic

import (
	"userns-helpers/internal/account"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/usernic/plan"
)

// Identify is who a user is right after login: with the groups of these ids, the primary one first.
func Identify(uid uint32, gids []uint32) (plan.Person, error) {
	return identifyAs(account.Unprivileged(account.Trusted(privilege.Reporter())), uid, gids)
}

// IsOf reports whether a device is the host's end of an interface, by its marks.
func IsOf(device rtnl.Device, nic netquota.Nic) bool { return isOf(device, nic) }
