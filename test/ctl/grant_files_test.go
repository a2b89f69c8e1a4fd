//go:build system

package ctl

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// TestGrantBytes: whatever the files hold, all of it stays as it is, and so do owner, mode and SELinux's context; what was
// there before is in the backup.
func TestGrantBytes(t *testing.T) {
	for name, content := range map[string]string{
		"no final newline": "bob:100000:65536", "carriage returns": "bob:100000:65536\r\n\r\n", "a carriage return at the end": "bob:100000:65536\r",
		"comments": "# ids\n\n  # x\nbob:100000:65536\n", "not UTF-8": "b\xffb:1:1\n\x00\n", "NIS": "bob:1:1\n+::\n-\n", "a long line": strings.Repeat("x", 5000) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			put(t, "/etc/subuid", harness.File{Text: content, Mode: 0o440})
			put(t, "/etc/subgid", harness.File{Text: content, Mode: 0o664})
			const label = "system_u:object_r:passwd_file_t:s0\x00"
			if err := unix.Setxattr("/etc/subuid", "security.selinux", []byte(label), 0); err != nil {
				t.Fatal(err)
			}
			old := time.Unix(1_500_000_000, 0)
			if err := os.Chtimes("/etc/subuid", old, old); err != nil {
				t.Fatal(err)
			}
			if g := order(t, root, "grant", "alice"); g.status != 0 {
				t.Fatalf("%+v", g)
			}
			for _, path := range []string{"/etc/subuid", "/etc/subgid"} {
				added, whole := strings.CutPrefix(text(t, path), content)
				if !whole || text(t, path+"-") != content || strings.TrimLeft(added, "\n") != fmt.Sprintf("alice:%s:65536\n", strings.Split(added, ":")[1]) {
					t.Errorf("%s: %q", path, added)
				}
			}
			for path, mode := range map[string]os.FileMode{"/etc/subuid": 0o440, "/etc/subuid-": 0o440, "/etc/subgid": 0o664, "/etc/subgid-": 0o664} {
				if info, err := os.Stat(path); err != nil || info.Mode() != mode || info.Sys() == nil {
					t.Errorf("%s: %v, %v", path, info.Mode(), err)
				}
			}
			if info, err := os.Stat("/etc/subuid-"); err != nil || !info.ModTime().Equal(old) {
				t.Errorf("%v, %v", info.ModTime(), err)
			}
			for _, path := range []string{"/etc/subuid", "/etc/subuid-"} {
				value := make([]byte, 100)
				if n, err := unix.Getxattr(path, "security.selinux", value); err != nil || string(value[:max(n, 0)]) != label {
					t.Errorf("%s: %q, %v", path, value, err)
				}
			}
			unlocked(t)
		})
	}
}

// TestGrantMakes: where there are no files they are made.
func TestGrantMakes(t *testing.T) {
	put(t, "/etc/subuid", harness.File{Absent: true})
	put(t, "/etc/subgid", harness.File{Absent: true})
	g := order(t, root, "grant", "alice")
	if a, b := contents(t); a != "alice:131072:65536\n" || a != b || g.status != 0 || len(g.Remarks) < 2 || !strings.Contains(g.Remarks[0], "did not exist") {
		t.Errorf("%q, %q, %+v", a, b, g)
	}
	for _, path := range []string{"/etc/subuid", "/etc/subgid"} {
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o644 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	}
}

// smallEtc puts /etc on a small disk, for the time of a test.
func smallEtc(t *testing.T) {
	t.Helper()
	if err := sh("mkdir -p /mnt/etc && mount -t tmpfs -o size=40m etc /mnt/etc && cp -a /etc/. /mnt/etc/ && mount --move /mnt/etc /etc 2>/dev/null || mount --rbind /mnt/etc /etc"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sh("umount -l /etc; umount -l /mnt/etc 2>/dev/null; true"); err != nil {
			t.Error(err)
		}
	})
}

