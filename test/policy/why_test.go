//go:build system

package policy

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

// whyCase is a reason that Debian's program does not have, or that has to be forced: the others are rows of
// test/blackbox/nics.
type whyCase struct {
	why    string // the id that the record has to have
	text   string // begins the second line, or stands in it
	policy string
	before func(testing.TB) // on the machine, which is new
	as     user             // alice, if nobody
	twice  int              // how often the same container gets an interface before
	inject string           // flags of strace(1) that make a system call fail
}

// whyCases has a row for each reason.
func whyCases() []whyCase {
	return []whyCase{
		{why: "over-user-limit", text: "nics_per_user", policy: "[limits]\nnics_per_user = 0\n"},
		{why: "over-member-limit", text: "nics_per_group_member", policy: "[limits]\nnics_per_group_member = 0\n", as: carol},
		{why: "rate-limited", text: "creates_per_minute", policy: "[limits]\ncreates_per_minute = 0\n"},
		{why: "no-port-left", text: "free_ports", policy: "[limits]\nfree_ports = 1023\n"},
		{why: "bridge-full", text: "at most 1023 ports", before: fillBridge},
		{why: "no-free-address", text: "64 living interfaces", twice: 64},
		{why: "no-address-left", text: "2 of 2 in use", policy: "[bridge.br0]\naddress_guard = true\naddresses = [\"10.7.0.0/30\"]\n", twice: 2},
		{why: "address-taken", text: "10.7.0.5", policy: "[bridge.br0]\naddress_guard = true\naddresses = [\"10.7.0.0/29\"]\n[[rule]]\nuser = \"alice\"\naddress = \"10.7.0.5\"\n", twice: 1},
		{why: "dhcp-hosts-failed", text: "mode 2750", policy: "[bridge.br0]\naddress_guard = true\ndhcp_hosts = true\naddresses = [\"10.7.0.0/29\"]\n"},
		{why: "unprotected", text: "vlan is asked for (/etc/userns-helpers/policy.toml line 2)", policy: "[defaults]\nvlan = 5\n"},
		{why: "policy-wrong", text: "policy.toml line 1: ", policy: "[default]\n"},
		{why: "policy-untrusted", text: "is writable by group or others", before: putPolicy(harness.File{Text: "[limits]\n", Mode: 0o666})},
		{why: "policy-unreadable", text: "no such file or directory", before: putPolicy(harness.File{Link: "/no/such/file"})},
		{why: "usernet-unreadable", text: "input/output error", inject: "-P /etc/lxc/lxc-usernet -e inject=read:error=EIO"},
		{why: "groups-unknown", text: "policy.toml line 1 is about a group", policy: "[[rule]]\ngroup = \"lan\"\nmac_lock = true\n", before: dumbDirectory, as: user{"alice", alice.id, []uint32{4444}}},
		{why: "user-not-looked-up", text: "uid 1599", before: dumbDirectory, as: user{"nobody", 1599, nil}},
		{why: "unfit-user-name", text: "has no @ in front", before: oddName, as: user{"odd", 1598, nil}},
		{why: "bridge-alias", text: "alternative name", before: func(t testing.TB) {
			sh(t, "ip link set br1 name br2 && ip link property add dev br2 altname br1 && ip link set br0 name br3 && ip link property add dev br3 altname br0")
		}},
		{why: "mac-key-failed", text: "32 bytes", before: spoilKeys},
		{why: "ledger-failed", text: "/run/lxc is writable", before: func(t testing.TB) { sh(t, "mkdir -m 777 /run/lxc && chmod 777 /run/lxc") }},
		{why: "not-confined", text: "", inject: "-e inject=capset:error=EPERM"},
		{why: "kernel-failed", text: "no buffer space", inject: "-e inject=sendto:error=ENOBUFS:when=1"},
	}
}

// TestWhy: each reason has its id in the record.
func TestWhy(t *testing.T) {
	journal, err := harness.Listen()
	must(t, err)
	for _, c := range whyCases() {
		t.Run(c.why, func(t *testing.T) {
			network(t)
			setPolicy(t, c.policy)
			if c.before != nil {
				c.before(t)
			}
			if c.as.id == 0 {
				c.as = alice
			}
			pid := hold(t, c.as)
			for i := range c.twice {
				if a := callAs(c.as, nicProgram(), c.words(pid, i)...); !a.ok {
					t.Fatal(a.text)
				}
			}
			journal.Records()
			a := c.call(pid)
			got := harness.ReasonIn(journal.Records())
			if a.ok || got != c.why || !strings.Contains(a.text, c.text) {
				t.Errorf("id=%q, %s, want %q", got, a.text, c.text)
			}
		})
	}
}

func (c whyCase) words(pid, n int) []string {
	return []string{"create", "/dev/null", "same", fmt.Sprint(pid), "veth", "br0", fmt.Sprintf("e%d", n)}
}

// call makes the call of a case.
func (c whyCase) call(pid int) answer {
	words := c.words(pid, c.twice)
	if c.inject == "" {
		return callAs(c.as, nicProgram(), words...)
	}
	flags := append([]string{"-qq", "-o", "/dev/null", "-u", c.as.name}, strings.Fields(c.inject)...)
	out, err := exec.Command("strace", append(append(flags, nicProgram()), words...)...).CombinedOutput()
	return answer{err == nil, string(out)}
}

// putPolicy makes a file the policy.
func putPolicy(file harness.File) func(testing.TB) {
	return func(t testing.TB) { must(t, file.Put(policyPath)) }
}

// replaced replaces a file until the end of the case.
func replaced(t testing.TB, path, text string) {
	t.Helper()
	old, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	missing := err != nil
	must(t, harness.File{Text: text}.Put(path))
	t.Cleanup(func() { must(t, harness.File{Text: string(old), Absent: missing}.Put(path)) })
}

// dumbDirectory: SSSD is named, and does not run.
func dumbDirectory(t testing.TB) {
	replaced(t, "/etc/nsswitch.conf", "passwd: files sss\ngroup: files sss\n")
}

// oddName is a user whose name looks like a group.
func oddName(t testing.TB) {
	text, err := os.ReadFile("/etc/passwd")
	must(t, err)
	replaced(t, "/etc/passwd", string(text)+"@odd:x:1598:1598::/:/bin/sh\n")
}

// spoilKeys: there is something else where the key of addresses is, in both places.
func spoilKeys(t testing.TB) {
	const kept = "/var/lib/userns-helpers/mac-key"
	sh(t, "mkdir -p -m 755 /var/lib/userns-helpers /run/lxc && mkdir -p -m 700 /run/lxc/nics.d && rm -f %s && echo x >%s && echo x >/run/lxc/nics.d/mac-key", kept, kept)
	t.Cleanup(func() { sh(t, "rm %s", kept) })
}

// fillBridge gives a bridge all the ports that it can have.
func fillBridge(t testing.TB) {
	script := ""
	for i := range 512 {
		script += fmt.Sprintf("link add full%d group 77 type veth peer name rest%d\nlink set full%d master br0\n", i, i, i)
		if i < 511 {
			script += fmt.Sprintf("link set rest%d master br0\n", i)
		}
	}
	t.Cleanup(func() { sh(t, "ip link del group 77") }) // all at once: one by one takes seconds
	command := exec.Command("ip", "-batch", "-")
	command.Stdin = strings.NewReader(script)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
