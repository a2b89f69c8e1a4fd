package netquota

import (
	"strings"
	"testing"
)

// TestRecord: an old file's records, and those of another version, are none.
func TestRecord(t *testing.T) {
	pad := func(text string) []byte {
		return []byte(text + strings.Repeat(" ", RecordSize-1-len(text)) + "\n")
	}
	full := Slot{Nic: Nic{Name: "veth2001_vZouXX", MAC: MAC{2, 0x2d, 0x44, 0xbe, 0x33, 0x0f}, Index: 1<<31 - 1, Namespace: 1<<31 - 2, Peer: 1<<31 - 1}, State: Unasked}
	for text, want := range map[string]Slot{
		"1 + veth2001_vZouXX 022d44be330f 2147483647 2147483646 2147483647": full,
		"1 - veth2001_vZou 000000000000 - - -":                              {Nic: Named("veth2001_vZou"), State: Pending},
		"1 + veth2001_vZou 022d44be330f 3 0 2 10.0.3.7 fd00::7":             {Nic: Nic{Name: "veth2001_vZou", MAC: MAC{2, 0x2d, 0x44, 0xbe, 0x33, 0x0f}, Index: 3, Namespace: 0, Peer: 2}, State: Unasked},
		"2 - veth2001_vZou 000000000000 - - -":                              {},
		"1 ? veth2001_vZou 000000000000 - - -":                              {},
		"1 - veth2001_vZouXXX 000000000000 - - -":                           {},
		"1 - veth2001_vZou 00000000000 - - -":                               {},
		"1 - veth2001_vZou 000000000000 -":                                  {},
		"":                                                                  {},
	} {
		if got := ParseRecord(pad(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if text := full.Record(); len(text) != RecordSize || string(text) != string(pad("1 + veth2001_vZouXX 022d44be330f 2147483647 2147483646 2147483647")) {
		t.Errorf("%q", text)
	}
	// Room for what is to come: the longest IPv4 and IPv6 addresses.
	if len("1 + veth2001_vZouXX 022d44be330f 2147483647 2147483646 2147483647 255.255.255.255 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") > RecordSize-1 {
		t.Error("no room for addresses")
	}
}

func FuzzRecord(f *testing.F) {
	for _, text := range []string{
		"1 + veth2001_vZou 022d44be330f 7 1073741824 2", "", "1 ? veth2001_LMLV 024f5b88fdab - - -", "1 - veth2001_LMLV 024f5b88fdzz - - -", "2 - x 024f5b88fdab - - -",
	} {
		f.Add([]byte(text + strings.Repeat(" ", RecordSize-1-len(text)) + "\n"))
	}
	f.Add([]byte("veth2001_LMLV    - 024f5b88fda\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := ParseRecord(text)
		if r.Name == "" {
			if r != (Slot{}) {
				t.Fatalf("%q: %v is half a record", text, r)
			}
			return
		}
		if again := ParseRecord(r.Record()); again != r {
			t.Fatalf("%q: %v, and again %v", text, r, again)
		}
	})
}
