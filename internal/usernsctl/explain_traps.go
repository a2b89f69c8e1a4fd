package usernsctl

import (
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/usernic"
	"userns-helpers/internal/usernsctl/hostcheck"
)

// traps says what would leave the container without a network although it gets an interface: LXC gives it an address of its
// own, in a file of the host's or of the user's who asks, and the policy lets it speak from another alone.
func (r *reply) traps(a usernic.Answer, user account.Account) {
	key := boundBy(a.Terms.Protections)
	if a.Terms.Policy == nil || key == "" {
		return
	}
	here := hostcheck.Here()
	for _, file := range hostcheck.LXCDefaults(here, user, uint32(unix.Geteuid())) {
		if line, text := hostcheck.Hwaddr(file.Text); line > 0 {
			r.Remarks = append(r.Remarks, file.Path+":"+strconv.Itoa(line)+" has "+quote(text)+", and with "+key+
				" a container with another address than its interface was made with has no network: remove the line, here and from the container's configuration.")
		}
	}
}

// boundBy is the key that keeps a container to its address, "" if none does.
func boundBy(p nics.Protections) string {
	switch {
	case p.MACLock:
		return nics.MACLock
	case p.FrameGuard:
		return nics.FrameGuard
	case p.AddressGuard:
		return nics.AddressGuard
	}
	return ""
}
