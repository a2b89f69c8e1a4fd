package whynot

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/kernel/netns"
	"userns-helpers/internal/kernel/ovs"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/kernel/unixsock"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/nearby"
	"userns-helpers/internal/netquota/pool"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/usernic/plan"
)

var lxcbr0 = netquota.Place{Type: "veth", Bridge: "lxcbr0"}

func alice() plan.Person {
	return plan.Person{Account: netquota.Account{UID: 1001, Names: []string{"alice"}, Groups: []string{"lan"}}}
}

// TestMessages: each cause has words of its own.
func TestMessages(t *testing.T) {
	full := &netquota.OverQuota{
		Allotments: []netquota.Allotment{{Owner: "alice", Place: lxcbr0, Quota: 2, Line: 3}, {Owner: "@lan", Place: lxcbr0, Quota: 1, Line: 4}},
		InUse:      []netquota.InUse{{Names: []string{"veth1001_AAAA", "veth1001_BBBB"}}, {Names: []string{"veth1001_CCCC"}, More: 2}},
	}
	lan := full.Allotments[1]
	room := func(line int, err error) error {
		return &plan.NoRoom{User: "alice", Bridge: "lxcbr0", Err: err, Line: line}
	}
	lacks := func(line int, why plan.Lack) error {
		return &plan.Unprotected{Key: "vlan", Why: why, Line: line, Bridge: "lxcbr0"}
	}
	badFile := &trusted.UntrustedError{Path: "x", Fault: trusted.Writable}
	seen, told := make(map[string]string), make(map[verdict.ID]bool)
	for want, err := range map[string]error{
		"Quota reached: alice already has 2 of 2 interfaces on lxcbr0 (/etc/lxc/lxc-usernet line 3): veth1001_AAAA, veth1001_BBBB, " +
			"@lan already has 1 of 1 interfaces on lxcbr0 (/etc/lxc/lxc-usernet line 4): veth1001_CCCC and 2 more; stop a container": room(0, full),
		"Limit of the user reached: alice already has 4 of 4 interfaces, on all bridges together (/etc/userns-helpers/policy.toml line 2, nics_per_user); stop": room(2, &netquota.OverLimit{Most: 4}),
		"Share of @lan reached: alice already has 7 of 7 interfaces that are charged to @lan on lxcbr0 (/etc/userns-helpers/policy.toml line 6, nics_per_gr":    room(6, &netquota.OverLimit{Most: 7, Allotment: lan}),
		"Rate limit exceeded: 6 were begun for alice within 60 seconds (/etc/userns-helpers/policy.toml line 5, creates_per_minute); try again in 9 seconds":    room(5, &netquota.RateLimited{Most: 6, Wait: 9}),
		"Rate limit exceeded: none may be made":                              room(5, &netquota.RateLimited{}),
		"Failed to count the interfaces: input/output error":                 &Failed{At: Count, Err: unix.EIO},
		"Refused to read /etc/lxc/lxc-usernet: the file is writ":             &UsernetUnread{Err: badFile},
		"Failed to open /etc/lxc/lxc-usernet: permission denied":             &UsernetUnread{Err: unix.EACCES},
		`The name "eth7" is taken`:                                           &NameTaken{"eth7"},
		`The bridge "lxcbr0" is full: a Linux bridge has at most 1023 ports`: &plan.BridgeFull{Bridge: "lxcbr0"},
		`The bridge "lxcbr0" has no port left for users: 5 of its 1023 ports are kept free (/etc/userns-helpers/policy.toml line 3, free_ports)`: &plan.NoPortLeft{Bridge: "lxcbr0", Kept: 5, Line: 3},
		"without CAP_NET_ADMIN":                                                                                            &Failed{At: Create, Err: unix.EPERM},
		"Failed to create the interface: cannot allocate memory":                                                           &Failed{At: Create, Err: unix.ENOMEM},
		`"eth0" is not a bridge: it is an interface of kind hardw`:                                                         &plan.NotABridge{Device: plan.Device{Name: "eth0"}},
		`"eth1" is not a bridge: it is an interface of kind dummy`:                                                         &plan.NotABridge{Device: plan.Device{Name: "eth1", Kind: "dummy"}},
		"of kind tun or tap, and not one":                                                                                  &plan.NotABridge{Device: plan.Device{Name: "tap0", Kind: "tun"}},
		`No such bridge "br0": there is no interface`:                                                                      &plan.NoSuchBridge{Name: "br0"},
		`No such bridge "br0": it is an alternative name of "x"`:                                                           &plan.BridgeAlias{Name: "br0", Of: "x"},
		`for the bridge "a": /usr/bin/ovs-vsctl: no such file or directory: Open vSwitch, to which`:                        &Failed{At: AskOVS, Object: "a", Err: &ovs.Error{Status: -1, Err: unix.ENOENT}},
		"is ovs-vswitchd running?":                                                                                         &Failed{At: AskOVS, Object: "b", Err: &ovs.Error{Status: -1, Err: ovs.ErrTimeout}},
		"are ovsdb-server and ovs-vswitchd running?":                                                                       &Failed{At: AddToOVS, Object: "c", Err: &ovs.Error{Status: 1, Output: "database connection failed"}},
		"toml: the file is writable by group or others: anybody who can write to it takes protections away":                &PolicyUnread{badFile},
		"Refused to read /etc/userns-helpers/policy.toml: /etc/userns-helpers/policy.toml line 3: ":                        &PolicyUnread{&nics.Problem{Line: 3, Fault: nics.NoSubject}},
		"input/output error; no interface is made without it":                                                              &PolicyUnread{unix.EIO},
		"Cannot determine your user name: input/output error":                                                              &Unidentified{unix.EIO},
		"Cannot determine your groups: SSSD is ill; /etc/userns-helpers/policy.toml line 9 is about":                       &plan.GroupsUnknown{Doubt: errors.New("SSSD is ill"), Line: 9},
		"it cannot stand in /etc/lxc/lxc-usernet: a name there has no @":                                                   &UnfitName{"@x"},
		"No interface without vlan: there is no bridge, and so no VLAN, with \"none\"; vlan is asked for (it is built in)": lacks(0, plan.NoBridge),
		"CONFIG_BRIDGE_VLAN_FILTERING); vlan is asked for (/etc/userns-helpers/policy.toml line 2), and an":                lacks(2, plan.KernelWithoutVLANs),
		"(ip link set lxcbr0 type bridge vlan_filtering 1)":                                                                lacks(2, plan.BridgeWithoutVLANs),
		"lxc-user-nic does not do it on bridges of Open vSwitch":                                                           lacks(2, plan.NotOnOVS),
		"since Linux 5.18":                                      lacks(2, plan.NoLock),
		"since Linux 4.18":                                      lacks(2, plan.NoIsolation),
		"keep a port from learning addresses":                   lacks(2, plan.AlwaysLearns),
		"keep a port from being flooded":                        lacks(2, plan.AlwaysFloods),
		"no BPDU guard or root block":                           lacks(2, plan.NoGuard),
		"CONFIG_NET_SCH_TBF":                                    lacks(2, plan.NoTokenBucket),
		"since Linux 4.20":                                      lacks(2, plan.NotSticky),
		"CONFIG_NET_SCH_INGRESS":                                lacks(2, plan.NoClsact),
		"CONFIG_NET_CLS_BPF":                                    lacks(2, plan.NoFilter),
		"no addresses are set for this interface":               lacks(2, plan.NoPools),
		"until its container is started again":                  lacks(2, plan.NeverGiven),
		"is in none of its pools":                               lacks(2, plan.OutsidePools),
		"has more addresses than a filter looks for (32); vlan": lacks(2, plan.TooManyAddresses),
		"Failed to guard the interface: invalid argument":       &Failed{At: Guard, Err: unix.EINVAL},
		"network namespace of process 7: there is no such process: the container has ended":                                                                                          &Namespace{PID: 7, FD: -1, Err: &netns.Error{Reason: netns.Gone}},
		"network namespace of descriptor 3: it is not a network namespace":                                                                                                           &Namespace{FD: 3, Err: &netns.Error{Reason: netns.NotNetwork}},
		`network namespace of "/x": it does not exist, or you may not open it`:                                                                                                       &Namespace{FD: -1, Path: "/x", Err: &netns.Error{}},
		"it is the namespace of the host: an interface can only be made":                                                                                                             &Namespace{PID: 1, FD: -1, Err: &netns.Error{Reason: netns.Host}},
		"it belongs to a user namespace that uid 1001 did not create":                                                                                                                &Namespace{PID: 1, FD: -1, UID: 1001, Err: &netns.Error{Reason: netns.NotOwned}},
		`No free address: container "web" has 64 living interfaces on "lxcbr0" already`:                                                                                              &NoFreeAddress{"web", "lxcbr0", 64},
		`No free IP address: 62 of 62 in use: on "lxcbr0" addresses are taken from 10.0.3.64/26 (/etc/userns-helpers/policy.toml line 3, addresses); stop a`:                         noAddresses(&pool.Exhausted{InUse: 62, Of: 62}),
		"containers that had 5 of them have ended, which are free 10 minutes later":                                                                                                  noAddresses(&pool.Exhausted{InUse: 62, Of: 62, Leased: 5}),
		`The address 10.0.3.70 is taken: a living interface on "lxcbr0" has it`:                                                                                                      noAddresses(&pool.Taken{Address: netip.MustParseAddr("10.0.3.70")}),
		`The address 10.0.3.70 is taken: the bridge "lxcbr0" has it`:                                                                                                                 noAddresses(&pool.Taken{Address: netip.MustParseAddr("10.0.3.70"), Bridge: true}),
		"Failed to hand the address to dnsmasq: no such file or directory: it has to be root's":                                                                                      &Failed{At: HandAddress, Err: unix.ENOENT},
		"can be read by everybody: it has to be root's, with the group of dnsmasq":                                                                                                   &Failed{At: HandAddress, Err: &lockfile.UnsafeError{Path: "/run/lxc/dhcp-hosts", Reason: "can be read by everybody"}},
		"/run/lxc/dhcp-hosts is for another network namespace than this one":                                                                                                         &Failed{At: HandAddress, Err: unix.ENOTSUP},
		"Failed to hand the address to dnsmasq: no space left on device":                                                                                                             &Failed{At: HandAddress, Err: unix.ENOSPC},
		"The container has ended: its network":                                                                                                                                       &ContainerEnded{},
		`Interface "veth1" on "lxcbr0" is not yours: the ledger has no pair of interfaces of that name that user "alice" created on that bridge; lines for groups may be missing: x`: &NotYours{"alice", "veth1", "lxcbr0", errors.New("x")},
		"Cannot bring up the interface: file exists: Cannot remove the ledger entry: input/output error: the next call on this bridge tries again":                                   &NotUndone{&Failed{At: BringUp, Err: unix.EEXIST}, &Failed{At: RemoveEntry, Err: unix.EIO}},
		"Not privileged: not in the capability bounding set: cap_net_admin, cap_setgid; have it added":                                                                               &NotPrivileged{Raised: true, Unbounded: privilege.Of(unix.CAP_NET_ADMIN, unix.CAP_SETGID)},
		"setuid bit: install it with chown root:root and chmod 4755; or have the administrator enable the service that needs no setuid bit (userns-helperd(8)): nothing listens on /run/userns-helpers/nics.sock": &NotPrivileged{Service: &unixsock.Error{Err: unix.ENOENT}},
		"is not root here, as in a user namespace that does not contain root, from which no service could change the network":                                                                                     &NotPrivileged{Service: &unixsock.Error{Err: unixsock.ErrUntrusted}},
		"; and the service (userns-helperd(8)) cannot be asked: input/output error":                                                                                                                               &NotPrivileged{Service: unix.EIO},
		"The service is busy: it has had as many calls of yours":                                                                                                                                                  &NoReply{Busy: true},
		"The service did not answer: the connection was closed without an answer; look whether the interface is there (usernsctl nics)":                                                                           &NoReply{Err: unixsock.ErrClosed},
		"The service does not serve you: your user or group ID may be one that its user namespace does not contain":                                                                                               &NotServed{&privilege.PeerError{Why: privilege.PeerUnmapped}},
		"The service does not serve you: you are in another PID namespace":                                                                                                                                        &NotServed{&privilege.PeerError{Why: privilege.PeerElsewhere}},
		"The service does not serve you: the kernel does not say who you are: no such process":                                                                                                                    &NotServed{&privilege.PeerError{Why: privilege.PeerGone, Err: unix.ESRCH}},
		"The service does not serve you: the kernel does not say who you are: the peer has ended":                                                                                                                 &NotServed{&privilege.PeerError{Why: privilege.PeerGone}},
		"Cannot reset inherited process state: input/output error":                                                                                                                                                &NotServed{unix.EIO},
		"a bridge of the host's: call the program outside, or have the administrator allow it (other_networks in /etc/userns-helpers/policy.toml: false, which is built in)":                                      &plan.OtherNetwork{},
		"(other_networks in /etc/userns-helpers/policy.toml: false, /etc/userns-helpers/policy.toml line 3)":                                                                                                      &plan.OtherNetwork{Line: 3},
		"Failed to answer the caller: broken pipe":                                                                                                                                                                &Failed{At: Answer, Err: unix.EPIPE},
		"Not privileged: lxc-user-nic does not have the setuid bit":                                                                                                                                               &NotPrivileged{},
		"Not privileged: lxc-user-nic was called inside a user namespace":                                                                                                                                         &InUserNamespace{},
		"Cannot reset inherited process state: operation not permitted":                                                                                                                                           &Failed{At: Reset, Err: unix.EPERM},
		"Failed to read /var/lib/userns-helpers/mac-key: not 32 bytes":                                                                                                                                            &Failed{At: ReadKey, Err: errors.New("not 32 bytes")},
		"Failed to write to standard output: broken pipe":                                                                                                                                                         &Failed{At: WriteOutput, Err: unix.EPIPE},
		"Cannot determine your user name: no uid 1001":                                                                                                                                                            &Unidentified{&account.UnknownError{Key: "uid 1001"}},
		"No /etc/lxc/lxc-usernet: without that file":                                                                                                                                                              &plan.NotGranted{Person: alice(), Place: lxcbr0, NoFile: true},
		`User "alice" may not create interfaces on "lxcbr0"`:                                                                                                                                                      &plan.NotGranted{Person: alice(), Place: lxcbr0},
		"Cannot bring up the interface: invalid argument":                                                                                                                                                         &Failed{At: BringUp, Err: unix.EINVAL},
		"": &Malformed{Why: BadCommandLine},
		`Unsupported type "macvlan": the only type of interface is veth`: &Malformed{UnsupportedType, "macvlan"},
		`Invalid bridge name "a/b": a name has 1 to 15 bytes`:            &Malformed{BadBridgeName, "a/b"},
		`Invalid interface name "-e": a name has 1 to 15 bytes`:          &Malformed{BadInterfaceName, "-e"},
		`Invalid network namespace "x": it is not a process ID`:          &Malformed{BadNamespace, "x"},
	} {
		v := Explain(err, Eyes{})
		text := v.Line()
		told[v.ID] = true
		if !slices.Contains(ids(), v.ID) || !strings.Contains(text, want) {
			t.Errorf("%q: %q %q", want, v.ID, text)
			continue
		}
		if other, taken := seen[text]; taken {
			t.Errorf("%q and %q have one text", other, want)
		}
		seen[text] = want
	}
	for _, id := range ids() {
		if !told[id] {
			t.Errorf("no reason above is called %s", id)
		}
	}
	if v := Explain(&Answered{verdict.Verdict{ID: "x", Headline: "headline", Usage: true}}, Eyes{}); v.ID != "x" || v.Line() != "headline" || !v.Usage {
		t.Errorf("the service's words: %+v", v)
	}
	if v := Explain(&Failed{At: AskOVS, Err: &ovs.Error{Err: unix.ENOENT}}, Eyes{}); v.Refused || !errors.Is(v.Err, unix.ENOENT) {
		t.Error("the cause is lost")
	}
}

