package usernic

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"userns-helpers/internal/kernel/ovs"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/policy/nics"
)

// TestAddresses: stable, local, not multicast, the host's end above every other, and different for what differs.
func TestAddresses(t *testing.T) {
	word := rapid.StringMatching(`[a-z0-9]{1,8}`)
	rapid.Check(t, func(r *rapid.T) {
		host, bridge, container := word.Draw(r, "host"), word.Draw(r, "bridge"), word.Draw(r, "container")
		uid, n := rapid.Uint32().Draw(r, "uid"), rapid.IntRange(0, candidates-1).Draw(r, "n")
		secret := key{1}
		mac := containerMAC(secret, host, uid, bridge, container, n)
		if mac != containerMAC(secret, host, uid, bridge, container, n) || mac[0] != 0x02 || hostMAC(mac)[0] != 0xfe || hostMAC(mac)[1] != mac[1] {
			r.Fatal(mac)
		}
		for _, other := range []netquota.MAC{
			containerMAC(key{2}, host, uid, bridge, container, n),
			containerMAC(secret, host+"x", uid, bridge, container, n), containerMAC(secret, host, uid+1, bridge, container, n),
			containerMAC(secret, host, uid, bridge+"x", container, n), containerMAC(secret, host, uid, bridge, container+"x", n),
			containerMAC(secret, host, uid, bridge, container, n+1), containerMAC(secret, host, uid, bridge+container, "", n),
		} {
			if other == mac {
				r.Fatal("the same address for something else")
			}
		}
	})
}

// TestAltName: what the kernel takes, whatever the container is called; owner, bridge and end stay readable.
func TestAltName(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		container := string(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(r, "container"))
		nic := netquota.HostName(rapid.Uint32().Draw(r, "uid"), 5)
		alt := altName(7, container, "lxcbr0", nic)
		if len(alt) > longestAlt || !strings.HasPrefix(alt, "usernic-7-") || !strings.HasSuffix(alt, "-lxcbr0-"+nic[len(nic)-4:]) ||
			strings.ContainsAny(alt, "/:% \t\n\x00") {
			r.Fatalf("%q", alt)
		}
	})
	if got := altName(2001, "web 1", "lxcbr0", "veth2001_AbCd"); got != "usernic-2001-web_1-lxcbr0-AbCd" {
		t.Error(got)
	}
}

