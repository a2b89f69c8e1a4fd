//go:build system

package ctl

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"userns-helpers/test/blackbox/harness"
)

// view is what nics --json answers.
type view struct {
	Interfaces []struct {
		Name, User, Charged, Bridge, Container string
		UID, PID                               int
		Since, Received, Sent                  int64
		Leaving                                bool
		Protections                            []string
		MadeOn                                 string `json:"made_on"`
		Oddities                               []struct{ ID, Text string }
	}
	Limited bool
}

func nics(t *testing.T, p person) view {
	t.Helper()
	got := call(t, p, usernsctl, "nics", "--json")
	var v view
	if err := json.Unmarshal([]byte(got.out), &v); err != nil || got.status != 0 {
		t.Fatalf("%v: %+v", err, got)
	}
	return v
}

func TestNics(t *testing.T) {
	put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: "[bridge.br0]\nmac_lock = true\nisolated = true\nframe_guard = true\nrouter_guard = true\nrate_to_container = \"8mbit\"\n"})
	if v := nics(t, root); len(v.Interfaces) != 0 {
		t.Fatalf("%+v", v)
	}
	mine, other := container(t, alice), container(t, bob)
	for _, got := range []result{create(t, alice, mine, "br0"), create(t, bob, other, "none")} {
		if got.status != 0 {
			t.Fatalf("%+v", got)
		}
	}
	v := nics(t, root)
	if len(v.Interfaces) != 2 {
		t.Fatalf("%+v", v)
	}
	a, b := v.Interfaces[0], v.Interfaces[1]
	if a.User != "alice" || a.UID != 3001 || a.Charged != "alice" || a.Bridge != "br0" || a.Container != "c1" || a.PID != mine.PID || a.Since == 0 || a.Leaving {
		t.Errorf("%+v, want the process %d", a, mine.PID)
	}
	if got := strings.Join(a.Protections, ", "); got != "mac_lock, isolated, no unicast_flood, bpdu_guard, root_block, no ipv6_on_host, rate_to_container 8mbit, frame_guard, router_guard, no link-local groups, no multicast queries" {
		t.Errorf("%s", got)
	}
	if b.User != "bob" || b.Bridge != "none" || b.PID != other.PID || strings.Join(b.Protections, ", ") != "no ipv6_on_host" {
		t.Errorf("%+v", b)
	}
	asAlice := nics(t, alice)
	if len(asAlice.Interfaces) != 2 || !asAlice.Limited || asAlice.Interfaces[0].PID != mine.PID || asAlice.Interfaces[1].PID != 0 || asAlice.Interfaces[1].User != "bob" {
		t.Errorf("as alice: %+v", asAlice)
	}
	text := call(t, root, usernsctl, "nics")
	if text.status != 0 || !strings.Contains(text.out, a.Name) || !strings.HasSuffix(strings.TrimSuffix(text.out, "Not all processes and slots can be seen: root sees more.\n"), "2 interfaces\n") {
		t.Errorf("%+v", text)
	}
	mine.Release()
	other.Release()
}

