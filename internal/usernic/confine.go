package usernic

import (
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/audit"
	"userns-helpers/internal/kernel/install"
	"userns-helpers/internal/kernel/netns"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/text/verdict"
)

// What the program needs: to make interfaces, and to work as the caller and as itself again, which ovs-vsctl needs too.
const (
	makeInterfaces = unix.CAP_NET_ADMIN
	becomeUser     = unix.CAP_SETUID
	becomeGroup    = unix.CAP_SETGID
)

const needed = privilege.Set(1<<makeInterfaces | 1<<becomeUser | 1<<becomeGroup)

// readAnything is what the program keeps besides, where it has it: LXC's helper leaves folders behind that nobody can
// enter (mode 000), and Open vSwitch's socket may belong to a user of its own.
const readAnything = unix.CAP_DAC_OVERRIDE

// confine leaves the program what it needs, and of the caller's descriptors the one that is wanted (negative: none).
func confine(caller privilege.Caller, wanted int) error {
	if !caller.Raised() {
		need := install.Need{Program: name, Capability: makeInterfaces}
		return refuse("Not privileged", install.Observe(need, false).Explain(need))
	}
	missing, err := caller.Confine(needed, needed|privilege.Of(readAnything, audit.Capability))
	switch {
	case err != nil:
		return failed("Failed to give capabilities up", err)
	case missing != 0:
		return lacking(missing)
	}
	if err := privilege.CloseInherited(wanted); err != nil {
		return failed("Failed to close inherited descriptors", err)
	}
	return administers()
}

// lacking says why a program that runs as root was not given capabilities that it needs: they are not in the bounding set,
// or something else keeps root from having them. Neither was changed before.
func lacking(missing privilege.Set) error {
	if out := privilege.Unbounded(missing); out != 0 {
		return &verdict.Refusal{
			Headline: "Not privileged",
			Advice: "not in the capability bounding set: " + strings.Join(names(out), ", ") +
				"; have it added to this container or service (--cap-add, CapabilityBoundingSet=)",
		}
	}
	need := install.Need{Program: name, Capability: makeInterfaces}
	return refuse("Not privileged", install.Observe(need, true).Explain(need))
}

// administers refuses to work in a user namespace whose root is not the root of the network around it.
func administers() error {
	here, err := netns.Administered()
	if err != nil {
		return failed("Failed to look at the program's own network namespace", err)
	}
	if !here {
		return refuse("Not privileged", name+" was called inside a user namespace, whose root may not change the network outside of it: "+
			"call it from outside (not under unshare -U, bwrap, or in a rootless container)")
	}
	return nil
}

// names are the names of the needed capabilities in a set.
func names(set privilege.Set) []string {
	var found []string
	for _, c := range []struct {
		number uint
		name   string
	}{{makeInterfaces, "cap_net_admin"}, {becomeUser, "cap_setuid"}, {becomeGroup, "cap_setgid"}} {
		if set.Has(privilege.Of(c.number)) {
			found = append(found, c.name)
		}
	}
	return found
}
