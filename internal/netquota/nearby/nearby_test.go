package nearby

import (
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/netquota"
)

// TestNearbySlips has lines that mean alice (uid 1001, group lan), or her groups, on br0.
func TestNearbySlips(t *testing.T) {
	who := netquota.Account{UID: 1001, Names: []string{"alice"}, Groups: []string{"lan"}}
	for line, fault := range map[string]Fault{
		"alice veth br0": FewWords, "alice br0 5": FewWords, "alice": FewWords, "alice veth br0 5x": BadNumber, "alice veth br0 -5": Negative,
		"alice veth br0 ten": BadNumber, "alice veth br0 \uff15": BadNumber, "alice veth br0 0": Zero, "alice veth br0 4294967296": TooLarge,
		"alice veth br0 5 five": Behind, "alice:veth:br0:5": Separators, "alice\u00a0veth\u00a0br0\u00a05": Separators, "alice,veth,br0,5": Separators,
		"\ufeffalice veth br0 5": Mark, "Alice veth br0 5": Case, "\"alice\" veth br0 5": Quoted, "1001 veth br0 5": UserID, "@alice veth br0 5": At,
		"lan veth br0 5": NoAt, "@Lan veth br0 5": Case, "@2100 veth br0 5": GroupID, "alice macvlan br0 5": Type, "alice Veth br0 5": Type, "alice br0 veth 5": Order, "alice veth 5 br0": BadNumber,
		"alice veth BR0 5": BridgeCase, "alice veth br0 5\x00": NUL, "alice veth br0 " + strings.Repeat("0", 1100) + "5": TooLong,
		"@lan veth br0 x": BadNumber, "@lan veth br0 0": Zero, "ALICE veth br0 x": BadNumber, "alice veth br0 10\u00a0": BadNumber,
	} {
		near, err := Nearby(strings.NewReader("# x\n\n"+line+"\r\nbob veth br0 5\n"), who, netquota.Place{Type: "veth", Bridge: "br0"})
		if err != nil || len(near.Slips) != 1 || len(near.Bridges)+len(near.Groups) > 0 {
			t.Errorf("%.40q: %+v, %v", line, near, err)
			continue
		}
		if e := near.Slips[0]; e.Line != 3 || e.Fault != fault || e.Fault.ID() == "" || e.Why() == "" {
			t.Errorf("%.40q: %+v; want %s", line, e, fault.ID())
		}
	}
	for _, line := range []string{
		"bob veth br0", "alice2 veth br0 x", "alice veth br1 x", "#alice veth br0 5", "10010 veth br0 x", "@labs veth br0 x", "alic veth br0 5x", "alice-x veth br0 x", "@ veth br0 5",
		"alice veth br1 0", "alice macvlan br1 5", "alice smith veth br0 5",
	} {
		if near, err := Nearby(strings.NewReader(line), who, netquota.Place{Type: "veth", Bridge: "br0"}); err != nil || len(near.Slips) != 0 {
			t.Errorf("%q: %+v, %v", line, near, err)
		}
	}
}

// TestNearby: where else the account has interfaces, and which groups have some there.
func TestNearby(t *testing.T) {
	who := netquota.Account{UID: 1001, Names: []string{"alice"}, Groups: []string{"lan"}}
	near, err := Nearby(strings.NewReader("alice veth br1 1\nbob veth br2 1\n@lan veth none 2\nalice veth br1 3\n@students veth br0 1\n@staff veth br1 1\nalice veth br3 0\nalice macvlan br4 1\n"),
		who, netquota.Place{Type: "veth", Bridge: "br0"})
	if err != nil || !slices.Equal(near.Bridges, []string{"br1", "none"}) || len(near.Groups) != 1 || near.Groups[0].Line != 5 || len(near.Slips) != 0 {
		t.Errorf("%+v, %v", near, err)
	}
	many := strings.Builder{}
	for i := range 1000 {
		many.WriteString("alice veth br0 x\n@g" + strings.Repeat("x", i%30) + " veth br0 1\nalice veth b" + strings.Repeat("y", i%14) + " 1\n")
	}
	near, err = Nearby(strings.NewReader(many.String()), who, netquota.Place{Type: "veth", Bridge: "br0"})
	if err != nil || len(near.Slips) != mostSlips || near.More.Slips != 1000-mostSlips || len(near.Groups) != mostGroups || len(near.Bridges) != mostBridges || near.More.Bridges == 0 {
		t.Errorf("%+v, %v", near, err)
	}
}

// FuzzNearby: no panic, and no slip grants the account anything at the place.
func FuzzNearby(f *testing.F) {
	f.Add("alice veth br0 x\n\ufeffalice veth br0 1\n@lan veth br0 1 1\nlan veth br0 1\n")
	f.Add("alice:veth:br0:1\n@2100 veth BR0 1\n")
	f.Fuzz(func(t *testing.T, file string) {
		who := netquota.Account{UID: 1001, Names: []string{"alice", "al b"}, Groups: []string{"lan"}}
		near, err := Nearby(strings.NewReader(file), who, lan)
		if err != nil || len(near.Slips) > mostSlips || len(near.Groups) > mostGroups || len(near.Bridges) > mostBridges {
			t.Fatal(near, err)
		}
		lines := strings.Split(file, "\n")
		for _, e := range near.Slips {
			allotments, err := netquota.Allotments(strings.NewReader(lines[e.Line-1]), who, lan)
			if err != nil || len(allotments) > 0 || e.Fault == NoFault || e.Why() == "" {
				t.Errorf("%+v grants %v", e, allotments)
			}
		}
	})
}

var lan = netquota.Place{Type: "veth", Bridge: "lxcbr0"}
