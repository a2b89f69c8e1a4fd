//go:build system

package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fate is what becomes of a key on one kind of bridge.
type fate struct {
	refused string // what the refusal says; "" if there is an interface
	shows   string // a script that looks at the interface $nic
	want    string // stands in what it prints; "" if that is nothing
}

// kindRow is a key, and what becomes of it.
type kindRow struct {
	key             string // as policy.toml(5) has it, in its table of kinds
	policy          string // BRIDGE stands for the bridge
	as              user
	linux, ovs, out fate
}

// kindRows are all keys.
func kindRows() []kindRow {
	const guarded = "address_guard = true\naddresses = [\"10.7.0.0/24\"]\n"
	port, filter := "bridge -d link show dev $nic", fate{shows: "tc filter show dev $nic ingress", want: " bpf "}
	link := func(want string) fate { return fate{shows: port, want: want} }
	without := func(key string) fate { return fate{refused: "No interface without " + key} }
	all := func(r kindRow, f fate) kindRow {
		r.linux, r.ovs, r.out = f, f, f
		return r
	}
	limit := func(key string, as user) kindRow {
		return all(kindRow{key: key, policy: "[limits]\n" + key + " = 0\n", as: as}, fate{refused: key})
	}
	mine := func(keys string) string { return "[bridge.BRIDGE]\n" + keys }
	return []kindRow{
		{"mac_lock", mine("mac_lock = true\n"), alice, fate{shows: "bridge fdb show dev $nic", want: " sticky "}, without("mac_lock"), fate{shows: port}},
		{"isolated", mine("isolated = true\n"), alice, link("isolated on"), fate{shows: "ovs-vsctl get Port $nic protected", want: "true"}, fate{shows: port}},
		{"unicast_flood", mine("unicast_flood = false\n"), alice, link("flood off"), without("unicast_flood"), fate{shows: port}},
		{"bpdu_guard", "", alice, link("guard on"), fate{shows: "ovs-vsctl get Port $nic other_config", want: `stp-enable="false"`}, fate{shows: port + "; tc filter show dev $nic ingress"}},
		{"frame_guard", mine("frame_guard = true\n"), alice, filter, without("frame_guard"), filter},
		{"router_guard", mine("router_guard = true\n"), alice, filter, without("router_guard"), filter},
		{"address_guard", mine(guarded), alice, filter, without("address_guard"), filter},
		{
			"dhcp_hosts", mine(guarded + "dhcp_hosts = true\n"), alice,
			fate{shows: "cat " + hosts + "/*", want: ",10.7.0."},
			without("address_guard"),
			fate{shows: "cat " + hosts + "/*", want: ",10.7.0."},
		},
		all(kindRow{key: "ipv6_on_host", as: alice, policy: mine("ipv6_on_host = true\n")}, fate{shows: "cat /proc/sys/net/ipv6/conf/$nic/disable_ipv6", want: "0"}),
		all(kindRow{key: "stable_mac", as: alice, policy: mine("stable_mac = false\n")}, fate{shows: "ip link show dev $nic", want: "link/ether"}), // and TestKinds compares
		{"rate_to_container", mine("rate_to_container = \"50mbit\"\n"), alice, fate{shows: "tc qdisc show dev $nic", want: "tbf"}, without("rate_to_container"), fate{shows: "tc qdisc show dev $nic", want: "tbf"}},
		{"vlan", mine("vlan = 12\n"), alice, fate{shows: "bridge vlan show dev $nic", want: "12 PVID"}, fate{shows: "ovs-vsctl get Port $nic tag", want: "12"}, without("vlan")},
		{"free_ports", "[limits]\nfree_ports = 1023\n", alice, fate{refused: "1023 of its 1023 ports are kept free"}, fate{shows: "ovs-vsctl port-to-br $nic", want: "ovs0"}, fate{shows: port}},
		limit("nics_per_user", alice), limit("nics_per_group_member", carol), limit("creates_per_minute", alice),
	}
}