// TestGrantFailing: where the disk is full, /etc cannot be written or one of the files cannot be replaced, both files are as
// they were, no lock is left, and when that is over all goes well.
func TestGrantFailing(t *testing.T) {
	smallEtc(t)
	const bobs = "bob:100000:65536\n"
	for _, c := range []struct{ name, spoil, mend, says string }{
		{"a full disk", "cat /dev/zero >/etc/zero 2>/dev/null; true", "rm /etc/zero", "no space left on device"},
		{"a nearly full disk", "cat /dev/zero >/etc/zero 2>/dev/null; truncate -s -8192 /etc/zero", "rm /etc/zero", "no space left on device"},
		{"read-only", "mount -o remount,ro /etc", "mount -o remount,rw /etc", "read-only file system"},
		{"a mount point", "mount --bind /etc/subgid /etc/subgid", "umount /etc/subgid", "cannot replace /etc/subgid: device or resource busy"},
		{"no password lock", "rm -f /etc/.pwd.lock; mkdir /etc/.pwd.lock", "rmdir /etc/.pwd.lock", "cannot open /etc/.pwd.lock: is a directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			hosts(t, bobs, bobs)
			if err := sh(c.spoil); err != nil {
				t.Fatal(err)
			}
			g := order(t, root, "grant", "alice")
			a, b := contents(t)
			if err := sh(c.mend); err != nil {
				t.Fatal(err)
			}
			if g.status != 2 || g.Result != "failed" || !strings.Contains(g.Problem, c.says) || a != bobs || b != bobs {
				t.Errorf("%+v: %q, %q", g, a, b)
			}
			unlocked(t)
			if g := order(t, root, "grant", "alice"); g.status != 0 || g.Result != "done" {
				t.Errorf("%+v", g)
			}
		})
	}
}

// TestGrantLocks: whose locks are waited for, cleared, and called what.
func TestGrantLocks(t *testing.T) {
	const bobs = "bob:100000:65536\n"
	gone := exec.Command("/bin/true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, file, text, id string
	}{
		{"stale", "/etc/subuid.lock", fmt.Sprint(gone.Process.Pid, "\x00"), ""},
		{"stale, the second", "/etc/subgid.lock", fmt.Sprint(gone.Process.Pid, "\x00"), ""},
		{"empty", "/etc/subuid.lock", "", "lock-malformed"},
		{"malformed, the second", "/etc/subgid.lock", "useradd\n", "lock-malformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			hosts(t, bobs, bobs)
			put(t, c.file, harness.File{Text: c.text, Mode: 0o600})
			g := order(t, root, "grant", "alice")
			if g.ID != c.id || (g.status == 0) != (c.id == "") || (g.Result == "done") != (c.id == "") {
				t.Errorf("%+v", g)
			}
			if a, b := contents(t); c.id != "" && (a != bobs || b != bobs) {
				t.Errorf("%q, %q", a, b)
			}
		})
	}
	// The suite and this program understand each other's locks: one that is held is waited for, and named.
	hosts(t, bobs, bobs)
	holder := hold(t, root, "sh", "-c", "exec cat")
	put(t, "/etc/subuid.lock", harness.File{Text: fmt.Sprint(holder.PID, "\x00"), Mode: 0o600})
	begin := time.Now()
	time.AfterFunc(time.Second, holder.Release)
	if g := order(t, root, "grant", "alice"); g.status != 0 || time.Since(begin) < time.Second || time.Since(begin) > 10*time.Second {
		t.Errorf("%+v after %v", g, time.Since(begin))
	}
	put(t, "/etc/subuid.lock", harness.File{Text: "1\x00", Mode: 0o600})
	began := time.Now()
	g := order(t, root, "grant", "carol")
	if g.status != 2 || g.ID != "lock-busy" || !strings.HasPrefix(g.Problem, "/etc/subuid.lock is held by process 1 (") || time.Since(began) < 14*time.Second {
		t.Errorf("%+v after %v", g, time.Since(began))
	}
}

// TestGrantNICsLock: the lock of lxc-usernet that a dead process left is cleared by one at a time, the one that has
// lckpwdf(3). Two at once would remove each other's, and lose a line.
func TestGrantNICsLock(t *testing.T) {
	hosts(t, ranges, ranges)
	put(t, "/etc/lxc/lxc-usernet.lock", harness.File{Text: "2147483647\x00", Mode: 0o600})
	trace := t.TempDir() + "/calls"
	r := call(t, root, "/usr/bin/strace", "-f", "-o", trace, "-e", "trace=fcntl,unlinkat", usernsctl, "grant", "carol", "--nics", "br0=3")
	calls := text(t, trace)
	locked, cleared := strings.Index(calls, "F_WRLCK"), strings.Index(calls, "lxc-usernet.lock")
	if r.status != 0 || locked < 0 || cleared < locked {
		t.Errorf("%+v; calls: %s", r, calls)
	}
	unlocked(t)
}
