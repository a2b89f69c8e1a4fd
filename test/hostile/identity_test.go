//go:build system

package hostile

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	mover   = person("mover")
	naming  = person("naming").in(lan)
	beside  = person("beside").in(lan)
	nearby  = person("nearby").in(lan)
	yonder  = person("yonder").in(lan)
	stabled = person("stabled")
	forger  = person("forger").in(lan)
	wronged = person("wronged").in(lan)
	_       = grant("@lan veth forged 1")
	_       = grant("mover veth moved 1", "@lan veth named 2", "@lan veth apart 2", "nearby veth apart 1", "yonder veth apart 1", "stabled veth stable 4", "stabled veth none 1")
)

// inside runs a script as root of a user's container.
func inside(t *testing.T, u user, target *harness.Target, script string) {
	t.Helper()
	r := call(t, u, "nsenter", "-t", strconv.Itoa(target.PID), "-U", "-n", "--preserve-credentials", "/bin/sh", "-euc", script)
	if r.status != 0 {
		t.Fatalf("%s: %v", script, r)
	}
}

// awaited waits for something.
func awaited(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 200 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%s: not after two seconds", what)
}

// TestRenamed: whatever root, or udev, does to the host's end, it is counted as long as it lives, and no longer; whatever
// the user does to the container's end.
func TestRenamed(t *testing.T) {
	other := fmt.Sprintf("veth%d_ZZZZ", mover.uid)
	nested := "unshare -n sleep 1000 </dev/null >/dev/null 2>&1 & for i in 1 2 3 4 5 6 7 8 9; do ip link set eth0 netns $! 2>/dev/null && exit; sleep 0.1; done; exit 1"
	for name, c := range map[string]struct{ root, user string }{
		"renamed":                      {root: "ip link set NIC down; ip link set NIC name ren0; ip link set ren0 up"},
		"renamed, not marked":          {root: "ip link property del dev NIC altname ALT; ip link set NIC down; ip link set NIC name ren0"},
		"renamed, other address":       {root: "ip link set NIC down; ip link set NIC address fe:aa:bb:cc:dd:ee; ip link set NIC name ren0"},
		"renamed like another":         {root: "ip link set NIC down; ip link set NIC name " + other},
		"moved":                        {root: "ip link set NIC netns away"},
		"moved and renamed":            {root: "ip link set NIC netns away name ren0"},
		"moved where nobody knows":     {root: "ip link set NIC netns away; ip -n away link set NIC netns further name ren0"},
		"moved, back and renamed":      {root: "ip link set NIC netns away; ip -n away link set NIC netns $$ name ren0"},
		"moved, and the end renamed":   {root: "ip link set NIC netns away name ren0", user: "ip link set eth0 address 02:11:22:33:44:55; ip link set eth0 name x"},
		"moved, and the end moved too": {root: "ip link set NIC netns away", user: nested},
		"the end moved":                {user: nested},
	} {
		t.Run(name, func(t *testing.T) {
			if err := sh("ip netns add away; ip netns add further"); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = sh("ip netns del away; ip netns del further; ip link del ren0 2>/dev/null; ip link del " + other + " 2>/dev/null; true")
			}()
			target := container(t, mover)
			first := call(t, mover, creates(target, "moved")...)
			if first.made() == "" {
				t.Fatal(first)
			}
			script := strings.ReplaceAll(strings.ReplaceAll(c.root, "NIC", first.made()), "ALT", altOf(t, first.made()))
			if err := sh("true; " + script); err != nil {
				t.Fatal(err)
			}
			if c.user != "" {
				inside(t, mover, target, c.user)
			}
			for range 2 {
				if r := call(t, mover, creates(target, "moved")...); r.status != 1 || !strings.Contains(r.err, "uota") {
					t.Errorf("the second of a quota of 1: %v", r)
				}
			}
			if n := listed(t, first.made()); n != 1 {
				t.Errorf("%d rows of %s", n, first.made())
			}
			_ = exec.Command("pkill", "-u", strconv.Itoa(int(mover.uid))).Run()
			target.Release()
			next := container(t, mover)
			awaited(t, "a create after the container has ended", func() bool { return call(t, mover, creates(next, "moved")...).made() != "" })
			sweep(t, mover)
		})
	}
}

// altOf is the alternative name of an interface.
func altOf(t *testing.T, nic string) string {
	t.Helper()
	text, err := exec.Command("ip", "-d", "link", "show", "dev", nic).Output()
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(text))
	for i, word := range words {
		if word == "altname" {
			return words[i+1]
		}
	}
	t.Fatalf("%s has no alternative name: %s", nic, text)
	return ""
}