// TestKinds: each key and each limit on a Linux bridge, on Open vSwitch and without a bridge: what it does there, or that it is
// refused, as policy.toml(5) has it.
func TestKinds(t *testing.T) {
	network(t)
	sh(t, "ovs-vsctl --may-exist add-br ovs0 -- set bridge ovs0 datapath_type=netdev && ip link set ovs0 up")
	t.Cleanup(func() { sh(t, "ovs-vsctl del-br ovs0") })
	sh(t, "groupadd -f dnsmasq; mkdir -m 755 /run/lxc; install -d -m 2750 -g dnsmasq %s", hosts)
	t.Cleanup(func() { sh(t, "groupdel dnsmasq") })
	sh(t, "ip addr add 10.7.0.1/24 dev br0; ip addr add 10.7.0.1/24 dev ovs0")
	usernet, err := os.ReadFile("/etc/lxc/lxc-usernet")
	must(t, err)
	replaced(t, "/etc/lxc/lxc-usernet", string(usernet)+"@lan veth ovs0 300\n@lan veth none 300\n")
	vlans := os.WriteFile("/sys/class/net/br0/bridge/vlan_filtering", []byte("1"), 0) == nil
	pids, manual := map[string]int{alice.name: hold(t, alice), carol.name: hold(t, carol)}, readKinds(t)
	macs := make(map[string]string) // of the host's end, by the bridge
	for _, r := range kindRows() {
		if r.key == "vlan" && !vlans { // CONFIG_BRIDGE_VLAN_FILTERING
			r.linux = fate{refused: "No interface without vlan"}
		}
		for bridge, f := range map[string]fate{"br0": r.linux, "ovs0": r.ovs, "none": r.out} {
			setPolicy(t, strings.ReplaceAll(r.policy, "BRIDGE", bridge))
			mac := f.holds(t, r.key+" on "+bridge, create(nicProgram(), r.as, pids[r.as.name], bridge, "eth0"))
			if mac == "" {
				continue
			}
			if macs[bridge] == "" && r.key != "stable_mac" {
				macs[bridge] = mac
			}
			if (mac == macs[bridge]) != (r.key != "stable_mac") {
				t.Errorf("%s on %s: %s, and %s before", r.key, bridge, mac, macs[bridge])
			}
		}
		if limits := strings.HasPrefix(r.policy, "[limits]"); limits && r.key != "free_ports" {
			continue
		}
		cells, is := manual[r.key]
		if !is || strings.HasPrefix(cells[0], "refused") != (r.ovs.refused != "") || strings.HasPrefix(cells[1], "refused") != (r.out.refused != "") {
			t.Errorf("%s: the manual has %q", r.key, cells)
		}
		delete(manual, r.key)
	}
	delete(manual, "other_networks") // says nothing of an interface, but of who asks for one: nics TestServiceOtherNetwork
	if len(manual) != 0 {
		t.Errorf("the manual has more keys: %v", manual)
	}
}

// holds compares what was made with what should be, removes it, and returns the address of the host's end; "" without one.
func (f fate) holds(t *testing.T, what string, a answer) string {
	t.Helper()
	judge(t, what, a, f.refused)
	words := strings.Split(strings.TrimSpace(a.text), ":")
	if !a.ok || len(words) != 4 {
		return ""
	}
	got := sh(t, "nic=%s; %s", words[2], f.shows)
	if (f.want == "") != (strings.TrimSpace(got) == "") || !strings.Contains(got, f.want) {
		t.Errorf("%s: %q, want %q", what, got, f.want)
	}
	return sh(t, "cat /sys/class/net/%s/address; ip link del %s; ovs-vsctl --if-exists del-port %s", words[2], words[2], words[2])
}

// readKinds reads the table of kinds in policy.toml(5): what a key does on Open vSwitch, and without a bridge.
func readKinds(t *testing.T) map[string][2]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(*doc), "../man/policy.toml.5"))
	must(t, err)
	found := make(map[string][2]string)
	for line := range strings.SplitSeq(string(text), "\n") {
		cells := strings.Split(line, " Ta ")
		if rest, is := strings.CutPrefix(cells[0], ".It Ic "); is && len(cells) == 3 {
			found[strings.Fields(rest)[0]] = [2]string{cells[1], cells[2]}
		}
	}
	return found
}
