package privilege

import (
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestOthers: all other threads run on the processors again, be their numbers near the process's or not, and the first one
// among them. The runtime may start and end threads at any time; where it is linked with C, as with the race detector, it
// counts one that does not run.
func TestOthers(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	for cpu := range 8 * len(all) * 8 {
		if all.IsSet(cpu) {
			one.Set(cpu)
			break
		}
	}
	still := func() bool {
		before := threadNumbers(t)
		n := otherThreads()
		return !slices.Equal(before, threadNumbers(t)) || n >= 1 && (n == len(before)-1 || n == len(before))
	}
	for tries := 0; !still() && tries < 200; tries++ { // a thread may be one that only begins, or is about to end
		time.Sleep(10 * time.Millisecond)
	}
	if !still() {
		t.Errorf("%d other threads, of %v", otherThreads(), threadNumbers(t))
	}
	for _, near := range []int{0, 1, usuallyNear} {
		for _, thread := range threadNumbers(t) {
			_ = unix.SchedSetaffinity(thread, &one)
		}
		_ = unix.SchedSetaffinity(0, &all)
		others(&all, near)
		for _, thread := range threadNumbers(t) {
			var now unix.CPUSet
			if err := unix.SchedGetaffinity(thread, &now); err != unix.ESRCH && (err != nil || now != all) {
				t.Errorf("%d near: thread %d has %x, not %x: %v", near, thread, now, all, err)
			}
		}
	}
}

// threadNumbers are those of all threads of this process.
func threadNumbers(t *testing.T) (threads []int) {
	entries, err := os.ReadDir(threadsOfSelf)
	for _, e := range entries {
		number, wrong := strconv.Atoi(e.Name())
		if wrong != nil {
			t.Fatal(wrong)
		}
		threads = append(threads, number)
	}
	if err != nil {
		t.Fatal(err)
	}
	return threads
}
