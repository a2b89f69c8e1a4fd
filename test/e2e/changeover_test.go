//go:build system

package e2e

import (
	"testing"
)

// Containers that were started on one side's programs count under the other's: the machine is upgraded, or goes back,
// while they run.
func TestChangeOver(t *testing.T) {
	if *oursFlag == "" {
		t.Fatal("a change-over needs both sides: -ours is missing")
	}
	for _, direction := range [][2]string{{debian, ours}, {ours, debian}} {
		t.Run(direction[0]+" to "+direction[1], func(t *testing.T) { changeOver(t, direction[0], direction[1]) })
	}
}

func changeOver(t *testing.T, from, to string) {
	bridge(t, "br0", "10.40.0.1/24")
	anna := newUser(t, "over-anna-"+to)
	usernet(t, anna.name+" veth br0 2")
	change(t, from)
	one, two, three := anna.create(t, "one", false, nic(0, "br0")...), anna.create(t, "two", false, nic(0, "br0")...),
		anna.create(t, "three", false, nic(0, "br0")...)
	one.start(t)
	two.start(t)
	change(t, to)
	one.address(t, "eth0", "10.40.0.2/24")
	one.ping(t, "10.40.0.1")
	refused(t, three, "Quota reached")
	// The last row: Debian's program damages the ledger when it drops another.
	two.kill(t)
	eventually(t, "the stopped container's nic is gone", func() bool { return len(ports(t, "br0")) == 1 })
	three.start(t)
	refused(t, two, "Quota reached")
	one.kill(t)
	three.kill(t)
	eventually(t, "br0 has no port", func() bool { return len(ports(t, "br0")) == 0 })
	two.start(t)
	change(t, from)
	two.address(t, "eth0", "10.40.0.3/24")
	two.ping(t, "10.40.0.1")
	three.start(t)
	refused(t, one, "Quota reached")
}
