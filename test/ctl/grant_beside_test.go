//go:build system

package ctl

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"userns-helpers/test/blackbox/harness"
)

// people lets the suite write accounts, for the time of a test, and makes users as a line of passwd(5) each.
func people(t *testing.T, lines string) {
	t.Helper()
	add(t, "/etc/passwd", lines)
	for _, path := range []string{"/etc/group", "/etc/shadow", "/etc/gshadow"} {
		put(t, path, harness.File{Text: text(t, path), Mode: 0o640})
	}
	t.Cleanup(func() {
		for _, path := range []string{"/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"} {
			_ = os.Remove(path + "-")
		}
	})
}

// accounts are so many lines of passwd(5), with names that begin with prefix and user IDs from uid on.
func accounts(prefix string, uid, number int) string {
	var lines strings.Builder
	for i := range number {
		fmt.Fprintf(&lines, "%s%d:x:%d:3001::/nowhere:/bin/sh\n", prefix, i, uid+i)
	}
	return lines.String()
}

// TestGrantBeside: useradd, usermod, newusers and grant work at the same time, on 200 users each. No range overlaps with
// another, no line is lost, and no lock is left.
func TestGrantBeside(t *testing.T) { beside(t, 200, 10) }

// TestGrantBesideAsked: the same where getent is asked about each range, as on Debian, and others are faster.
func TestGrantBesideAsked(t *testing.T) {
	put(t, "/etc/nsswitch.conf", harness.File{Text: "passwd: files systemd\ngroup: files systemd\n"})
	beside(t, 20, 5)
}

// beside lets the four programs work on many users each, newusers on so many in a batch.
func beside(t *testing.T, many, batch int) {
	people(t, accounts("granted", 10000, many)+accounts("modified", 20000, many))
	hosts(t, "", "")
	put(t, "/etc/pam.d/newusers", harness.File{Text: "password required pam_permit.so\n"}) // what hashes passwords takes most of the time
	var group sync.WaitGroup
	failures := make(chan string, 4*many)
	start := func(name string, command func(i int) *exec.Cmd, times int) {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range times {
				if out, err := command(i).CombinedOutput(); err != nil {
					failures <- fmt.Sprintf("%s %d: %v: %s", name, i, err, out)
				}
			}
		}()
	}
	start("useradd", func(i int) *exec.Cmd {
		return exec.Command("useradd", "-M", "-N", "-g", "3001", fmt.Sprint("added", i))
	}, many)
	start("usermod", func(i int) *exec.Cmd {
		ids := fmt.Sprintf("%d-%d", 3_000_000_000+i*10, 3_000_000_000+i*10+9)
		return exec.Command("usermod", "-v", ids, "-w", ids, fmt.Sprint("modified", i))
	}, many)
	start("newusers", func(n int) *exec.Cmd {
		var lines strings.Builder
		for i := range batch {
			fmt.Fprintf(&lines, "new%d:x%d:%d:3001::/nowhere:/bin/sh\n", n*batch+i, i, 30000+n*batch+i)
		}
		command := exec.Command("newusers")
		command.Stdin = strings.NewReader(lines.String())
		return command
	}, many/batch)
	start("grant", func(i int) *exec.Cmd { return exec.Command(usernsctl, "grant", fmt.Sprint("granted", i)) }, many)
	group.Wait()
	close(failures)
	for failure := range failures {
		t.Error(failure)
	}
	owners := map[string]bool{}
	for _, kind := range []string{"granted", "added", "modified", "new"} {
		for i := range many {
			owners[fmt.Sprint(kind, i)] = true
		}
	}
	for _, path := range []string{"/etc/subuid", "/etc/subgid"} {
		disjoint(t, path, owners)
	}
	unlocked(t)
}

// disjoint fails where owners do not have one range each in a file, or two have an ID in common.
func disjoint(t *testing.T, path string, owners map[string]bool) {
	t.Helper()
	type row struct {
		owner        string
		start, count uint64
	}
	var rows []row
	seen := map[string]bool{}
	for line := range strings.Lines(text(t, path)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), ":")
		if len(fields) != 3 {
			t.Fatalf("%s: %q", path, line)
		}
		start, bad := strconv.ParseUint(fields[1], 10, 32)
		count, err := strconv.ParseUint(fields[2], 10, 32)
		r := row{fields[0], start, count}
		if bad != nil || err != nil || seen[r.owner] || !owners[r.owner] {
			t.Fatalf("%s: %q", path, line)
		}
		seen[r.owner] = true
		rows = append(rows, r)
	}
	if len(rows) != len(owners) {
		t.Errorf("%s has %d lines, and not %d", path, len(rows), len(owners))
	}
	slices.SortFunc(rows, func(a, b row) int { return int(int64(a.start) - int64(b.start)) })
	for i := range max(len(rows), 1) - 1 {
		if rows[i].start+rows[i].count > rows[i+1].start {
			t.Errorf("%s: %v and %v", path, rows[i], rows[i+1])
		}
	}
}

