package netquota

import (
	"math"
	"strings"
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
		name := HostName(uid, rapid.Uint32Range(0, suffixes-1).Draw(r, "n"))
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

func TestFileName(t *testing.T) {
	long := strings.Repeat("ü", 127)
	seen := make(map[string]Charge)
	for _, c := range []Charge{
		ofAlice, students,
		{Owner: "students", Place: lan},
		{Owner: "alice", Place: Place{"veth", "none"}},
		{Owner: "a/../b", Place: lan},
		{Owner: "domain users", Place: lan},
		{Owner: ":", Place: lan},
		{Owner: "%3A", Place: lan},
		{Owner: long, Place: lan},
		{Owner: long + "a", Place: lan},
		{Owner: "@" + long, Place: Place{"veth", strings.Repeat("\xff", 15)}},
		{Owner: "..", Place: lan},
		{Owner: "\n", Place: lan},
	} {
		name := fileName(c)
		if other, taken := seen[name]; taken {
			t.Errorf("%v and %v: %q", c, other, name)
		}
		if len(name) > 255 || strings.ContainsAny(name, "/\n\x00 ") || name == "claims" {
			t.Errorf("%v: %q", c, name)
		}
		seen[name] = c
	}
}

// TestClaimBytes: no two things that are claimed have one byte.
func TestClaimBytes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		uid, n := rapid.Uint32().Draw(r, "uid"), rapid.Uint32Range(0, suffixes-1).Draw(r, "n")
		name, ledger, mac := nameByte(uid, n), ledgerBytes+int64(n), MAC{byte(uid), byte(n), 255, 255, 255, 255}.byteOf()
		if name < 0 || name >= macBytes || mac < macBytes || mac >= ledgerBytes || ledger < ledgerBytes || ledger+1 < 0 {
			r.Fatal(name, mac, ledger)
		}
	})
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte("veth2001_vZou    + 022d44be330f\n"))
	f.Add([]byte("                               \n"))
	f.Add([]byte("veth2001_LMLV    ? 024f5b88fdab\n"))
	f.Add([]byte("veth2001_LMLV    - 024f5b88fdzz\n"))
	f.Add([]byte("veth2001_LMLV    - 024f5b88fda"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := parseRecord(text)
		if r.name == "" {
			if r != (record{}) {
				t.Fatalf("%q: %v is half a record", text, r)
			}
			return
		}
		if again := parseRecord(r.text()); again != r {
			t.Fatalf("%q: %v, and again %v", text, r, again)
		}
	})
}
