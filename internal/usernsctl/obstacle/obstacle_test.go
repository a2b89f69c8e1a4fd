package obstacle

import (
	"errors"
	"slices"
	"testing"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/pool"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/usernic/plan"
)

// most is more than any request has in its way: who needs more goes round in circles.
const most = 10

// TestPastIDs: all that is in the way of a request is found, in the order of the decisions, and then it is granted.
func TestPastIDs(t *testing.T) {
	row := func(line int, start, count uint64) idmap.Row {
		r, _ := idmap.NewRange(start, count)
		return idmap.Row{Line: line, Range: r}
	}
	user := idmap.User{UID: 1000, GID: 1000, Names: []string{"alice"}, Groups: []uint32{1000}}
	mine, others := idmap.Owner{UID: 1000, GID: 1000}, idmap.Owner{UID: 1001, GID: 1001}
	for _, c := range []struct {
		name      string
		words     []string
		owner     idmap.Owner
		grants    idmap.Grants
		forbidden idmap.Forbidden
		want      []verdict.ID
	}{
		{"nothing", []string{"0", "100000", "10"}, mine, idmap.Grants{Source: "f", Granted: idmap.SetOf(row(1, 100_000, 10).Range)}, idmap.Forbidden{}, nil},
		{
			"all",
			[]string{"0", "100000", "10", "10", "5", "1"},
			others,
			idmap.Grants{Source: "f"},
			idmap.Forbidden{Rows: []idmap.Row{row(1, 0, 6), row(2, 100_005, 1)}},
			[]verdict.ID{"other-user", "not-granted", "not-granted", "forbidden", "forbidden"},
		},
		{
			"two rows for one range",
			[]string{"0", "0", "10"},
			mine,
			idmap.Grants{Source: "f"},
			idmap.Forbidden{Rows: []idmap.Row{row(1, 0, 5), row(2, 5, 1)}},
			[]verdict.ID{"not-granted", "forbidden", "forbidden"},
		},
		{"a list that nobody understands", []string{"0", "7", "2"}, mine, idmap.Grants{Source: "f"}, idmap.Forbidden{Err: errors.New("x")}, []verdict.ID{"not-granted", "forbidden-unknown"}},
		{"switched off", []string{"0", "7", "2"}, mine, idmap.Grants{}, idmap.Forbidden{}, []verdict.ID{"grants-off"}},
		{"a source that does not answer", []string{"0", "7", "2"}, mine, idmap.Grants{Err: &idmap.Malformed{Why: "x"}}, idmap.Forbidden{Rows: []idmap.Row{row(1, 8, 1)}}, []verdict.ID{"x", "forbidden"}},
		{"what the kernel refuses", []string{"0", "7", "2", "0", "9", "2"}, mine, idmap.Grants{Source: "f"}, idmap.Forbidden{}, []verdict.ID{"not-granted", "not-granted", "overlap"}},
	} {
		q := idmap.Parse(idmap.UID, c.words)
		f := idmap.Facts{User: user, Owner: c.owner, Grants: &c.grants, Forbidden: &c.forbidden}
		var found []verdict.ID
		d := idmap.Decide(q, f)
		for ; !d.Granted && len(found) < most; d = idmap.Decide(q, f) {
			found = append(found, d.Why.ID())
			if !PastIDs(q, &f, d.Why) {
				break
			}
		}
		if !slices.Equal(found, c.want) {
			t.Errorf("%s: %q, want %q", c.name, found, c.want)
		}
		if c.forbidden.Err == nil && len(c.forbidden.Rows) > 0 && len(c.grants.Granted.Ranges()) > 0 {
			t.Errorf("%s: the facts of whoever asks were changed", c.name)
		}
	}
}

