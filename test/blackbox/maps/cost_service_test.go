//go:build system

package maps

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"userns-helpers/test/blackbox/harness"
)

// TestServiceCost: what a call through the service costs beside Debian's and ours with the bit, which are called in turns, in an
// order that is drawn each time. The bound is a wide one: a call makes two processes more.
func TestServiceCost(t *testing.T) {
	const rounds, bound = 60, 20
	standard(t)
	served(t)
	sides := []string{"debian/setuid", "ours/setuid", "ours/plain"}
	taken := make([][]time.Duration, len(sides))
	for range rounds {
		for _, side := range rand.Perm(len(sides)) {
			took, err := timed(base + "/" + sides[side] + "/newuidmap")
			if err != nil {
				t.Fatalf("%s: %v", sides[side], err)
			}
			taken[side] = append(taken[side], took)
		}
	}
	median := make([]time.Duration, len(sides))
	for side, name := range sides {
		slices.Sort(taken[side])
		median[side] = taken[side][rounds/2]
		fmt.Printf("observed: %s: %s: median %v, 9 of 10 below %v\n", t.Name(), name, median[side].Round(10*time.Microsecond), taken[side][rounds*9/10].Round(10*time.Microsecond))
	}
	if median[2] > bound*median[1] {
		t.Errorf("through the service a call takes %v, with the bit %v", median[2], median[1])
	}
}

// timed calls newuidmap once for a new process, without the launcher, whose time it is not.
func timed(program string) (time.Duration, error) {
	target, err := harness.Hold(alice, "unshare", "-U", "cat")
	if err != nil {
		return 0, err
	}
	defer target.Release()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	attributes := &os.ProcAttr{
		Dir: "/", Env: []string{"PATH=/usr/bin:/bin"}, Files: []*os.File{null, null, null},
		Sys: &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: alice.UID, Gid: alice.GID}},
	}
	began := time.Now()
	process, err := os.StartProcess(program, []string{"newuidmap", strconv.Itoa(target.PID), "0", "100000", "10"}, attributes)
	if err != nil {
		return 0, err
	}
	state, err := process.Wait()
	took := time.Since(began)
	if err == nil && !state.Success() {
		err = fmt.Errorf("%v", state)
	}
	return took, err
}
