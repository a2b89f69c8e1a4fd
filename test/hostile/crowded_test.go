//go:build system

package hostile

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/kernel/rtnl"
)

var (
	jostled = person("jostled")
	_       = grant("jostled veth crowd 3", "jostled veth elsewhere 3")
)

// TestCrowded: the kernel is asked for the ports of a bridge alone, among many other interfaces. Records that were lost make
// nobody's quota larger all the same, and what the kernel says is what it shows elsewhere.
func TestCrowded(t *testing.T) {
	const others = 220
	var lines, removals []string
	for i := range others {
		port, other := fmt.Sprintf("crowd%d", i), fmt.Sprintf("apart%d", i)
		lines = append(lines, "link add "+port+" type veth peer name "+other, "link set "+port+" master crowd")
		removals = append(removals, "link del "+port)
	}
	t.Cleanup(func() {
		if err := ip(removals...); err != nil {
			t.Error(err)
		}
	})
	if err := ip(lines...); err != nil {
		t.Fatal(err)
	}
	if err := ip("link set crowd7 nomaster", "link set crowd100 nomaster"); err != nil { // numbers that no port has now
		t.Fatal(err)
	}
	conn, err := rtnl.Dial()
	if err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"", "crowd1", "apart"} {
		var want []string
		entries, err := os.ReadDir("/sys/class/net/crowd/brif")
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), prefix) {
				want = append(want, e.Name())
			}
		}
		got, err2 := conn.Ports("crowd", prefix)
		slices.Sort(got)
		slices.Sort(want)
		if err != nil || err2 != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %d ports, not %d, %v, %v", prefix, len(got), len(want), err, err2)
		}
	}
	for _, bridge := range []string{"crowd0", "nosuchbridge", "abridgewhosename", ""} {
		if got, err := conn.Ports(bridge, ""); err == nil {
			t.Errorf("%q has ports: %v", bridge, got)
		}
	}

	target := container(t, jostled)
	t.Cleanup(func() { sweep(t, jostled) })
	for n := range 3 {
		if r := call(t, jostled, creates(target, "crowd")...); r.made() == "" {
			t.Fatal(n, r)
		}
		if err := sh("rm -rf " + ledgerPath + " " + slotsPath); err != nil {
			t.Fatal(err)
		}
	}
	if r := call(t, jostled, creates(target, "crowd")...); r.status != 1 || len(nicsOf(t, jostled)) != 3 {
		t.Errorf("beyond the quota: %v, %v", r, nicsOf(t, jostled))
	}
	if r := call(t, jostled, creates(target, "elsewhere")...); r.made() == "" {
		t.Errorf("ports of one bridge count for another: %v", r)
	}
}
