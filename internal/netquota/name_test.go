package netquota

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestNames(t *testing.T) {
	for uid, want := range map[uint32]string{
		0: "veth0_AAAA", 1001: "veth1001_AAAA", 65536: "veth65536_AAAA", 999_999: "veth999999_AAAA",
		1_000_000: "vethAAEMJC-AAAA", math.MaxUint32 - 1: "vethEqpPMC-AAAA",
	} {
		if got := HostName(uid, 0); got != want {
			t.Errorf("uid %d: %q, want %q", uid, got, want)
		}
	}
	for name, uid := range map[string]uint32{
		"veth1001_AAA": 1001, "veth1001_AAAAA": 1001, "veth1001_AA-A": 1001, "veth1001_A A1": 1001, "veth1001_": 1001, "veth100_AAAA": 1001,
		"veth10011_AAAA": 1001, "vethAAAA": 1001, "": 0, "xveth1001_AAAA": 1001, "veth1000000_AAAA": 1_000_000,
	} {
		if IsOf(name, uid) {
			t.Errorf("%q is one of uid %d", name, uid)
		}
	}
}

// TestNamesTellUsersApart: a name is that of one user, and fits an interface.
func TestNamesTellUsersApart(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		uid, other := rapid.Uint32().Draw(r, "uid"), rapid.Uint32().Draw(r, "other")
		name := HostName(uid, rapid.Uint32Range(0, Suffixes-1).Draw(r, "n"))
		if len(name) > 15 || !IsOf(name, uid) || uid != other && IsOf(name, other) || Anonymous(name) {
			r.Fatalf("%q of %d, other %d", name, uid, other)
		}
	})
}

func TestAnonymous(t *testing.T) {
	for name, want := range map[string]bool{
		"vethAbCdEf": true, "veth0AbC1d": true, "veth1001_AbCd": false, "vethAAEMJA-AAAA": false, "eth0": false, "": false,
	} {
		if Anonymous(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
