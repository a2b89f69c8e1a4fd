//go:build system

package ctl

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

const policyFile = "/etc/userns-helpers/policy.toml"

// ip runs ip(8), or whatever else changes interfaces.
func ip(t *testing.T, format string, values ...any) {
	t.Helper()
	if err := sh(fmt.Sprintf(format, values...)); err != nil {
		t.Fatal(err)
	}
}

// made makes an interface for alice on br0, and returns its name on the host.
func made(t *testing.T) (string, *harness.Target) {
	t.Helper()
	put(t, "/etc/userns-helpers/accepted-findings", harness.File{Text: "limits-live - nothing bounds a container here\n"})
	target := container(t, alice)
	got := create(t, alice, target, "br0")
	words := strings.Split(strings.TrimSpace(got.out), ":")
	if got.status != 0 || len(words) != 4 {
		t.Fatalf("%+v", got)
	}
	return words[2], target
}

// ids are the findings about interfaces that count, without their places.
func (r report) ids() string {
	var ids []string
	for _, f := range r.Findings {
		if f.Level != "note" && strings.HasPrefix(f.ID, "nic-") {
			ids = append(ids, f.ID)
		}
	}
	return strings.Join(ids, " ")
}

// TestUnprotected: an interface that is older than the policy is an error, to everybody who looks; root puts it right by the
// command that the finding names.
func TestUnprotected(t *testing.T) {
	nic, target := made(t)
	defer target.Release()
	put(t, policyFile, harness.File{Text: "[bridge.br0]\nmac_lock = true\nisolated = true\n"})
	for _, p := range []person{root, alice, bob} {
		r := check(t, p)
		if r.ids() != "nic-unprotected" || r.status != 1 {
			t.Errorf("as %s: %+v", p.name, r)
			continue
		}
		f := r.Findings[0]
		for f.ID != "nic-unprotected" {
			r.Findings = r.Findings[1:]
			f = r.Findings[0]
		}
		for _, want := range []string{nic, "alice", "container c1", "on br0", "mac_lock", "isolated", "filter"} {
			if !strings.Contains(f.Problem, want) {
				t.Errorf("as %s: no %s in %s", p.name, want, f.Problem)
			}
		}
		if len(f.Fix) != 1 || f.Fix[0] != "usernsctl apply -- "+nic {
			t.Errorf("%q", f.Fix)
		}
	}
	if got := call(t, alice, usernsctl, "apply", nic); got.status != 1 || !strings.Contains(got.err, "only root can change interfaces") {
		t.Errorf("%+v", got)
	}
	dry := call(t, alice, usernsctl, "apply", "--dry-run")
	if dry.status != 0 || !strings.Contains(dry.out, nic) || !strings.Contains(dry.out, "mac_lock: false, would be true") {
		t.Errorf("%+v", dry)
	}
	did := call(t, root, usernsctl, "apply", nic)
	if did.status != 0 || !strings.Contains(did.out, "mac_lock: false, now true") {
		t.Errorf("%+v", did)
	}
	if r := check(t, root); r.ids() != "" {
		t.Errorf("%+v", r)
	}
	if again := call(t, root, usernsctl, "apply"); again.status != 0 || !strings.HasPrefix(again.out, "1 interface, 1 as the policy says") {
		t.Errorf("%+v", again)
	}
}

