package bookview

import (
	"errors"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/addresses"
	"userns-helpers/internal/netquota/ledger"
	"userns-helpers/internal/netquota/slots"
)

var lan = netquota.Place{Type: "veth", Bridge: "lxcbr0"}

func TestRead(t *testing.T) {
	directory, me := t.TempDir(), uint32(os.Getuid())
	owner := netquota.Allotment{Owner: `EXAMPLE\alice smith`, Place: lan, Quota: 2, Line: 1}
	nic := netquota.Nic{Name: "veth2001_AbCd", MAC: netquota.MAC{2, 1}, Index: 1, Namespace: netquota.NoNamespace}
	record := netquota.Slot{Nic: nic, State: netquota.Unasked}.Record()
	text := slices.Concat(netquota.Slot{}.Record(), record, netquota.Slot{Nic: nic, State: netquota.Pending}.Record())
	row := []byte(owner.Owner + " veth lxcbr0 " + nic.Name + "\n\n\n")
	for name, text := range map[string][]byte{slots.FileName(owner): text, "claims": nil, "nics": row} {
		if err := os.WriteFile(filepath.Join(directory, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := slotsIn(directory, me); err != nil || !slices.Equal(got, []Slot{{owner.Owner, lan, 1, nic, true}, {owner.Owner, lan, 2, nic, false}}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := rows(filepath.Join(directory, "nics"), me); err != nil || !slices.Equal(got, []ledger.Row{{Owner: owner.Owner, Place: lan, Nic: nic.Name}}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := Slots(filepath.Join(directory, "none")); got != nil || err != nil {
		t.Errorf("no directory: %v, %v", got, err)
	}
	if got, err := Rows(filepath.Join(directory, "none")); got != nil || err != nil {
		t.Errorf("no ledger: %v, %v", got, err)
	}
	if _, err := Slots(filepath.Join(directory, "nics")); !errors.Is(err, unix.ENOTDIR) {
		t.Errorf("a file for the directory: %v", err)
	}
	if _, err := slotsIn(directory, me+1); err == nil {
		t.Error("another owner: no error")
	}
}

// TestAddresses: what is recorded of each interface, on whatever bridge; other files say nothing of addresses.
func TestAddresses(t *testing.T) {
	directory, me := t.TempDir(), uint32(os.Getuid())
	record := func(words string) []byte {
		return []byte(words + strings.Repeat(" ", 95-len(words)) + "\n" + strings.Repeat(" ", 31) + "\n")
	}
	for name, text := range map[string][]byte{
		addresses.FileName("lxcbr0"): slices.Concat(record(""), record("1 + veth1_AAAA 020000000001 7 - - 10.0.3.9 1f")),
		addresses.FileName("br1"):    record("1 + veth1_BBBB 020000000002 - - - 10.0.4.9 1f"),
		"claims":                     record("1 + veth1_CCCC 020000000002 - - - 10.0.4.8 1f"),
	} {
		if err := os.WriteFile(filepath.Join(directory, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]netip.Addr{"veth1_AAAA": netip.MustParseAddr("10.0.3.9"), "veth1_BBBB": netip.MustParseAddr("10.0.4.9")}
	if got, err := addressesIn(directory, me); err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := Addresses(filepath.Join(directory, "none")); len(got) != 0 || err != nil {
		t.Errorf("no directory: %v, %v", got, err)
	}
	if _, err := addressesIn(directory, me+1); err == nil {
		t.Error("another owner: no error")
	}
}

func TestParseRow(t *testing.T) {
	for text, want := range map[string]ledger.Row{
		"alice veth lxcbr0 veth1000_AbCd":            {Owner: "alice", Place: lan, Nic: "veth1000_AbCd"},
		"alice veth lxcbr0 veth1000_AbCd more words": {Owner: "alice", Place: lan, Nic: "veth1000_AbCd"},
		"@a b veth lxcbr0 veth1000_AbCd":             {Owner: "@a b", Place: lan, Nic: "veth1000_AbCd"},
		"veth veth lxcbr0 veth1":                     {Owner: "veth", Place: lan, Nic: "veth1"},
		"alice veth lxcbr0":                          {},
		"alice macvlan lxcbr0 x":                     {},
		"veth lxcbr0 veth1":                          {},
		"":                                           {},
	} {
		if got, ok := parseRow([]byte(text)); got != want || ok != (want != ledger.Row{}) {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
}

func TestParseFileName(t *testing.T) {
	for _, c := range []netquota.Allotment{
		{Owner: "alice", Place: lan}, {Owner: "@a b:c/%", Place: netquota.Place{Type: "veth", Bridge: "br-0"}}, {Owner: "\xff", Place: lan},
	} {
		if got, ok := parseFileName(slots.FileName(c)); !ok || got != c {
			t.Errorf("%v: %v, %v", c, got, ok)
		}
	}
	for _, name := range []string{"claims", "ledger.1000", "veth:br0+1", "veth:br0:+1", "veth:br0:a:b+1", "veth:br0:%+1", "veth:br0:%4+1", "veth:br0:%zz+1", ".", "veth:br0:a", "veth:br0:a+2"} {
		if got, ok := parseFileName(name); ok {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func FuzzParseRow(f *testing.F) {
	f.Add([]byte("alice veth lxcbr0 veth1000_AbCd"))
	f.Add([]byte("veth veth veth veth"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if row, ok := parseRow(text); ok {
			if again, ok := parseRow([]byte(row.Owner + " " + row.Place.Type + " " + row.Place.Bridge + " " + row.Nic)); !ok || again.Nic == "" {
				t.Fatalf("%q: %v, then %v", text, row, again)
			}
		}
	})
}