// noAddresses is a reason of a pool of two kinds of addresses.
func noAddresses(err error) error {
	return &plan.NoAddress{Bridge: "lxcbr0", Pools: []netip.Prefix{netip.MustParsePrefix("10.0.3.64/26"), netip.MustParsePrefix("fd00:3::/64")}, Err: err, Line: 3}
}

// TestHeadlines: each step has a headline of its own, and a name.
func TestHeadlines(t *testing.T) {
	seen := make(map[string]Step)
	for s := Restart; s <= RemoveEntry; s++ {
		headline := (&Failed{At: s, Object: "x"}).headline()
		if other, taken := seen[headline]; taken || headline == "" || s.id() == "" {
			t.Errorf("%d and %d have the headline %q", s, other, headline)
		}
		seen[headline] = s
	}
}

// TestNotGranted: what could have been meant is said, and a line for what is no bridge is not advised.
func TestNotGranted(t *testing.T) {
	place := netquota.Place{Type: "veth", Bridge: "br0"}
	file := "alice veth br0 5x\nalice veth br1 1\n@students veth br0 2\n"
	near, err := nearby.Nearby(strings.NewReader(file), alice().Account, place)
	if err != nil {
		t.Fatal(err)
	}
	doubting := alice()
	doubting.Doubt = errors.New("SSSD is ill")
	for _, c := range []struct {
		refused plan.NotGranted
		around  Surroundings
		want    string
	}{
		{
			plan.NotGranted{Person: alice(), Place: place},
			Surroundings{Near: near},
			`User "alice" may not create interfaces on "br0": no line of /etc/lxc/lxc-usernet allows it; line 1 ("alice veth br0 5x") does not: ` +
				`its last field is not a number from 0 to 4294967295; alice has lines for br1; membership in a group would do: @students (line 3); ` +
				`an administrator can correct it: alice veth br0 1`,
		},
		{
			plan.NotGranted{Person: alice(), Place: place},
			Surroundings{},
			`User "alice" may not create interfaces on "br0": no line of /etc/lxc/lxc-usernet allows it; an administrator can add the line: alice veth br0 1`,
		},
		{
			plan.NotGranted{Person: doubting, Place: place},
			Surroundings{Unfit: &plan.NoSuchBridge{Name: "br0"}},
			`User "alice" may not create interfaces on "br0": no line of /etc/lxc/lxc-usernet allows it; a line would not help: there is no ` +
				`interface "br0" on this host: create the bridge, or name another one in the container's configuration; lines for groups may be missing: SSSD is ill`,
		},
		{
			plan.NotGranted{Person: alice(), Place: place, NoFile: true},
			Surroundings{},
			`No /etc/lxc/lxc-usernet: without that file no user may create interfaces; an administrator can add the line: alice veth br0 1`,
		},
	} {
		if got := notGranted(&c.refused, c.around).Line(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
