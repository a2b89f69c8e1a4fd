package whynot

import (
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/whynot/asked"
	"userns-helpers/internal/whynot/install"
)

// notPrivileged says why the program was not given what it needs: it is not in the bounding set, or something else keeps
// root from having it. Neither was changed before.
func notPrivileged(e *NotPrivileged) string {
	if e.Unbounded != 0 {
		return "not in the capability bounding set: " + strings.Join(names(e.Unbounded), ", ") +
			"; have it added to this container or service (--cap-add, CapabilityBoundingSet=)"
	}
	need := install.Need{Program: program, Capability: unix.CAP_NET_ADMIN}
	why := install.Observe(need, e.Raised).Explain(need)
	if e.Service == nil {
		return why
	}
	return why + asked.Door(e.Service, e.Service.Error(), paths.Nics(), "change the network of the host")
}

const inUserNamespace = program + " was called inside a user namespace, whose root may not change the network outside of it: " +
	"call it from outside (not under unshare -U, bwrap, or in a rootless container)"

// names are the names of the needed capabilities in a set.
func names(set privilege.Set) []string {
	var found []string
	for _, c := range []struct {
		number uint
		name   string
	}{{unix.CAP_NET_ADMIN, "cap_net_admin"}, {unix.CAP_SETUID, "cap_setuid"}, {unix.CAP_SETGID, "cap_setgid"}} {
		if set.Has(privilege.Of(c.number)) {
			found = append(found, c.name)
		}
	}
	return found
}
