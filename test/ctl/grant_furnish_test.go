//go:build system

package ctl

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

// TestGrantWithoutSystemd: where systemd does not run, limits and a bridge are what an administrator has to write, and no file
// of systemd's is made. test/systemd/run is the other half.
func TestGrantWithoutSystemd(t *testing.T) {
	hosts(t, ranges, ranges)
	put(t, "/etc/lxc/lxc-usernet", harness.File{Text: "alice veth br0 2\n"})
	// A user's process, and a setuid program under another name, are no systemd-networkd.
	if err := errors.Join(harness.Install("/bin/cat", "/opt", "systemd-networkd", 0o755), harness.Install("/bin/cat", "/opt", "ctl.setuid", 0o4755)); err != nil {
		t.Fatal(err)
	}
	put(t, "/opt/other/systemd-networkd", harness.File{Link: "/opt/ctl.setuid"})
	t.Cleanup(func() { _, _ = os.Remove("/opt/systemd-networkd"), os.Remove("/opt/ctl.setuid") })
	hold(t, alice, "/opt/systemd-networkd")
	hold(t, alice, "/opt/other/systemd-networkd")
	words := []string{"grant", "alice", "--limits", "tasks=300,memory=2G,cpu=150%", "--own-bridge"}
	for _, again := range []string{"added", "kept"} {
		g := order(t, root, words...)
		if len(g.Paste) != 2 || g.Paste[0].File != "/etc/security/limits.conf" || !slices.Equal(g.Paste[0].Lines, []string{"alice hard nproc 300", "alice hard as 2097152"}) {
			t.Fatalf("%+v", g)
		}
		bridge := strings.Join(g.Paste[1].Lines, "\n")
		if g.Paste[1].File != "/etc/network/interfaces.d/br-3001" || !strings.Contains(bridge, "iface br-3001 inet static\n    address 10.139.185.1/24\n") {
			t.Errorf("%+v", g.Paste[1])
		}
		if !strings.Contains(g.texts(), again+" /etc/lxc/lxc-usernet alice veth br-3001 10") {
			t.Errorf("%s", g.texts())
		}
	}
	if got := text(t, "/etc/lxc/lxc-usernet"); got != "alice veth br0 2\nalice veth br-3001 10\n" {
		t.Errorf("%q", got)
	}
	for _, path := range []string{"/etc/systemd/system/user-3001.slice.d", "/etc/systemd/network/50-userns-helpers-br-3001.netdev"} {
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s was made", path)
		}
	}
	if got := call(t, root, slices.Concat([]string{usernsctl}, words, []string{"--dry-run"})...); !strings.Contains(got.out, "To be written into /etc/security/limits.conf:\n    alice hard nproc 300\n") {
		t.Errorf("%+v", got)
	}
}

// TestGrantFurnishRefused: nothing is written where a part of what was asked for cannot be.
func TestGrantFurnishRefused(t *testing.T) {
	hosts(t, "", "")
	if err := os.MkdirAll("/run/systemd/system", 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll("/run/systemd/system") })
	const file = "/etc/systemd/system/user-3001.slice.d/50-userns-helpers.conf"
	if err := os.MkdirAll("/etc/systemd/system/user-3001.slice.d", 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll("/etc/systemd/system/user-3001.slice.d") })
	for name, f := range map[string]harness.File{"somebody else's": {Text: "[Slice]\nTasksMax=5\n"}, "a link": {Link: "/etc/passwd"}} {
		put(t, file, f)
		if g := order(t, root, "grant", "alice", "--limits", "tasks=300"); g.status != 1 || g.ID != "file-foreign" || len(g.Lines) > 0 {
			t.Errorf("%s: %+v", name, g)
		}
	}
	if g := order(t, root, "grant", "root", "--limits", "tasks=300"); g.status != 1 || g.ID != "limits-root" {
		t.Errorf("%+v", g)
	}
	if g := order(t, root, "grant", "root", "--own-bridge"); g.status != 1 || g.ID != "bridge-root" {
		t.Errorf("%+v", g)
	}
	if subuid, subgid := contents(t); subuid+subgid != "" {
		t.Errorf("%q, %q", subuid, subgid)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	g := order(t, carol, "grant", "alice", "--limits", "tasks=300,cpu=50", "--dry-run")
	if want := "added " + file + " [Slice]; added " + file + " TasksMax=300; added " + file + " CPUQuota=50%"; !strings.HasSuffix(g.texts(), want) {
		t.Errorf("%s", g.texts())
	}
}

// TestGrantFurnishCommandLine: limits and bridges that cannot be meant are wrong command lines.
func TestGrantFurnishCommandLine(t *testing.T) {
	for _, words := range []string{
		"alice --limits", "alice --limits=", "alice --limits tasks=1", "alice --limits disk=5", "--missing --own-bridge", "--missing --limits tasks=50",
		"--kubelet 2 --own-bridge", "alice --own-bridge=yes",
	} {
		if got := call(t, root, append([]string{usernsctl, "grant", "--dry-run"}, strings.Fields(words)...)...); got.status != 2 || got.out != "" {
			t.Errorf("%s: %+v", words, got)
		}
	}
}
