//go:build system

package policy

import (
	"strings"
	"testing"
)

// TestGuardInForce: the filter is on the host's end, the entry is sticky, the bridge has kept its address, and all of it goes with the
// device.
func TestGuardInForce(t *testing.T) {
	network(t)
	sh(t, "ip link add br2 type bridge && ip link set br2 up")
	setPolicy(t, "[defaults]\nmac_lock = true\nrouter_guard = true\nframe_guard = true\n")
	before := sh(t, "cat /sys/class/net/br0/address")
	nic, s := plug(t, nicProgram(), alice, hold(t, alice), "br0", "eth0")
	t.Log(sh(t, "tc qdisc show dev %s; tc filter show dev %s ingress", nic, nic))
	t.Log(sh(t, "bridge fdb show br br0; cat /sys/class/net/br0/addr_assign_type"))
	if !strings.Contains(sh(t, "bridge fdb show br br0"), s.mac.String()) {
		t.Error("no entry")
	}
	if after := sh(t, "cat /sys/class/net/br0/address"); after != before {
		t.Error(before, after)
	}
}