// TestMessages: each cause has words of its own.
func TestMessages(t *testing.T) {
	who := netquota.Account{UID: 1, Names: []string{"alice"}}
	full := &netquota.OverQuota{Allotments: []netquota.Allotment{{Owner: "alice", Place: lxcbr0, Quota: 2, Line: 3}, {Owner: "@lan", Place: lxcbr0, Quota: 1, Line: 4}}}
	asked := termsFor(t, "[limits]\nnics_per_user = 4\nfree_ports = 5\n\ncreates_per_minute = 6\nnics_per_group_member = 7\n[defaults]\nmac_lock = true\n")
	n := &nic{terms: asked, kernel: kernel{bridge: bridge{kind: linuxBridge}}, request: request{nic: "eth7", place: lxcbr0}}
	_, notBridge := classify(rtnl.Device{Name: "eth0"}, privilege.Standing{})
	_, dummy := classify(rtnl.Device{Name: "eth0", Kind: "dummy"}, privilege.Standing{})
	seen := make(map[string]string)
	for want, err := range map[string]error{
		"2 of 2 interfaces of alice on lxcbr0 live (/etc/lxc/lxc-usernet line 3), 1 of 1 interfaces of @lan": asked.notClaimed(who, full),
		"Failed to count the interfaces: input/output error":                                                 asked.notClaimed(who, unix.EIO),
		"No /etc/lxc/lxc-usernet: without that file":                                                         noUsernet(privilege.Standing{}, who, lxcbr0, unix.ENOENT),
		"root must own it (chown root)":                                                                      noUsernet(privilege.Standing{}, who, lxcbr0, &trusted.UntrustedError{Path: "x", Fault: trusted.Writable}),
		"Failed to open /etc/lxc/lxc-usernet: permission denied":                                             noUsernet(privilege.Standing{}, who, lxcbr0, unix.EACCES),
		`The name "eth7" is taken`:                                                                           n.notCreated(unix.EEXIST),
		`The bridge "lxcbr0" is full`:                                                                        n.notCreated(unix.EXFULL),
		"without CAP_NET_ADMIN":                                                                              n.notCreated(unix.EPERM),
		"Failed to create the interface: cannot allocate memory":                                             n.notCreated(unix.ENOMEM),
		`"eth0" is not a bridge: it is an interface of kind hardw`:                                           notBridge,
		"of kind dummy":                              dummy,
		"is not installed":                           ovsFailed("h", &ovs.Error{Status: -1, Err: unix.ENOENT}),
		"is ovs-vswitchd running?":                   ovsFailed("h", &ovs.Error{Status: -1, Err: ovs.ErrTimeout}),
		"are ovsdb-server and ovs-vswitchd running?": ovsFailed("h", &ovs.Error{Status: 1, Output: "database connection failed"}),
		"Limit of the user reached: 4 of 4 interfaces of alice live, on all bridges together (/etc/userns-helpers/policy.toml line 2, nics_per_user)":                 asked.notClaimed(who, &netquota.OverLimit{Most: 4}),
		"Share of @lan reached: 7 of 7 interfaces of alice that are charged to @lan on lxcbr0 live (/etc/userns-helpers/policy.toml line 6, nics_per_gr":              asked.notClaimed(who, &netquota.OverLimit{Most: 7, Allotment: full.Allotments[1]}),
		"Too many interfaces a minute: 6 were begun for alice within 60 seconds (/etc/userns-helpers/policy.toml line 5, creates_per_minute); try again in 9 seconds": asked.notClaimed(who, &netquota.RateLimited{Most: 6, Wait: 9}),
		"none may be made": asked.notClaimed(who, &netquota.RateLimited{}),
		`The bridge "lxcbr0" has no port left for users: 5 of its 1023 ports are kept free (/etc/userns-helpers/policy.toml line 3, free_ports)`: n.keepsFree(rtnl.Device{Port: rtnl.Port{Number: 1019}}),
		"is writable by group or others: anybody who can write to it takes protections away":                                                     noPolicy(&trusted.UntrustedError{Path: "x", Fault: trusted.Writable}),
		"Refused to read /etc/userns-helpers/policy.toml: /etc/userns-helpers/policy.toml line 3: x; no interface":                               noPolicy(&nics.Problem{Line: 3, Text: "x"}),
		"input/output error; no interface is made without it":                                                                                    noPolicy(unix.EIO),
		"Cannot determine your user name": unidentified(unix.EIO),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
			continue
		}
		if other, taken := seen[err.Error()]; taken {
			t.Errorf("%q and %q have one text", other, want)
		}
		seen[err.Error()] = want
	}
	if text := (&NoLine{Who: who, Place: lxcbr0}).Error(); !strings.Contains(text, "alice veth lxcbr0 1") {
		t.Error(text)
	}
	if !errors.Is(ovsFailed("h", &ovs.Error{Err: unix.ENOENT}), unix.ENOENT) {
		t.Error("the cause is lost")
	}
}

// TestBridge: the MTU is the bridge's, and only a Linux bridge is for the kernel to connect.
func TestBridge(t *testing.T) {
	device := rtnl.Device{Index: 7, MTU: 1400}
	for _, c := range []struct {
		b           bridge
		mtu, master int
	}{{bridge{}, 1500, 0}, {bridge{kind: linuxBridge, device: device}, 1400, 7}, {bridge{kind: openVSwitch, device: device}, 1400, 0}} {
		if c.b.mtu() != c.mtu || c.b.master() != c.master {
			t.Errorf("%+v: %d %d", c.b, c.b.mtu(), c.b.master())
		}
	}
}