// TestGrantKilled: at whichever of its system calls grant is killed, from the first lock on, each file is the old one or
// the new one, useradd works at once, and grant goes on where it ended.
func TestGrantKilled(t *testing.T) {
	people(t, accounts("bystander", 10000, 1))
	const bobs = "bob:100000:65536\n"
	const alices = bobs + "alice:196608:65536\n"
	kinds := []string{"openat", "fcntl", "write", "fdatasync", "linkat", "newfstatat", "unlinkat", "fchown", "fchmod", "fsync", "renameat", "utimensat", "close"}
	if out, err := exec.Command("uname", "-m").Output(); err == nil && string(out) == "x86_64\n" {
		kinds = append(kinds, "link", "unlink", "rename", "stat")
	}
	killed := 0
	for _, kind := range kinds {
		for when := 1; ; when++ {
			hosts(t, bobs, bobs)
			inject := fmt.Sprintf("inject=%s:signal=KILL:when=%d", kind, when)
			out, err := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace="+kind, "-e", inject, usernsctl, "grant", "alice").CombinedOutput()
			if err == nil {
				break // there are fewer of them
			}
			if when == 500 {
				t.Fatalf("%s: %v: %s", inject, err, out)
			}
			killed++
			a, b := contents(t)
			if a != bobs && a != alices || b != bobs && b != alices {
				t.Fatalf("%s: %q, %q", inject, a, b)
			}
			begin := time.Now()
			if out, err := exec.Command("useradd", "-M", "-N", "-g", "3001", "erin").CombinedOutput(); err != nil || time.Since(begin) > 5*time.Second {
				t.Fatalf("%s: %v: %s", inject, err, out)
			}
			if a, b := contents(t); !strings.Contains(a, "erin:") || !strings.Contains(b, "erin:") {
				t.Errorf("%s: %q, %q", inject, a, b)
			}
			if err := sh("userdel erin"); err != nil {
				t.Fatalf("%s: %v", inject, err)
			}
			if g := order(t, root, "grant", "alice"); g.status != 0 {
				t.Errorf("%s: %+v: %s", inject, g, out)
			}
			if a, b := contents(t); a != b || !strings.Contains(a, "alice:") {
				t.Errorf("%s: %q, %q", inject, a, b)
			}
			forgotten(t, inject)
		}
	}
	if killed < 60 {
		t.Errorf("killed %d times", killed)
	}
	t.Log("killed", killed, "times")
}

// forgotten removes what a killed process may leave: its own file with its ID, in which nobody looks, and the new file that
// got no name.
func forgotten(t *testing.T, when string) {
	t.Helper()
	entries, err := os.ReadDir("/etc")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, "subuid") && !strings.HasPrefix(name, "subgid") {
			continue
		}
		switch rest := name[6:]; {
		case rest == "" || rest == "-":
		case rest == "+" || strings.Trim(rest, ".0123456789") == "":
			if err := os.Remove("/etc/" + name); err != nil {
				t.Error(err)
			}
		default:
			t.Errorf("%s: /etc/%s is left", when, name)
		}
	}
}

// TestGrantMany: 10,000 users get their ranges in one rewrite, beside 100,000 lines of others.
func TestGrantMany(t *testing.T) {
	const users, lines = 10_000, 100_000
	people(t, accounts("many", 10000, users)+"daemon:x:59000:3001::/:/usr/sbin/nologin\n")
	var others strings.Builder
	for i := range lines {
		fmt.Fprintf(&others, "%d:%d:65\n", 100_000_000+i, 1_879_048_192+i*100)
	}
	hosts(t, others.String(), others.String())
	begin := time.Now()
	g := order(t, root, "grant", "--missing", "--count", "1000")
	if late := time.Since(begin); g.status != 0 || len(g.Lines) != 2*(users+3) || late > 20*time.Second {
		t.Errorf("%d lines after %v: %s", len(g.Lines), late, g.Problem)
	}
	t.Log("--missing took", time.Since(begin))
	for _, path := range []string{"/etc/subuid", "/etc/subgid"} {
		if text(t, path+"-") != others.String() {
			t.Errorf("%s was rewritten more than once", path)
		}
		owners := map[string]bool{"alice": true, "bob": true, "carol": true}
		for i := range users {
			owners[fmt.Sprint("many", i)] = true
		}
		for i := range lines {
			owners[fmt.Sprint(100_000_000+i)] = true
		}
		disjoint(t, path, owners)
	}
	begin = time.Now()
	if g := order(t, root, "grant", "--missing"); g.status != 0 || g.Result != "nothing" || len(g.Lines) > 0 {
		t.Errorf("%+v", g)
	}
	if g := order(t, root, "grant", "--missing", "--uid-min", "500", "--uid-max", "600"); g.Result != "nothing" {
		t.Errorf("%+v", g)
	}
	if g := order(t, root, "revoke", "many7"); g.status != 0 || len(g.Lines) != 2 {
		t.Errorf("%+v", g)
	}
	if g := order(t, root, "grant", "many7"); g.status != 0 || len(g.Lines) != 2 {
		t.Errorf("%+v", g)
	}
	t.Log("four more took", time.Since(begin))
	unlocked(t)
}
