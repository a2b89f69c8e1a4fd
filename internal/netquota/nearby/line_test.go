package nearby

import (
	"strings"
	"testing"

	"userns-helpers/internal/netquota"
)

func inspectAll(t testing.TB, text string) []Entry {
	t.Helper()
	var entries []Entry
	if err := Inspect(strings.NewReader(text), func(e Entry, _ []byte) { entries = append(entries, e) }); err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestInspect(t *testing.T) {
	for line, fault := range map[string]Fault{
		"alice veth br0 5":                            NoFault,
		" \talice veth br0 5 # five":                  NoFault,
		"@students veth none 4294967295":              NoFault,
		"EXAMPLE\\alice smith veth br0 1":             NoFault,
		"alice veth br0 0":                            Zero,
		"alice veth br0":                              FewWords,
		"alice veth br0 # 5":                          FewWords,
		"alice":                                       FewWords,
		"alice veth br0 -1":                           Negative,
		"alice veth br0 4294967296":                   TooLarge,
		"alice veth br0 0x10":                         BadNumber,
		"alice veth br0 5 5x":                         Behind,
		"alice veth br0 5 five":                       Behind,
		"alice:veth:br0:5":                            Separators,
		"alice\u00a0veth br0 5":                       Separators,
		"alice veth br0 5#five":                       NoFault,
		"alice veth br0 5\r":                          NoFault,
		"@ veth br0 5":                                NoOwner,
		"alice veth br0 5\x00":                        NUL,
		"alice veth br0 " + strings.Repeat("0", 1100): TooLong,
		strings.Repeat("x", 100_000):                  TooLong,
	} {
		entries := inspectAll(t, "\n# a comment\n"+line+"\n")
		if len(entries) != 1 || entries[0].Fault != fault || entries[0].Line != 3 {
			t.Errorf("%.40q: %+v, want fault %d in line 3", line, entries, fault)
		}
	}
}

// FuzzInspectUsernet: an owner's lines without a fault are what is granted to that owner, and no others.
func FuzzInspectUsernet(f *testing.F) {
	f.Add("alice veth br0 5\n@lan veth br0 1\nbob veth br0 -1")
	f.Add("a b c 1 #\n#\n" + strings.Repeat("a", 70_000) + "\na b c 2")
	f.Fuzz(func(t *testing.T, text string) {
		type key struct {
			owner string
			place netquota.Place
		}
		sums := map[key]uint64{}
		for _, e := range inspectAll(t, text) {
			if e.Fault == NoFault {
				sums[key{e.Rule.Owner, e.Rule.Place}] += e.Rule.Number
			}
		}
		for k, sum := range sums {
			who := netquota.Account{Names: []string{k.owner}}
			if group, is := strings.CutPrefix(k.owner, "@"); is {
				who = netquota.Account{Groups: []string{group}}
			}
			allotments, err := netquota.Allotments(strings.NewReader(text), who, k.place)
			if err != nil || len(allotments) != 1 || allotments[0].Quota != sum {
				t.Fatalf("%v: Inspect says %d, Allotments %v, %v", k, sum, allotments, err)
			}
		}
	})
}
