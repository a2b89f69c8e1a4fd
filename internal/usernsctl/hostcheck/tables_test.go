package hostcheck

import (
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernsctl/drift"
	"userns-helpers/internal/usernsctl/nicview"
)

// bridge makes the settings of a bridge as /sys has them.
func (f *fake) bridge(t *testing.T, settings map[string]string) {
	t.Helper()
	for file, value := range map[string]string{
		"bridge/stp_state": "0", "bridge/forward_delay": "1500", "addr_assign_type": "3", "bridge/vlan_filtering": "0", "bridge/multicast_snooping": "1",
	} {
		if other, is := settings[file]; is {
			value = other
		}
		f.write(t, "/sys/class/net/lxcbr0/"+file, value+"\n")
	}
}

// TestTables: what a policy says that protects nobody is found with its line, and what is right is not.
func TestTables(t *testing.T) {
	const policy = "/etc/userns-helpers/policy.toml"
	module := func(file string) func(*testing.T, *fake) {
		return func(t *testing.T, f *fake) {
			f.write(t, "/proc/sys/kernel/osrelease", "6.1\n")
			f.write(t, "/lib/modules/6.1/modules.dep", "kernel/drivers/net/dummy.ko.xz:\n")
			f.write(t, "/lib/modules/6.1/"+file, "kernel/drivers/net/dummy.ko:\nkernel/drivers/net/ifb.ko.xz:\n")
		}
	}
	pool := "[bridge.lxcbr0]\naddress_guard = true\naddresses = [\"10.0.3.0/24\"]\n"
	barred := func(text string) func(*testing.T, *fake) {
		return func(t *testing.T, f *fake) {
			module("modules.dep")(t, f)
			f.write(t, "/etc/modprobe.d/x.conf", text)
		}
	}
	for name, c := range map[string]struct {
		policy string
		also   func(*testing.T, *fake)
		want   []string
	}{
		"nothing":               {"", nil, []string{"note bridge-stp "}},
		"all is right":          {"[bridge.lxcbr0]\nmac_lock = true\n[[rule]]\nuser = \"alice\"\nmac_lock = false\n[[rule]]\ngroup = \"students\"\nmac_lock = false\n[[rule]]\nuser = \"1001\"\nmac_lock = false\n", nil, []string{"note bridge-stp "}},
		"nobody is in it":       {"[[rule]]\ngroup = \"empty\"\nmac_lock = true\n", func(t *testing.T, f *fake) { f.add(t, "/etc/group", "empty:x:2001:\n") }, []string{"warning policy-group " + policy + ":1", "note bridge-stp "}},
		"a primary group":       {"[[rule]]\ngroup = \"alice\"\nmac_lock = true\n", nil, []string{"note bridge-stp "}},
		"no such bridge":        {"[defaults]\n[bridge.br7]\nmac_lock = true\n", nil, []string{"warning policy-bridge " + policy + ":2", "note bridge-stp "}},
		"a pattern":             {"[bridge.\"lxcbr*\"]\nmac_lock = true\n", nil, []string{"warning policy-bridge " + policy + ":1", "note bridge-stp "}},
		"no bridge at all":      {"[bridge.none]\nmac_lock = true\n", nil, []string{"note bridge-stp "}},
		"no such user":          {"[[rule]]\nuser = \"dave\"\nmac_lock = true\n", nil, []string{"warning policy-owner " + policy + ":1", "note bridge-stp "}},
		"no such user id":       {"[[rule]]\nuser = \"77\"\nmac_lock = true\n", nil, []string{"warning policy-owner " + policy + ":1", "note bridge-stp "}},
		"no such group":         {"[[rule]]\ngroup = \"guests\"\nmac_lock = true\n", nil, []string{"warning policy-owner " + policy + ":1", "note bridge-stp "}},
		"a pattern of a user":   {"[[rule]]\nuser = \"*\"\nmac_lock = true\n", nil, []string{"warning policy-owner " + policy + ":1", "note bridge-stp "}},
		"a VLAN that cannot be": {"[defaults]\nvlan = 5\n", nil, []string{"error policy-vlan " + policy + ":2", "note bridge-stp "}},
		"a VLAN":                {"[defaults]\nvlan = 5\n", func(t *testing.T, f *fake) { f.bridge(t, map[string]string{"bridge/vlan_filtering": "1"}) }, []string{"note bridge-stp "}},
		"an address of LXC's": {"[bridge.lxcbr0]\nmac_lock = true\n", func(t *testing.T, f *fake) {
			f.write(t, "/etc/lxc/default.conf", "lxc.net.0.type = veth\nlxc.net.0.hwaddr = 00:16:3e:xx:xx:xx\n")
		}, []string{"warning policy-hwaddr /etc/lxc/default.conf:2", "note bridge-stp "}},
		"the same, without a lock": {"", func(t *testing.T, f *fake) {
			f.write(t, "/etc/lxc/default.conf", "lxc.net.0.hwaddr = 00:16:3e:xx:xx:xx\n")
		}, []string{"note bridge-stp "}},
		"none of LXC's": {"[bridge.lxcbr0]\nmac_lock = true\n", func(t *testing.T, f *fake) {
			f.write(t, "/etc/lxc/default.conf", "# lxc.net.0.hwaddr = 1\nlxc.net.0.hwaddr =\n")
		}, []string{"note bridge-stp "}},
		"ifb, loaded":     {"[defaults]\nframe_guard = true\n", func(t *testing.T, f *fake) { f.write(t, "/sys/module/ifb/x", "") }, []string{"warning policy-ifb " + policy + ":2", "note bridge-stp "}},
		"ifb, a module":   {"[defaults]\nframe_guard = true\n", module("modules.dep"), []string{"warning policy-ifb " + policy + ":2", "note bridge-stp "}},
		"ifb, built in":   {"[defaults]\nrouter_guard = true\n", module("modules.builtin"), []string{"warning policy-ifb " + policy + ":2", "note bridge-stp "}},
		"no ifb":          {"[defaults]\nframe_guard = true\n", module("other"), []string{"note bridge-stp "}},
		"ifb, barred":     {"[defaults]\nframe_guard = true\n", barred("install ifb /bin/false\n"), []string{"note bridge-stp "}},
		"ifb, blacklist":  {"[defaults]\nframe_guard = true\n", barred("blacklist ifb\n"), []string{"note bridge-stp "}},
		"ifb, not barred": {"[defaults]\nframe_guard = true\n", barred("# install ifb /bin/false\ninstall ifb\nblacklist ifb0\n"), []string{"warning policy-ifb " + policy + ":2", "note bridge-stp "}},
		"ifb, who knows":  {"[defaults]\nframe_guard = true\n", nil, []string{"note policy-ifb " + policy + ":2", "note bridge-stp "}},
		"neighbours": {
			"", func(t *testing.T, f *fake) { f.write(t, "/proc/sys/net/ipv4/neigh/default/gc_thresh3", "1024\n") },
			[]string{"note kernel-neighbours /proc/sys/net/ipv4/neigh/default/gc_thresh3", "note bridge-stp "},
		},
		"more neighbours": {"", func(t *testing.T, f *fake) { f.write(t, "/proc/sys/net/ipv4/neigh/default/gc_thresh3", "65536\n") }, []string{"note bridge-stp "}},
		"a pool, and lxc-net": {pool, func(t *testing.T, f *fake) {
			module("other")(t, f)
			f.write(t, "/etc/default/lxc-net", "USE_LXC_BRIDGE=true\nLXC_DHCP_RANGE=\"10.0.3.2,10.0.3.254\"\n")
		}, []string{"warning policy-pool /etc/default/lxc-net:2", "note bridge-stp "}},
		"a pool, and a file of lxc-net's": {pool, func(t *testing.T, f *fake) {
			module("other")(t, f)
			f.write(t, "/etc/default/lxc-net", "LXC_DHCP_CONFILE=/etc/lxc/dnsmasq.conf\n")
			f.write(t, "/etc/lxc/dnsmasq.conf", "dhcp-range=10.0.2.1,10.0.4.1,12h\n")
		}, []string{"warning policy-pool /etc/lxc/dnsmasq.conf:1", "note bridge-stp "}},
		"a pool apart": {pool, func(t *testing.T, f *fake) {
			module("other")(t, f)
			f.write(t, "/etc/dnsmasq.d/a", "dhcp-range=set:x,10.0.4.1,10.0.4.9\ndhcp-range=10.0.3.0,static\n# dhcp-range=10.0.3.1,10.0.3.9\ndhcp-range=fd00::1,fd00::9\n")
		}, []string{"note bridge-stp "}},
		"a slow bridge": {"", func(t *testing.T, f *fake) { f.bridge(t, map[string]string{"bridge/stp_state": "1"}) }, []string{"warning bridge-delay "}},
		"a quick one": {"", func(t *testing.T, f *fake) {
			f.bridge(t, map[string]string{"bridge/stp_state": "1", "bridge/forward_delay": "200"})
		}, nil},
		"no address": {"", func(t *testing.T, f *fake) { f.bridge(t, map[string]string{"addr_assign_type": "1"}) }, []string{"note bridge-address ", "note bridge-stp "}},
		"snoops":     {"[defaults]\nisolated = true\n", module("other"), []string{"note bridge-snooping ", "note bridge-stp "}},
		"does not snoop": {"[defaults]\nisolated = true\n", func(t *testing.T, f *fake) {
			module("other")(t, f)
			f.bridge(t, map[string]string{"bridge/multicast_snooping": "0"})
		}, []string{"note bridge-stp "}},
	} {
		f := clean(t)
		f.bridge(t, nil)
		if c.policy != "" {
			f.write(t, policy, c.policy)
		}
		if c.also != nil {
			c.also(t, f)
		}
		if got := found(f.look(t)); !slices.Equal(sorted(got), sorted(c.want)) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func sorted(all []string) []string { return slices.Sorted(slices.Values(all)) }

// TestNICs: how much it matters what an interface lacks, and what is told of it.
func TestNICs(t *testing.T) {
	nic := func(ours bool, gaps ...drift.Gap) drift.NIC {
		return drift.NIC{NIC: nicview.NIC{Name: "veth1000_AbCd", User: "alice", Container: "web", Bridge: "lxcbr0", Ours: ours, Since: 1}, Gaps: gaps}
	}
	lock := drift.Gap{Key: nics.MACLock, Want: "true", Have: "false", Less: true}
	odd := func(id string) drift.NIC {
		n := nic(true)
		n.Oddities = []nicview.Oddity{{ID: id, Text: "is odd"}}
		return n
	}
	for name, c := range map[string]struct {
		nic   drift.NIC
		want  string // of the finding
		words string // in its problem or advice
	}{
		"fine":        {nic(true), "", ""},
		"lacks":       {nic(true, lock), "error nic-unprotected ", "veth1000_AbCd (alice, container web, on lxcbr0) lacks mac_lock (false, and has to be true)"},
		"older":       {nic(true, lock), "error nic-unprotected ", "older than the policy"},
		"LXC's":       {nic(false, lock), "error nic-unprotected ", "LXC's own program"},
		"built in":    {nic(true, drift.Gap{Key: drift.Filter, Less: true, Builtin: true}), "note nic-unprotected ", "without"},
		"more":        {nic(true, drift.Gap{Key: nics.Isolated, Want: "false", Have: "true"}), "note nic-differs ", "isolated"},
		"left":        {odd(nicview.LeftBridge), "warning nic-left-bridge ", "is odd"},
		"elsewhere":   {odd(nicview.OtherBridge), "warning nic-other-bridge ", "is odd"},
		"shut":        {odd(nicview.Shut), "warning nic-shut ", "is odd"},
		"another":     {odd(nicview.OtherMAC), "warning nic-other-mac ", "hwaddr"},
		"cannot have": {drift.NIC{NIC: nic(true).NIC, Refused: &plan.Unprotected{Key: nics.VLAN, Why: plan.NoBridge, Line: 7}}, "error nic-unprotected ", "line 7"},
	} {
		f := clean(t)
		f.write(t, "/etc/userns-helpers/policy.toml", "[defaults]\n")
		h := f.host()
		h.compare = func(*nics.Policy, map[uint32]string, func(uint32) (plan.Person, error)) ([]drift.NIC, error) {
			return []drift.NIC{c.nic}, nil
		}
		report := Check(h)
		var got []string
		text := ""
		for i, line := range found(report) {
			if strings.Contains(line, " nic-") {
				got = append(got, line)
				text += report.Findings[i].Problem + " " + report.Findings[i].Advice
			}
		}
		if strings.Join(got, "|") != c.want || !strings.Contains(text, c.words) {
			t.Errorf("%s: %q: %s", name, got, text)
		}
	}
}

// TestPolicyUnread: interfaces are not compared with a policy that has a mistake, nor with one that others can write.
func TestPolicyUnread(t *testing.T) {
	for name, spoil := range map[string]func(*fake){
		"a mistake": func(f *fake) { f.write(t, "/etc/userns-helpers/policy.toml", "[defaults]\nmac_lock = 1\n") },
		"no trust":  func(f *fake) { f.distrusted["/etc/userns-helpers/policy.toml"] = 1 },
		"closed":    func(f *fake) { f.closed["/etc/userns-helpers/policy.toml"] = true },
	} {
		f := clean(t)
		f.write(t, "/etc/userns-helpers/policy.toml", "[bridge.br7]\n")
		spoil(f)
		h := f.host()
		h.compare = func(*nics.Policy, map[uint32]string, func(uint32) (plan.Person, error)) ([]drift.NIC, error) {
			t.Errorf("%s: compared", name)
			return nil, nil
		}
		if got := strings.Join(found(Check(h)), " "); strings.Contains(got, "policy-bridge") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestOfIDs: whom limits.conf(5) means by user IDs.
func TestOfIDs(t *testing.T) {
	for domain, want := range map[string]bool{
		":1000": true, "1000:": true, "1000:1000": true, "0:": true, "900:2000": true, ":999": false, ":1001": false, "1001:": false, "1001:2000": false,
		":": false, "1000": false, "x:1000": false, "1000:x": false, "alice": false, "": false, "-1:1000": false,
	} {
		if got := ofIDs(domain, 1000); got != want {
			t.Errorf("%q: %v", domain, got)
		}
	}
}
