package slots

import (
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"userns-helpers/internal/netquota"
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
		uid, n := rapid.Uint32().Draw(r, "uid"), rapid.Uint32Range(0, netquota.Suffixes-1).Draw(r, "n")
		name, ledger, mac := nameByte(uid, n), ledgerBytes+int64(n), macByte(netquota.MAC{byte(uid), byte(n), 255, 255, 255, 255})
		if name < 0 || name >= macBytes || mac < macBytes || mac >= ledgerBytes || ledger < ledgerBytes || ledger+1 < 0 {
			r.Fatal(name, mac, ledger)
		}
	})
}

// TestRecord: an old file's records, and those of another version, are none.
func TestRecord(t *testing.T) {
	pad := func(text string) []byte { return []byte(text + strings.Repeat(" ", recordSize-1-len(text)) + "\n") }
	full := record{netquota.Nic{Name: "veth2001_vZouXX", MAC: netquota.MAC{2, 0x2d, 0x44, 0xbe, 0x33, 0x0f}, Index: 1<<31 - 1, Namespace: 1<<31 - 2, Peer: 1<<31 - 1}, complete}
	for text, want := range map[string]record{
		"1 + veth2001_vZouXX 022d44be330f 2147483647 2147483646 2147483647": full,
		"1 - veth2001_vZou 000000000000 - - -":                              {netquota.Named("veth2001_vZou"), pending},
		"1 + veth2001_vZou 022d44be330f 3 0 2 10.0.3.7 fd00::7":             {netquota.Nic{Name: "veth2001_vZou", MAC: netquota.MAC{2, 0x2d, 0x44, 0xbe, 0x33, 0x0f}, Index: 3, Namespace: 0, Peer: 2}, complete},
		"2 - veth2001_vZou 000000000000 - - -":                              {},
		"1 ? veth2001_vZou 000000000000 - - -":                              {},
		"1 - veth2001_vZouXXX 000000000000 - - -":                           {},
		"1 - veth2001_vZou 00000000000 - - -":                               {},
		"1 - veth2001_vZou 000000000000 -":                                  {},
		"":                                                                  {},
	} {
		if got := parseRecord(pad(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if text := full.text(); len(text) != recordSize || string(text) != string(pad("1 + veth2001_vZouXX 022d44be330f 2147483647 2147483646 2147483647")) {
		t.Errorf("%q", text)
	}
	// Room for what is to come: the longest IPv4 and IPv6 addresses.
	if len("1 + veth2001_vZouXX 022d44be330f 2147483647 2147483646 2147483647 255.255.255.255 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") > recordSize-1 {
		t.Error("no room for addresses")
	}
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

func FuzzRecord(f *testing.F) {
	for _, text := range []string{
		"1 + veth2001_vZou 022d44be330f 7 1073741824 2", "", "1 ? veth2001_LMLV 024f5b88fdab - - -", "1 - veth2001_LMLV 024f5b88fdzz - - -", "2 - x 024f5b88fdab - - -",
	} {
		f.Add([]byte(text + strings.Repeat(" ", recordSize-1-len(text)) + "\n"))
	}
	f.Add([]byte("veth2001_LMLV    - 024f5b88fda\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := parseRecord(text)
		if r.Name == "" {
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