// TestNicsRenamed: an interface that has another name than it was made with is shown by that, with all that is known of it,
// to everybody.
func TestNicsRenamed(t *testing.T) {
	mine := container(t, alice)
	got := create(t, alice, mine, "br0")
	words := strings.Split(got.out, ":")
	if got.status != 0 || len(words) != 4 {
		t.Fatalf("%+v", got)
	}
	if out, err := exec.Command("ip", "link", "set", words[2], "down", "name", "ctr0").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, who := range []person{root, bob} {
		shown := false
		for _, a := range nics(t, who).Interfaces { // those of other tests may be about to go
			if a.Name == words[2] {
				t.Errorf("the old name: %+v", a)
			}
			if a.Name != "ctr0" {
				continue
			}
			shown = true
			if a.User != "alice" || a.Charged != "alice" || a.Bridge != "br0" || a.Container != "c1" {
				t.Errorf("%+v", a)
			}
		}
		if !shown {
			t.Error("it is not shown")
		}
	}
	mine.Release()
	for range 100 {
		if len(nics(t, root).Interfaces) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("it does not go")
}

// TestElsewhere: nics and explain speak of the network namespace that they run in, and not of the one that /sys shows, which
// is that of whoever mounted it.
func TestElsewhere(t *testing.T) {
	put(t, "/etc/lxc/lxc-usernet", harness.File{Text: "alice veth elsewhere 5\n"})
	script := "ip link add elsewhere type bridge && ip link set elsewhere up && " + usernsctl + " nics && " + usernsctl + " explain nic alice elsewhere"
	got := call(t, root, "/usr/bin/unshare", "--net", "/bin/sh", "-c", "PATH=/usr/sbin:/usr/bin:/sbin:/bin; "+script)
	if got.status != 0 || !strings.Contains(got.out, "\n0 interfaces\n") || !strings.Contains(got.out, "yes: alice") {
		t.Errorf("%+v", got)
	}
}

// TestNicsCounts: traffic is counted as the container sees it.
func TestNicsCounts(t *testing.T) {
	target := container(t, alice)
	if got := create(t, alice, target, "br0"); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	before := nics(t, root).Interfaces[0]
	script := "ip link set eth0 up && ip addr add 10.7.7.7/24 dev eth0 && for i in 1 2 3 4 5; do echo x >/dev/udp/10.7.7.255/9 2>/dev/null; done; ping -c 3 -W 1 10.7.7.1 || true"
	enter := exec.Command("nsenter", "-t", strconv.Itoa(target.PID), "-n", "bash", "-c", script)
	if out, err := enter.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if after := nics(t, root).Interfaces[0]; after.Received <= before.Received {
		t.Errorf("%d bytes from the container, then %d", before.Received, after.Received)
	}
	target.Release()
}

func TestRanges(t *testing.T) {
	got := call(t, alice, usernsctl, "ranges")
	for _, want := range []string{"/etc/subuid: 3 ranges of 3 users", "/etc/subgid: 3 ranges of 3 users", "alice", "carol", "free"} {
		if got.status != 0 || !strings.Contains(got.out, want) {
			t.Fatalf("no %q in %+v", want, got)
		}
	}
	for line := range strings.Lines(got.out) {
		if len([]rune(line)) > 81 {
			t.Errorf("too wide: %s", line)
		}
	}
}

// commands are all of them, as the help has them.
const commands = "check explain nics ranges audit metrics user suggest grant revoke edit apply completion help"

// TestCompletions: bash completes, and the other two shells can read theirs.
func TestCompletions(t *testing.T) {
	script := filepath.Join(*completionsFlag, "usernsctl.bash")
	for typed, want := range map[string]string{
		"usernsctl ":                    strings.Join(strings.Fields(commands), " "),
		"usernsctl grant ali":           "alice",
		"usernsctl grant --nics b":      "",
		"usernsctl revoke alice --k":    "--keep-reserved",
		"usernsctl ch":                  "check",
		"usernsctl check --level w":     "warning",
		"usernsctl completion f":        "fish",
		"usernsctl help ran":            "ranges",
		"usernsctl explain ":            "uid gid nic",
		"usernsctl --json explain n":    "nic",
		"usernsctl explain uid ali":     "alice",
		"usernsctl explain nic alice b": "br0",
		"usernsctl ranges --a":          "--all",
		"usernsctl explain --p":         "--pid",
		"usernsctl nics ":               "",
		"usernsctl nics --a":            "",
	} {
		command := exec.Command("bash", "--norc", "-c", `. "$1"; read -ra COMP_WORDS <<<"$2"; case $2 in *" ") COMP_WORDS+=("") ;; esac
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _usernsctl; echo "${COMPREPLY[*]}"`, "bash", script, typed)
		out, err := command.CombinedOutput()
		if got := strings.TrimSpace(string(out)); got != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", typed, got, err, want)
		}
	}
	for _, argv := range [][]string{
		{"zsh", "-n", filepath.Join(*completionsFlag, "usernsctl.zsh")},
		{"fish", "--no-execute", filepath.Join(*completionsFlag, "usernsctl.fish")},
	} {
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%q: %v: %s", argv, err, out)
		}
	}
	for typed, want := range map[string]string{"usernsctl ch": "check", "usernsctl explain n": "nic", "usernsctl explain nic alice br": "br0", "usernsctl ranges u": "uid"} {
		out, err := exec.Command("fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", filepath.Join(*completionsFlag, "usernsctl.fish"), typed).CombinedOutput()
		if got := strings.Fields(string(out)); err != nil || len(got) == 0 || got[0] != want {
			t.Errorf("fish, %q: %q, %v, want %q", typed, out, err, want)
		}
	}
}