// TestPastNIC: as TestPastIDs, of interfaces; facts that cannot be gathered are in the way too.
func TestPastNIC(t *testing.T) {
	alice := plan.Person{Account: netquota.Account{UID: 1000, Names: []string{"alice"}}, Names: []string{"alice"}}
	line := []netquota.Allotment{{Owner: "alice", Place: netquota.Place{Type: "veth", Bridge: "br0"}, Quota: 1, Line: 1}}
	policy, err := nics.Parse([]byte("[defaults]\nvlan = 5\n"))
	if err != nil {
		t.Fatal(err)
	}
	bridge := plan.Device{Name: "br0", Kind: "bridge", Index: 3, KnowsVLANs: true, Filters: true}
	port := func(n uint64) *uint64 { return &n }
	yes, no := true, false
	broken := errors.New("broken")
	for _, c := range []struct {
		name  string
		facts plan.Facts // what gathering finds; nil: it fails
		want  []string
	}{
		{"nothing", plan.Facts{Grants: &plan.Grants{Allotments: line}, Policy: policy, Namespace: true, Device: &bridge, Room: &netquota.Plan{}, NextPort: port(1)}, nil},
		{"all", plan.Facts{Grants: &plan.Grants{}}, []string{"not-granted", "broken", "broken", "broken", "broken"}},
		{"no bridge", plan.Facts{Grants: &plan.Grants{}, Policy: policy, Namespace: true, Device: &plan.Device{}, Room: &netquota.Plan{}}, []string{"not-granted", "no-such-bridge"}},
		{
			"a tap",
			plan.Facts{Grants: &plan.Grants{NoFile: true}, Policy: policy, Namespace: true, Device: &plan.Device{Name: "br0", Kind: "tun"}, IsOVS: &no, Room: &netquota.Plan{}},
			[]string{"no-usernet", "not-a-bridge"},
		},
		{"no VLANs, and full", plan.Facts{
			Grants: &plan.Grants{Allotments: line}, Policy: policy, Namespace: true, Device: &plan.Device{Name: "br0", Kind: "bridge", KnowsVLANs: true}, NextPort: port(5000),
			Room: &netquota.Plan{Refusal: &netquota.OverLimit{Most: 1}, Rooms: []netquota.Room{{Allotment: line[0], Taken: 1}}},
		}, []string{"unprotected", "over-user-limit", "over-quota", "bridge-full"}},
		{"Open vSwitch", plan.Facts{
			Grants: &plan.Grants{Allotments: line}, Policy: guarded(t), Namespace: true, Device: &plan.Device{Name: "br0", Kind: "openvswitch"}, IsOVS: &yes,
			Room: &netquota.Plan{Refusal: &netquota.OverQuota{Allotments: line}},
		}, []string{"unprotected", "over-quota"}},
		{"no address", plan.Facts{
			Grants: &plan.Grants{Allotments: line}, Policy: addressed(t), Namespace: true, Device: &bridge, Room: &netquota.Plan{}, NextPort: port(1),
			Address: &plan.Choice{Refusal: &pool.Exhausted{}},
		}, []string{"no-address-left"}},
		{"no address known", plan.Facts{Grants: &plan.Grants{Allotments: line}, Policy: addressed(t), Namespace: true, Device: &bridge, Room: &netquota.Plan{}, NextPort: port(1)}, []string{"broken"}},
	} {
		f := plan.Facts{Person: alice, Place: line[0].Place}
		gather := func(need plan.Need) error {
			from := c.facts
			switch need {
			case plan.Lines:
				f.Grants = from.Grants
			case plan.Policy:
				f.Policy = from.Policy
			case plan.Namespace:
				f.Namespace = from.Namespace
			case plan.Bridge:
				f.Device = from.Device
			case plan.OVS:
				f.IsOVS = from.IsOVS
			case plan.Room:
				f.Room = from.Room
			case plan.Port:
				f.NextPort = from.NextPort
			case plan.Address:
				f.Address = from.Address
			case plan.Nothing:
			}
			if _, next, refused := plan.Decide(f); refused == nil && next == need {
				return broken
			}
			return nil
		}
		var found []string
		_, err := f.Gather(plan.Nothing, gather)
		for ; err != nil && len(found) < most; _, err = f.Gather(plan.Nothing, gather) {
			found = append(found, err.Error())
			if !PastNIC(&f, err) {
				t.Errorf("%s: stopped at %v", c.name, err)
				break
			}
		}
		if !slices.Equal(found, c.want) {
			t.Errorf("%s: %q, want %q", c.name, found, c.want)
		}
	}
}

// addressed is a policy that gives each interface an address.
func addressed(t *testing.T) *nics.Policy {
	t.Helper()
	policy, err := nics.Parse([]byte("[bridge.br0]\naddress_guard = true\naddresses = [\"10.0.0.0/24\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

// guarded is a policy that Open vSwitch cannot keep.
func guarded(t *testing.T) *nics.Policy {
	t.Helper()
	policy, err := nics.Parse([]byte("[defaults]\nmac_lock = true\nframe_guard = true\n"))
	if err != nil {
		t.Fatal(err)
	}
	return policy
}
