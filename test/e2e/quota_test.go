//go:build system

package e2e

import (
	"os"
	"strings"
	"testing"
)

// The quota refuses one container too many, says so in LXC's log, and is free again after a stop.
func TestQuota(t *testing.T) {
	bridge(t, "br0", "10.40.0.1/24")
	anna := newUser(t, "quota-anna")
	usernet(t, "quota-anna veth br0 2")
	one, two, three := anna.create(t, "one", false, nic(0, "br0")...), anna.create(t, "two", false, nic(0, "br0")...),
		anna.create(t, "three", false, nic(0, "br0")...)
	one.start(t)
	two.start(t)
	refused(t, three, "Quota reached")
	check(t, len(ports(t, "br0")) == 2, "the refused start left no nic")
	two.kill(t)
	eventually(t, "the stopped container's nic is gone", func() bool { return len(ports(t, "br0")) == 1 })
	three.start(t)
	refused(t, two, "Quota reached")
	one.stop(t)
	startSoon(t, two)
	check(t, len(ports(t, "br0")) == 2, "two containers run")
}

// refused fails the case unless the container does not start and LXC's log has the text.
func refused(t *testing.T, c container, text string) {
	t.Helper()
	err := c.tryStart(t)
	if err == nil {
		t.Fatalf("%s started, although the quota is used up", c.name)
	}
	log, _ := os.ReadFile(c.log())
	check(t, strings.Contains(string(log), text), "LXC's log says why "+c.name+" does not start: "+text+"\n"+err.Error())
}

// startSoon starts a container whose quota becomes free when the kernel has removed another's nic.
func startSoon(t *testing.T, c container) {
	t.Helper()
	var err error
	eventually(t, c.name+" starts", func() bool { err = c.tryStart(t); return err == nil })
}

// Each bridge has a quota of its own.
func TestQuotaPerBridge(t *testing.T) {
	bridge(t, "br0", "10.40.0.1/24")
	bridge(t, "br1", "10.41.0.1/24")
	anna := newUser(t, "per-anna")
	usernet(t, "per-anna veth br0 1", "per-anna veth br1 1")
	anna.create(t, "zero", false, nic(0, "br0")...).start(t)
	one := anna.create(t, "one", false, nic(0, "br1")...)
	err := one.tryStart(t)
	check(t, err == nil, "a nic on br0 leaves the quota of br1 alone", "all bridges are counted together")
	refused(t, anna.create(t, "more", false, nic(0, "br0")...), "Quota reached")
}

// A quota of a group is shared by its members, and only by them.
func TestQuotaOfGroup(t *testing.T) {
	bridge(t, "br0", "10.40.0.1/24")
	ben := newUser(t, "group-ben")
	anna := newUser(t, "group-anna", "containers")
	usernet(t, "@containers veth br0 1")
	anna.create(t, "one", false, nic(0, "br0")...).start(t)
	check(t, strings.HasPrefix(ledger(t)[0], "@containers veth br0 "), "the ledger charges the group")
	refused(t, anna.create(t, "two", false, nic(0, "br0")...), "Quota reached")
	if err := ben.create(t, "one", false, nic(0, "br0")...).tryStart(t); err == nil {
		t.Error("a user outside the group started a container")
	}
}

// Without a line of one's own the log names the line that the administrator would have to add.
func TestNoLine(t *testing.T) {
	bridge(t, "br0", "10.40.0.1/24")
	anna := newUser(t, "line-anna")
	usernet(t, "somebody veth br0 10")
	c := anna.create(t, "web", false, nic(0, "br0")...)
	err := c.tryStart(t)
	if err == nil {
		t.Fatal("a user without a line started a container")
	}
	log, _ := os.ReadFile(c.log())
	check(t, strings.Contains(string(log), "line-anna veth br0"), "LXC's log has the line to add\n"+err.Error(),
		"every cause is called Quota reached")
	check(t, len(ports(t, "br0")) == 0, "nothing is left on the bridge")
}