// TestDeletedInside: root of a container that goes on deletes its interface: it does not count any more.
func TestDeletedInside(t *testing.T) {
	target := container(t, mover)
	if r := call(t, mover, creates(target, "moved")...); r.made() == "" {
		t.Fatal(r)
	}
	inside(t, mover, target, "ip link del eth0")
	r := call(t, mover, creates(target, "moved")...)
	if r.made() == "" {
		t.Error(r)
	}
	sweep(t, mover)
}

// TestDeleteRenamed: its user deletes an interface by its name or by the one that it was made with, and nobody else does.
func TestDeleteRenamed(t *testing.T) {
	target := container(t, mover)
	theirs := container(t, naming)
	for _, by := range []string{"old", "new", "like another's"} {
		first := call(t, mover, creates(target, "moved")...)
		if first.made() == "" {
			t.Fatal(first)
		}
		now := "ren0"
		if by == "like another's" {
			now = fmt.Sprintf("veth%d_AAAA", naming.uid)
		}
		if err := ip("link set "+first.made()+" down", "link set "+first.made()+" name "+now); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{now, first.made()} {
			if r := call(t, naming, deletes(theirs, "moved", name)...); r.status != 1 {
				t.Errorf("%s: somebody else deletes %s: %v", by, name, r)
			}
		}
		name := now
		if by == "old" {
			name = first.made()
		}
		if r := call(t, mover, deletes(target, "moved", name)...); r.status != 0 {
			t.Errorf("%s: %v", by, r)
		}
		if err := sh("ip link show " + now); err == nil {
			t.Errorf("%s: %s lives", by, now)
		}
		if n := listed(t, first.made()); n != 0 {
			t.Errorf("%s: %d rows", by, n)
		}
	}
}

// TestAlternativeNames: what a user calls the end of an interface in their own namespace ends nobody else's call, whether
// the quota that they share is used up or not.
func TestAlternativeNames(t *testing.T) {
	target, next := container(t, naming), container(t, beside)
	if r := call(t, naming, creates(target, "named")...); r.made() == "" {
		t.Fatal(r)
	}
	inside(t, naming, target, `for i in $(seq 150); do ip link property add dev eth0 altname $(printf "%0120d" $i); done`)
	if r := call(t, beside, creates(next, "named")...); r.made() == "" {
		t.Errorf("one of two is free: %v", r)
	}
	if r := call(t, beside, creates(next, "named")...); r.status != 1 || !strings.Contains(r.err, "uota") {
		t.Errorf("none of two is free: %v", r)
	}
	sweep(t, beside)
	sweep(t, naming)
}

// TestApart: a network namespace of the machine's other than its first has a bridge of the same name, and quotas of its own.
// What happens there takes nothing from those who have interfaces here, and nothing from their number. Descriptor 9 is the
// namespace of the machine around this one: where there is a first one, the others are apart from it, and where there is
// none, from the one that was used first.
func TestApart(t *testing.T) {
	first := fmt.Sprintf("/proc/%d/fd/9", os.Getpid())
	if _, err := os.Stat(first); err != nil {
		t.Fatal(err)
	}
	for name, here := range map[string]string{"private": "/proc/self/ns/net", "the machine's first": first} {
		t.Run(name, func(t *testing.T) {
			in := func(network string, u user, argv []string) result {
				return call(t, user{}, append([]string{
					"nsenter", "--net=" + network, "setpriv", "--reuid", strconv.Itoa(int(u.uid)), "--regid", strconv.Itoa(int(u.gid)),
					"--groups", strconv.Itoa(lan),
				}, argv...)...)
			}
			const there = "/run/netns/there"
			if err := sh("ip netns add there; ip -n there link add apart type bridge"); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = sh("ip netns del there") }()
			if here == first {
				if err := sh("nsenter --net=" + first + " ip link add apart type bridge"); err != nil {
					t.Fatal(err)
				}
				defer func() { // and the book goes back to this namespace
					_ = sh("nsenter --net=" + first + " ip link del apart; rm -rf " + ledgerPath + " " + slotsPath)
				}()
			}
			near, far := container(t, nearby), container(t, yonder)
			makes := func(network string, u user, of *harness.Target, most int) (made int) {
				for range most + 2 {
					r := in(network, u, creates(of, "apart"))
					if r.made() == "" {
						if r.status != 1 || !strings.Contains(r.err, "uota") {
							t.Errorf("%s at %s: %v", u.name, network, r)
						}
						return made
					}
					made++
				}
				return made
			}
			if n := makes(here, nearby, near, 3); n != 3 { // one of her own, and two of the group's
				t.Fatalf("%d here", n)
			}
			if n := makes(there, yonder, far, 3); n != 3 {
				t.Errorf("%d there", n)
			}
			if n := makes(here, nearby, near, 0); n != 0 {
				t.Errorf("%d more here", n)
			}
			if n := makes(here, yonder, far, 1); n != 1 { // of her own: what she has there does not count here
				t.Errorf("%d here of who has some there", n)
			}
			if n := makes(there, nearby, near, 1); n != 1 {
				t.Errorf("%d there of who has some here", n)
			}
			if count := strings.Count(strings.Join(rows(t), "\n"), fmt.Sprintf("veth%d_", nearby.uid)); count != 3 {
				t.Errorf("%d rows of 3 that live here: %q", count, rows(t))
			}
			near.Release()
			far.Release()
			near, far = container(t, nearby), container(t, yonder)
			awaited(t, "as many once more", func() bool {
				return in(there, yonder, creates(far, "apart")).made() != "" && in(here, nearby, creates(near, "apart")).made() != ""
			})
		})
	}
}

