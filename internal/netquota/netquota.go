// Package netquota decides who may have how many network interfaces where, and records those that exist.
//
// It reads three things. lxc-usernet(5) says what the administrator granted. The slots, one file for each (owner, type,
// bridge), keep the grants exact: see Book. The ledger, /run/lxc/nics, is the public record that administrators, tests
// and LXC's own helper read; nothing here depends on a row still being there.
//
// It promises that a grant never has more living interfaces than its quota, whatever is killed or frozen at whatever
// instruction, and that nobody waits for another process: every lock is tried, never waited for.
package netquota

// Account is what lines of lxc-usernet can name: one user, under each of the names of that uid, and the groups.
type Account struct {
	UID    uint32
	Names  []string
	Groups []string
}

// Place is where an interface goes.
type Place struct {
	Type   string // "veth"
	Bridge string // a bridge, or "none"
}

// Charge is the sum of an owner's lines for one place: the account that an interface is charged to.
type Charge struct {
	Owner string // as the line has it: a user name, or @group
	Place Place
	Quota uint64 // how many interfaces may live at once
	Line  int    // number of the first line that grants it
}

// Links is what the kernel says of network interfaces; package rtnl has it. An error is one of the machine's, and ends the
// call: of an interface about which the kernel does not say, or says odd things, it is said that it lives.
type Links interface {
	// Exists reports whether an interface of that name lives.
	Exists(name string) (bool, error)
	// Names are the names of all interfaces.
	Names() ([]string, error)
	// NameOf is the name that the interface with an index has now, "" if there is none.
	NameOf(index int) (string, error)
	// Survives reports whether an interface lives that has no longer the name that it was made with.
	Survives(nic Nic) bool
	// On describes the named interface, and reports whether it belongs to place, as far as the kernel knows.
	On(name string, place Place) (Nic, bool)
	// Describe describes the named interface, as far as the kernel does.
	Describe(name string) Nic
	// Leaving reports whether an interface is gone or about to go, its container having ended.
	Leaving(nic Nic) bool
	// Remove deletes an interface that was being made, if it lives, and its port on the bridge of place.
	Remove(nic Nic, place Place) error
	// RemovePort deletes the port that an interface that is gone has left on the bridge of place.
	RemovePort(nic Nic, place Place) error
}