// TestTruth: nics and check say where an interface is, and not where it was made; and root sees that a container speaks from
// another address than the one that it is locked to.
func TestTruth(t *testing.T) {
	put(t, policyFile, harness.File{Text: "[bridge.br0]\nmac_lock = true\n"})
	nic, target := made(t)
	defer target.Release()
	ip(t, "ip link set %s nomaster", nic)
	left := nics(t, root).Interfaces[0]
	if left.Bridge != "" || left.MadeOn != "br0" || len(left.Oddities) != 1 || left.Oddities[0].ID != "left-bridge" {
		t.Errorf("%+v", left)
	}
	if text := call(t, alice, usernsctl, "nics"); !strings.Contains(text.out, "has left br0") {
		t.Errorf("%+v", text)
	}
	if r := check(t, root); r.ids() != "nic-left-bridge" {
		t.Errorf("%+v", r)
	}
	ip(t, "ip link add br9 type bridge; ip link set %s master br9", nic)
	defer func() { _ = exec.Command("ip", "link", "del", "br9").Run() }()
	if moved := nics(t, root).Interfaces[0]; moved.Bridge != "br9" || moved.Container != "c1" || moved.Oddities[0].ID != "other-bridge" {
		t.Errorf("%+v", moved)
	}
	ip(t, "ip link set %s master br0", nic)
	if r := check(t, root); r.ids() != "nic-unprotected" {
		t.Errorf("it came back: %+v", r)
	}
	ip(t, "%s apply", usernsctl)
	ip(t, "nsenter --net=/proc/%d/ns/net ip link set eth0 address 02:de:ad:be:ef:01", target.PID)
	if odd := nics(t, root).Interfaces[0].Oddities; len(odd) != 1 || odd[0].ID != "other-mac" || !strings.Contains(odd[0].Text, "02:de:ad:be:ef:01") {
		t.Errorf("%+v", odd)
	}
	if r := check(t, root); r.ids() != "nic-other-mac" {
		t.Errorf("%+v", r)
	}
	if odd := nics(t, bob).Interfaces[0].Oddities; len(odd) != 0 {
		t.Errorf("bob sees into alice's container: %+v", odd)
	}
	if got := call(t, root, usernsctl, "apply"); got.status != 0 || !strings.Contains(got.out, "02:de:ad:be:ef:01") {
		t.Errorf("%+v", got)
	}
}

// TestPolicyTraps: what protects nobody is found with its file and line.
func TestPolicyTraps(t *testing.T) {
	for text, want := range map[string]string{
		"[bridge.br7]\nmac_lock = true\n":                   "policy-bridge " + policyFile + ":1",
		"[bridge.\"br*\"]\nmac_lock = true\n":               "policy-bridge " + policyFile + ":1",
		"[defaults]\n[[rule]]\nuser = \"dave\"\nvlan = 7\n": "policy-owner " + policyFile + ":2",
		"[[rule]]\ngroup = \"guests\"\nmac_lock = true\n":   "policy-owner " + policyFile + ":1",
		"[defaults]\nmac_lock = true\n":                     "policy-hwaddr /etc/lxc/default.conf:2",
	} {
		put(t, policyFile, harness.File{Text: text})
		put(t, "/etc/lxc/default.conf", harness.File{Text: "lxc.net.0.type = veth\nlxc.net.0.hwaddr = 00:16:3e:xx:xx:xx\n"})
		for _, p := range []person{root, alice} {
			got := strings.Join(check(t, p).counted(), "|")
			if !strings.Contains(got, want) {
				t.Errorf("as %s: %q: %s", p.name, text, got)
			}
		}
	}
}

// TestExplainTraps: explain says that LXC's address leaves a container without a network, to the user by their own file too.
func TestExplainTraps(t *testing.T) {
	put(t, policyFile, harness.File{Text: "[bridge.br0]\nmac_lock = true\n"})
	put(t, "/etc/lxc/default.conf", harness.File{Text: "\nlxc.net.0.hwaddr = 00:16:3e:xx:xx:xx\n"})
	put(t, "/.config/lxc/default.conf", harness.File{Text: "lxc.net.1.hwaddr = 00:16:3e:00:00:01\n"}) // alice's home is /
	for _, c := range []struct {
		who person
		own bool
	}{{root, false}, {bob, false}, {alice, true}} {
		who, own := c.who, c.own
		got := strings.Join(strings.Fields(call(t, who, usernsctl, "explain", "nic", "alice", "br0").out), " ")
		if !strings.Contains(got, "/etc/lxc/default.conf:2 has") || strings.Contains(got, "/.config/lxc/default.conf:1 has") != own {
			t.Errorf("as %s: %s", who.name, got)
		}
	}
	if got := call(t, root, usernsctl, "explain", "nic", "bob", "none"); strings.Contains(got.out, "hwaddr") {
		t.Errorf("nothing locks there: %s", got.out)
	}
}