// macOf is the address of eth0 of a container.
func macOf(t *testing.T, target *harness.Target) string {
	t.Helper()
	text, err := exec.Command("nsenter", "--net="+fmt.Sprintf("/proc/%d/ns/net", target.PID), "cat", "/sys/class/net/eth0/address").CombinedOutput()
	if err != nil {
		text, err = exec.Command("nsenter", "--net="+fmt.Sprintf("/proc/%d/ns/net", target.PID), "ip", "-o", "link", "show", "eth0").Output()
	}
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(text))
	for i, word := range words {
		if word == "link/ether" {
			return words[i+1]
		}
	}
	return strings.TrimSpace(string(text))
}

// TestKey: a container's address is the same at each start, depends on a file that users cannot read, and is another one
// with another key. Without a place to keep one, as with a /var that can only be read, there is an address all the same.
func TestKey(t *testing.T) {
	const path = "/var/lib/userns-helpers/mac-key"
	address := func() string {
		t.Helper()
		target := container(t, stabled)
		defer target.Release()
		if r := call(t, stabled, creates(target, "stable")...); r.made() == "" {
			t.Fatal(r)
		}
		defer sweep(t, stabled)
		return macOf(t, target)
	}
	if err := sh("rm -rf " + path); err != nil {
		t.Fatal(err)
	}
	first := address()
	if again := address(); again != first {
		t.Errorf("%s, then %s", first, again)
	}
	text, err := os.ReadFile(path)
	if err != nil || len(text) != 32 {
		t.Errorf("the key: %x, %v", text, err)
	}
	if r := call(t, stabled, "cat", path); r.status == 0 {
		t.Error("a user reads the key")
	}
	if err := sh("rm " + path); err != nil {
		t.Fatal(err)
	}
	if other := address(); other == first {
		t.Errorf("%s without that key", other)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if again := address(); again != first {
		t.Errorf("%s with the key of before, which made %s", again, first)
	}
	if err := sh("rm " + path + "; mount -t tmpfs -o ro tmpfs /var/lib/userns-helpers"); err != nil {
		t.Fatal(err)
	}
	unkept := address()
	again := address()
	if err := sh("umount /var/lib/userns-helpers"); err != nil {
		t.Fatal(err)
	}
	if unkept == first || again != unkept {
		t.Errorf("%s and %s where no key can be kept, %s before", unkept, again, first)
	}
}

// TestRenamedMeanwhile: whoever renames the host's end between any two steps of a create, as udev does, disturbs nothing: the
// line has the present name, its protections are on, it counts, and its user deletes it.
func TestRenamedMeanwhile(t *testing.T) {
	target := container(t, mover)
	renamed, told := 0, 0
	for n := 1; ; n += 3 {
		reached, was := false, ""
		r := plan{u: mover, argv: creates(target, "moved")}.run(t, func(x *traced) {
			if reached = x.reach(n); !reached {
				return
			}
			if nics := nicsOf(t, mover); len(nics) == 1 {
				was = nics[0]
				if err := ip("link set " + was + " name ren0"); err != nil {
					t.Fatal(err)
				}
			}
		})
		if r.made() == "" {
			t.Fatalf("system call %d: %v", n, r)
		}
		if was != "" {
			renamed++
			quiet, err := os.ReadFile("/proc/sys/net/ipv6/conf/ren0/disable_ipv6")
			if err != nil || strings.TrimSpace(string(quiet)) != "1" {
				t.Errorf("system call %d: disable_ipv6 is %q, %v", n, quiet, err)
			}
			if wrong := incomplete("ren0", "moved"); wrong != "" {
				t.Errorf("system call %d: %v, %s", n, r, wrong)
			}
			index, err := os.ReadFile("/sys/class/net/ren0/ifindex")
			if err != nil || !strings.HasSuffix(r.out, ":"+string(index)) {
				t.Errorf("system call %d: %v, and ren0 has the index %s, %v", n, r, index, err)
			}
			if r.made() == "ren0" { // else it was renamed after the program had asked for the name
				told++
			}
		}
		if second := call(t, mover, creates(target, "moved")...); second.status != 1 || !strings.Contains(second.err, "uota") {
			t.Errorf("system call %d: the second of a quota of 1: %v", n, second)
		}
		if gone := call(t, mover, deletes(target, "moved", r.made())...); gone.status != 0 {
			t.Errorf("system call %d: %v", n, gone)
		}
		if err := sh("ip link show ren0"); err == nil || len(nicsOf(t, mover)) > 0 {
			t.Fatalf("system call %d: it is not deleted", n)
		}
		if !reached {
			break
		}
	}
	if renamed < 5 || told < renamed/2 {
		t.Errorf("renamed at %d points, and told the present name at %d", renamed, told)
	}
}

// TestTableIsAsked: an address that the bridge's table has for good behind another port, put there by an administrator, is
// given to no container, whatever the policy says.
func TestTableIsAsked(t *testing.T) {
	address := func() string {
		t.Helper()
		target := container(t, stabled)
		defer target.Release()
		if r := call(t, stabled, creates(target, "stable")...); r.made() == "" {
			t.Fatal(r)
		}
		defer sweep(t, stabled)
		return macOf(t, target)
	}
	first := address()
	err := sh("ip link add px0 type veth peer name px1; ip link set px0 master stable; bridge fdb add " + first + " dev px0 master static")
	if err != nil {
		t.Fatal(err)
	}
	other := address()
	if err := sh("ip link del px0"); err != nil {
		t.Fatal(err)
	}
	if other == first {
		t.Errorf("%s, which the bridge has behind another port", other)
	}
	if again := address(); again != first {
		t.Errorf("%s, once the entry is gone, and %s before it was there", again, first)
	}
}

// TestForgedEnd: a user makes what looks like the interface of a call of theirs that was killed before it was made, in a
// namespace that this one knows by an id that the kernel gave, as it does where root has moved an interface. No slot of the
// group's is held by that: root has moved nothing that was not there.
func TestForgedEnd(t *testing.T) {
	target, victim := container(t, forger), container(t, wronged)
	nested := hold(t, forger, "nsenter", "-t", strconv.Itoa(target.PID), "-U", "-n", "--preserve-credentials", "unshare", "-n", "cat")
	if r := call(t, forger, creates(target, "forged")...); r.made() == "" {
		t.Fatal(r)
	}
	inside(t, forger, target, "ip link set eth0 netns "+strconv.Itoa(nested.PID))
	text, err := exec.Command("ip", "-o", "link", "show", "type", "veth").Output() // who lists the pair has its other end's namespace numbered
	if err != nil || !strings.Contains(string(text), "link-netnsid") {
		t.Fatalf("the namespace has no id: %v: %s", err, text)
	}
	inside(t, forger, nested, "ip link del eth0")

	begins := false
	plan{u: forger, argv: creates(target, "forged")}.run(t, func(x *traced) {
		begins = x.until(func(c systemCall) bool {
			if c.nr != unix.SYS_SENDTO || c.args[2] < unix.SizeofNlMsghdr {
				return false
			}
			head := make([]byte, unix.SizeofNlMsghdr)
			return x.bytes(c.args[1], head) == len(head) && binary.NativeEndian.Uint16(head[4:]) == unix.RTM_NEWLINK
		})
		if begins {
			x.kill()
		}
	})
	name := pendingOf(t, "forged")
	if !begins || name == "" || len(nicsOf(t, forger)) > 0 {
		t.Fatalf("not killed where the pair begins: %v, the slot has %q, interfaces %q", begins, name, nicsOf(t, forger))
	}
	_, random, _ := strings.Cut(name, "_")
	inside(t, forger, nested, fmt.Sprintf("ip link add %s type veth peer name q0; ip link property add dev %s altname usernic-%d-c1-forged-%s", name, name, forger.uid, random))
	for _, u := range []user{wronged, forger} {
		of := map[string]*harness.Target{wronged.name: victim, forger.name: target}[u.name]
		if r := call(t, u, creates(of, "forged")...); r.made() == "" {
			t.Errorf("%s: nothing of the group's lives: %v", u.name, r)
		}
		sweep(t, u)
	}
}

// pendingOf is the interface that a slot of the group's has as being made.
func pendingOf(t *testing.T, bridge string) string {
	t.Helper()
	files, err := filepath.Glob(slotsPath + "/veth:" + bridge + ":@lan*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range strings.Split(string(text), "\n") {
			if words := strings.Fields(record); len(words) > 2 && words[1] == "-" {
				return words[2]
			}
		}
	}
	return ""
}
