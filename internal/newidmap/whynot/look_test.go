package whynot

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/whynot/install"
)

func TestStatusIDs(t *testing.T) {
	const status = "Name:\tUid:\nState:\tS\nUid:\t1000\t0\t0\t0\nGid:\t1000\t27\t27\t27\nGroups:\t4 27 \n"
	if ids, ok := statusIDs(status, "Uid:"); !ok || ids != [2]uint32{1000, 0} {
		t.Errorf("Uid: %v, %v", ids, ok)
	}
	if ids, ok := statusIDs(status, "Gid:"); !ok || ids != [2]uint32{1000, 27} {
		t.Errorf("Gid: %v, %v", ids, ok)
	}
	for _, bad := range []string{"", "Uid:\n", "Uid:\t1\n", "Uid:\tx\t1\t1\n", "Uid:\t1\t4294967296\t1\n", "Uid:\t-1\t0\t0\n"} {
		if ids, ok := statusIDs(bad, "Uid:"); ok {
			t.Errorf("%q: %v", bad, ids)
		}
	}
}

func TestProcGID(t *testing.T) {
	const plain = "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
	const group = "23 27 0:21 / /proc rw,relatime shared:5 - proc proc rw,gid=99,hidepid=invisible\n"
	const other = "24 27 0:33 / /mnt rw - tmpfs x rw,gid=5\n25 22 0:34 / /proc/sys/fs rw - autofs x rw,gid=6\n"
	cases := map[string]int64{"": -1, plain: -1, group: 99, other + group: 99, other + plain: -1, group + plain: -1, plain + group: 99, "x /proc\n": -1}
	for mountinfo, want := range cases {
		if got := procGID(mountinfo); got != want {
			t.Errorf("%q: %d, want %d", mountinfo, got, want)
		}
	}
}

func TestIDMap(t *testing.T) {
	ranges := idMap("         0       1000          1\n         1     100000      65536\nx\n5 5\n7 7 0\n-1 0 1\n4294967295 0 2\n")
	if len(ranges) != 2 || ranges[0].String() != "[0-1)" || ranges[1].String() != "[1-65537)" {
		t.Errorf("%v", ranges)
	}
	cases := map[string]bool{
		"0 0 1": true, "0 1 65536": true, "0 65536 1": true, "0 5 10": true,
		"0 65537 1": false, "0 65536 2": false, "0 4294967294 1": false,
		"0 0 2":           false, // the kernel wants a range within one line of the parent's map
		"0 5 1 1 70000 1": false,
	}
	for words, inside := range cases {
		if m, outside := outsideParent(mappings(t, words), ranges); outside == inside {
			t.Errorf("%q: outside %v (%v)", words, outside, m)
		}
	}
	if _, outside := outsideParent(mappings(t, "0 1 1"), nil); outside {
		t.Error("an unreadable map is taken for an empty one")
	}
}

func TestLinkOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "link")
	if got := linkOf(path); got != "" {
		t.Errorf("nothing there: %q", got)
	}
	if err := os.Symlink("gone", path); err != nil {
		t.Fatal(err)
	}
	if got := linkOf(path); got != "gone" {
		t.Errorf("%q", got)
	}
}

func TestStrerror(t *testing.T) {
	for err, want := range map[error]string{
		unix.EPERM: "Operation not permitted", unix.ENOENT: "No such file or directory", unix.EACCES: "Permission denied",
		unix.EINVAL: "Invalid argument", unix.ESRCH: "No such process", unix.EBADF: "Bad file descriptor", os.ErrClosed: "Operation not permitted",
	} {
		if got := strerror(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

// The kernel's own answers about this process, which is in one namespace with itself.
func TestObserve(t *testing.T) {
	p, err := target.ByPID(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if n := observeNamespace(p); n.known && !n.ours {
		t.Errorf("this process is in another namespace than itself: %+v", n)
	}
	f := observeOwner(p)
	want := idmap.Owner{UID: uint32(os.Getuid()), GID: uint32(os.Getgid())}
	if !f.known || f.real != want || f.eff != want {
		t.Errorf("owner %+v, want %+v", f, want)
	}
	if f := install.Observe(need(idmap.UID), false); f.SetuidRoot || f.SetuidOther || f.FileCaps {
		t.Errorf("a test binary is installed like this: %+v", f)
	}
	if d := readFile("/proc/self/uid_map"); len(idMap(d)) == 0 {
		t.Errorf("the map of this namespace has no range: %q", d)
	}
	if readFile("/nonexistent") != "" {
		t.Error("a missing file has a content")
	}
}

// What the kernel writes is read without a panic, and nothing out of range comes of it.
func FuzzKernelTexts(f *testing.F) {
	f.Add("Uid:\t1000\t0\t0\t0\n")
	f.Add("23 27 0:21 / /proc rw,relatime shared:5 - proc proc rw,gid=99,hidepid=invisible\n")
	f.Add("         0       1000          1\n         1     100000      65536\n")
	f.Fuzz(func(t *testing.T, text string) {
		statusIDs(text, "Uid:")
		procGID(text)
		for _, r := range idMap(text) {
			if r.Empty() || r.End() > 1<<32 {
				t.Errorf("%q: range %v", text, r)
			}
		}
	})
}
