package usernic

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/audit"
	"userns-helpers/internal/kernel/netns"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/usernic/whynot"
)

// What the program needs: to make interfaces, and to work as the caller and as itself again, which ovs-vsctl needs too.
const (
	makeInterfaces = unix.CAP_NET_ADMIN
	becomeUser     = unix.CAP_SETUID
	becomeGroup    = unix.CAP_SETGID
)

const needed = privilege.Set(1<<makeInterfaces | 1<<becomeUser | 1<<becomeGroup)

// readAnything is kept too, if the program has it: LXC's helper leaves directories that nobody can
// enter (mode 000), and Open vSwitch's socket may belong to a user of its own.
const readAnything = unix.CAP_DAC_OVERRIDE

// confine leaves the program what it needs.
func confine(caller privilege.Caller) error {
	missing, err := caller.Confine(needed, needed|privilege.Of(readAnything, audit.Capability))
	switch {
	case err != nil:
		return failed(whynot.DropCapabilities, err)
	case missing != 0:
		return &whynot.NotPrivileged{Raised: true, Unbounded: privilege.Unbounded(missing)}
	}
	return administers()
}

// administers refuses to work in a user namespace whose root is not the root of the network around it.
func administers() error {
	here, err := netns.Administered()
	if err != nil {
		return failed(whynot.LookAtOwnNetwork, err)
	}
	if !here {
		return &whynot.InUserNamespace{}
	}
	return nil
}
