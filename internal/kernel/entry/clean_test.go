package entry

import (
	"bytes"
	"testing"

	"golang.org/x/sys/unix"
)

// TestCleanAfterEntry: a program whose entry point ran is not executed again, since its real user is root by then: with a
// variable that the entry point cannot have left it fails. (If it were executed, this test would not come to an end.)
func TestCleanAfterEntry(t *testing.T) {
	t.Setenv("TZ", "/home/alice/fifo")
	found.Ran = 1
	defer func() { found = state{} }()
	if Clean([]string{"entry.test", "-test.run", "^$"}) == nil {
		t.Error("the environment passes for clean")
	}
}

// TestClosed: nothing is written where the caller left a descriptor closed.
func TestClosed(t *testing.T) {
	found.Closed = 1 << 1
	defer func() { found = state{} }()
	for fd, want := range map[int]bool{-1: false, 0: false, 1: true, 2: false, 3: false, 33: false} {
		var taken bytes.Buffer
		if Closed(fd) != want {
			t.Errorf("%d is closed: %v", fd, !want)
		}
		if _, err := Output(&taken, fd).Write([]byte("x")); (err == unix.EBADF) != want || (taken.Len() == 0) != want {
			t.Errorf("%d takes %q, %v", fd, taken.String(), err)
		}
	}
}

// TestOwn: the assembly handles the capabilities below 32 alone, and no set has CAP_SYS_ADMIN or CAP_SYS_PTRACE.
func TestOwn(t *testing.T) {
	for name, set := range map[string]uint64{"newuidmap": Newuidmap, "newgidmap": Newgidmap, "lxc-user-nic": Usernic, "userns-helperd": Helperd} {
		if set>>32 != 0 || set&(1<<unix.CAP_SYS_ADMIN|1<<unix.CAP_SYS_PTRACE) != 0 {
			t.Errorf("%s: %x", name, set)
		}
	}
}
