package slots

import (
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/ledger"
)

func TestFileName(t *testing.T) {
	long := strings.Repeat("ü", 127)
	seen := make(map[string]netquota.Allotment)
	for _, c := range []netquota.Allotment{
		ofAlice, students,
		{Owner: "students", Place: lan},
		{Owner: "alice", Place: netquota.Place{Type: "veth", Bridge: "none"}},
		{Owner: "a/../b", Place: lan},
		{Owner: "domain users", Place: lan},
		{Owner: ":", Place: lan},
		{Owner: "%3A", Place: lan},
		{Owner: long, Place: lan},
		{Owner: long + "a", Place: lan},
		{Owner: "@" + long, Place: netquota.Place{Type: "veth", Bridge: strings.Repeat("\xff", 15)}},
		{Owner: "..", Place: lan},
		{Owner: "\n", Place: lan},
	} {
		name := FileName(c)
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
		uid, n := rapid.Uint32().Draw(r, "uid"), rapid.Uint32Range(0, netquota.Suffixes-1).Draw(r, "n")
		name, row, mac := nameByte(uid, n), ledger.FirstByte+int64(n), macByte(netquota.MAC{byte(uid), byte(n), 255, 255, 255, 255})
		if name < 0 || name >= macBytes || mac < macBytes || mac >= ledger.FirstByte || row < ledger.FirstByte || row+1 < 0 {
			r.Fatal(name, mac, row)
		}
	})
}

// TestOldFiles: files with records of 32 bytes are left alone, and what lives comes back from the ledger and the kernel.
func TestOldFiles(t *testing.T) {
	w := newWorld(t)
	w.open(t).exit()
	for i, of := range []netquota.Allotment{ofAlice, students} {
		name := netquota.HostName(alice.UID, uint32(i))
		w.create(name, of)
		write(t, filepath.Join(w.slots(), slotsName(of, longestOwner)), name+"    + 022d44be330"+decimal(uint32(i))+"\n")
	}
	write(t, w.ledger(), "@students veth lxcbr0 "+netquota.HostName(alice.UID, 1)+"\n")
	if room := w.room(t, alice, ofAlice, students); room != 2 {
		t.Errorf("room for %d, want 2", room)
	}
	w.check(t)
}
