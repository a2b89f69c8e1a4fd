package slots

import "userns-helpers/internal/netquota"

// Links is what the kernel says of network interfaces; package rtnl has it. An error is one of the machine's, and ends the
// call: an interface about which the kernel says nothing, or odd things, is said to live.
type Links interface {
	// Exists reports whether an interface of that name lives.
	Exists(name string) (bool, error)
	// Names are the names of the interfaces that begin with prefix.
	Names(prefix string) ([]string, error)
	// NamesAt is Names for at least those that belong to place.
	NamesAt(place netquota.Place, prefix string) ([]string, error)
	// NameOf is the name that the interface with an index has now, "" if there is none.
	NameOf(index int) (string, error)
	// Survives reports whether an interface lives that no longer has the name it was made with.
	Survives(nic netquota.Nic) bool
	// IsHere reports whether an interface lives in this network namespace under another name than it was made with.
	IsHere(nic netquota.Nic) bool
	// On describes the named interface, and reports whether it belongs to place, as far as the kernel knows.
	On(name string, place netquota.Place) (netquota.Nic, bool)
	// Describe describes the named interface, as far as the kernel does.
	Describe(name string) netquota.Nic
	// Leaving reports whether an interface is gone or about to go, its container having ended.
	Leaving(nic netquota.Nic) bool
	// Remove deletes an interface that was being made, if it lives, and its port on the bridge of place.
	Remove(nic netquota.Nic, place netquota.Place) error
	// RemovePort deletes the port that an interface that is gone has left on the bridge of place.
	RemovePort(nic netquota.Nic, place netquota.Place) error
}
