package idmap

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/subid/logindefs"
	"userns-helpers/internal/text/verdict"
)

func mustRange(t testing.TB, start, count uint64) Range {
	t.Helper()
	r, ok := NewRange(start, count)
	if !ok {
		t.Fatalf("NewRange(%d, %d) is false", start, count)
	}
	return r
}

func mustParse(t testing.TB, kind Kind, arguments string) Request {
	t.Helper()
	q := Parse(kind, strings.Fields(arguments))
	if q.Wrong != nil {
		t.Fatal(arguments, q.Wrong)
	}
	return q
}

// alice has uid 1000 and gid 1000, and a process of hers.
func alice() Facts {
	return Facts{
		User:  User{UID: 1000, GID: 1000, Names: []string{"alice"}, Groups: []uint32{1000}, Defs: logindefs.Default()},
		Owner: Owner{1000, 1000},
	}
}

// granted is alice with three lines of which two adjoin, and nothing that is forbidden.
func granted(t testing.TB) Facts {
	f := alice()
	f.Grants = &Grants{Source: "/grants", Granted: SetOf(mustRange(t, 165536, 100), mustRange(t, 100000, 65536), mustRange(t, 300000, 10))}
	f.Forbidden = &Forbidden{}
	return f
}

// names are the rules of a decision.
func names(d Decision) string {
	var out []string
	for _, rule := range d.Rules {
		out = append(out, [...]string{NoRule: "none", ByGrant: "granted", ByOwnID: "own id"}[rule])
	}
	return strings.Join(out, ", ")
}

// why is the id of the reason, "" where it is granted. What is not granted has a reason.
func why(t testing.TB, d Decision) verdict.ID {
	t.Helper()
	switch {
	case d.Needs != Nothing:
		t.Errorf("needs %v", d.Needs)
	case d.Granted == (d.Why != nil):
		t.Errorf("granted %v: %v", d.Granted, d.Why)
	case !d.Granted:
		return d.Why.ID()
	}
	return ""
}

func TestDecideGrants(t *testing.T) {
	for _, c := range []struct{ arguments, rules string }{
		{"0 1000 1", "own id"},
		{"4294967294 1000 1", "own id"}, // any upper id
		{"0 100000 65536", "granted"},
		{"0 100000 65636", "granted"}, // across the seam of two lines
		{"0 165535 2", "granted"},
		{"0 1000 1 1 100000 65536", "own id, granted"},
		{"1 300009 1 0 1000 1", "granted, own id"},
	} {
		for _, kind := range []Kind{UID, GID} {
			if d := Decide(mustParse(t, kind, c.arguments), granted(t)); why(t, d) != "" || names(d) != c.rules {
				t.Errorf("%s: %v by %s", c.arguments, d.Why, names(d))
			}
		}
	}
}

func TestDecideRefuses(t *testing.T) {
	for _, arguments := range []string{
		"0 0 1", "1000 0 1", // the upper id is not the lower one
		"0 999 1", "0 1001 1", "0 1000 2", // the own id and one more
		"0 999 2", "0 99999 1", "0 99999 2", "0 100000 65637", "0 165636 1", "0 300000 11",
		"0 100000 200010", // ends granted, middle not
		"0 0 4294967295",
		"0 100000 4294867295", // CVE-2016-6252
		"0 1000 1 1 100000 65536 70000 5 1",
	} {
		q := mustParse(t, UID, arguments)
		d := Decide(q, granted(t))
		var none *NotGranted
		if why(t, d) != NoGrant || !errors.As(d.Why, &none) || none.Mapping != q.Asked[len(d.Rules)-1] {
			t.Errorf("%s: %v, %+v", arguments, d.Why, none)
		}
	}
	f := granted(t)
	f.Grants = &Grants{} // SUB_UID_COUNT 0
	if id := why(t, Decide(mustParse(t, UID, "0 100000 1"), f)); id != GrantsOff {
		t.Error(id)
	}
}

// TestNothingIsNotGranted: neither an empty request nor a decision that nobody made.
func TestNothingIsNotGranted(t *testing.T) {
	f := granted(t)
	f.Grants.Granted = SetOf(mustRange(t, 0, end))
	for _, d := range []Decision{{}, Decide(Request{}, Facts{}), Decide(Request{}, f), Decide(Request{Asked: []Mapping{{}}}, f)} {
		if d.Granted {
			t.Errorf("%+v is granted", d)
		}
	}
	if id := why(t, Decide(Request{}, f)); id != NoRange {
		t.Error(id)
	}
}

// TestOrder: whose process it is comes before what is wrong with the ranges, and that before any file is looked at.
func TestOrder(t *testing.T) {
	f := alice()
	f.Owner.UID = 1001
	wrong := Parse(UID, []string{"0", "100000"})
	if id := why(t, Decide(wrong, f)); id != OtherUser {
		t.Error(id)
	}
	if id := why(t, Decide(wrong, alice())); id != NotTriples {
		t.Error(id)
	}
	broken := &Malformed{Why: "broken"}
	f = alice()
	f.Grants = &Grants{Err: broken}
	if id := why(t, Decide(mustParse(t, UID, "0 100000 1"), f)); id != "broken" {
		t.Error(id)
	}
}

// TestNeeds: a file that decides nothing is not opened.
func TestNeeds(t *testing.T) {
	none, all := &Grants{Source: "/grants"}, &Grants{Source: "/grants", Granted: SetOf(mustRange(t, 0, end))}
	broken := &Grants{Source: "/grants", Err: &Malformed{}}
	for _, c := range []struct {
		kind      Kind
		arguments string
		grants    *Grants
		want      Need
	}{
		{UID, "0 1000 1", nil, Nothing}, // the own id needs no file
		{UID, "0 100000 1", nil, TheGrants},
		{UID, "0 1000 1 1 100000 1", nil, TheGrants},
		{UID, "0 100000 1", all, TheForbidden},
		{UID, "0 100000 1", none, Nothing},
		{GID, "0 1000 1", nil, TheGrants}, // CVE-2018-7169
		{GID, "0 1000 1", none, Nothing},
		{GID, "0 1000 1", broken, Nothing},
		{GID, "0 1000 1", all, TheForbidden},
		{GID, "0 100000 1", all, TheForbidden},
	} {
		f := alice()
		f.Grants = c.grants
		if d := Decide(mustParse(t, c.kind, c.arguments), f); d.Needs != c.want || d.Needs != Nothing && (d.Granted || d.Why != nil) {
			t.Errorf("%s %q: %+v, want %v", c.kind.Program(), c.arguments, d, c.want)
		}
	}
	q := mustParse(t, UID, "0 1000 1 1 100000 2")
	if wanted := q.Wanted(1000); len(wanted) != 1 || wanted[0] != q.Asked[1].Lower {
		t.Error(wanted)
	}
}

func TestForbids(t *testing.T) {
	rows := []Row{{Line: 3, Range: mustRange(t, 0, 1000)}, {Line: 4, Range: mustRange(t, 1000, 1)}}
	f := alice()
	f.Grants = &Grants{Source: "/grants", Granted: SetOf(mustRange(t, 0, 10000))}
	for _, c := range []struct {
		arguments string
		err       error
		line      int // 0: granted
		want      verdict.ID
	}{
		{"0 2000 100", nil, 0, ""},
		{"0 1000 1 1 2000 1000", nil, 0, ""}, // the own id
		{"0 1000 2", nil, 4, Forbid},         // in a range
		{"0 500 1", nil, 3, Forbid},
		{"0 2000 1 1 999 1", nil, 3, Forbid},
		{"0 900 2000", nil, 3, Forbid},
		{"0 2000 1", errors.New("x"), 0, ForbiddenUnknown},
		{"0 1000 1", errors.New("x"), 0, ""},
	} {
		f.Forbidden = &Forbidden{Rows: rows, Err: c.err}
		d := Decide(mustParse(t, UID, c.arguments), f)
		var denied *Denied
		if id := why(t, d); id != c.want || errors.As(d.Why, &denied) && denied.Row.Line != c.line {
			t.Errorf("%s: %s, %+v", c.arguments, id, denied)
		}
	}
}

// TestSetgroups: a grant of a group that is not forbidden leaves setgroups(2) allowed (CVE-2018-7169).
func TestSetgroups(t *testing.T) {
	own, other := SetOf(mustRange(t, 1000, 1)), SetOf(mustRange(t, 1000, 1001))
	forbidden := &Forbidden{Rows: []Row{{Line: 1, Range: mustRange(t, 1000, 1)}}}
	for _, c := range []struct {
		arguments string
		granted   Set
		err       verdict.Reason
		forbidden *Forbidden
		deny      bool
	}{
		{"0 1000 1", Set{}, nil, nil, true},
		{"0 1000 1", own, nil, &Forbidden{}, false},
		{"0 1000 1", Set{}, &Malformed{}, nil, true}, // what is not known is not granted
		{"0 1000 1", own, &Malformed{}, nil, true},
		{"0 1000 1", own, nil, forbidden, true},
		{"0 1000 1", own, nil, &Forbidden{Err: errors.New("x")}, true},
		{"0 1000 1 1 2000 1", other, nil, forbidden, false}, // another grant is used too
		{"0 2000 1", other, nil, &Forbidden{}, false},
	} {
		f := alice()
		f.Grants, f.Forbidden = &Grants{Source: "/grants", Granted: c.granted, Err: c.err}, c.forbidden
		d := Decide(mustParse(t, GID, c.arguments), f)
		if why(t, d) != "" || d.DenySetgroups != c.deny {
			t.Errorf("%+v: %+v", c, d)
		}
		if d := Decide(mustParse(t, UID, c.arguments), f); d.DenySetgroups {
			t.Errorf("%+v: a uid map denies", c)
		}
	}
}

func TestOwner(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(f *Facts)
		want   verdict.ID
	}{
		{"own process", func(*Facts) {}, ""},
		{"another user's", func(f *Facts) { f.Owner.UID = 1001 }, OtherUser},
		{"root's", func(f *Facts) { f.Owner = Owner{} }, OtherUser},
		{"own, with another group", func(f *Facts) { f.Owner.GID = 27 }, OtherGroup},
		{"caller with another group", func(f *Facts) { f.User.GID = 27 }, GroupChanged},
		{"both with another group (sg)", func(f *Facts) { f.User.GID, f.Owner.GID = 27, 27 }, GroupChanged},
		{"both with another group, granted", func(f *Facts) {
			f.User.GID, f.Owner.GID, f.User.Defs.GrantAuxGroupSubids = 27, 27, true
		}, ""},
		{"the group must be equal also then", func(f *Facts) { f.User.GID, f.User.Defs.GrantAuxGroupSubids = 27, true }, OtherGroup},
		{"the user too", func(f *Facts) { f.Owner.UID, f.User.Defs.GrantAuxGroupSubids = 0, true }, OtherUser},
		{"the group of a second name", func(f *Facts) { f.User.GID, f.Owner.GID, f.User.Groups = 27, 27, []uint32{1000, 27} }, ""},
		{"root is not exempt", func(f *Facts) { f.User.UID, f.User.GID, f.User.Groups = 0, 0, []uint32{0} }, OtherUser},
	} {
		f := granted(t)
		c.change(&f)
		if id := why(t, Decide(mustParse(t, UID, "0 100000 1"), f)); id != c.want {
			t.Errorf("%s: %s", c.name, id)
		}
	}
}

func TestMapsRoot(t *testing.T) {
	for arguments, want := range map[string]bool{
		"0 0 1": true, "5 0 3": true, "0 1 1": false, "0 1000 1 1 0 1": true, "0 1000 1": false, "0 4294967294 1": false,
	} {
		if got := MapsRoot(mustParse(t, UID, arguments).Asked); got != want {
			t.Errorf("%s: %v", arguments, got)
		}
	}
}

func TestWords(t *testing.T) {
	for kind, want := range map[Kind]string{
		UID: "newuidmap uid uid_map usage: newuidmap [<pid>|fd:<pidfd>] <uid> <loweruid> <count> [ <uid> <loweruid> <count> ] ...",
		GID: "newgidmap gid gid_map usage: newgidmap [<pid>|fd:<pidfd>] <gid> <lowergid> <count> [ <gid> <lowergid> <count> ] ...",
	} {
		if got := kind.Program() + " " + kind.Word() + " " + kind.MapFile() + " " + kind.Usage(); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
}

// FuzzDecide: what is granted lies in what is granted to the user or is the own id, is not forbidden, and is the user's
// process; what is not granted has a reason or a need.
func FuzzDecide(f *testing.F) {
	f.Add("0 100000 10", uint64(100000), uint64(10), uint64(0), uint64(1000), uint32(1000), true)
	f.Add("0 1000 1 1 100000 10", uint64(100000), uint64(10), uint64(100005), uint64(1), uint32(1000), false)
	f.Fuzz(func(t *testing.T, arguments string, start, count, no, many uint64, owner uint32, group bool) {
		kind := UID
		if group {
			kind = GID
		}
		grant, _ := NewRange(start, count)
		never, _ := NewRange(no, many)
		facts := alice()
		facts.Owner.UID = owner
		q := Parse(kind, strings.Fields(arguments))
		for _, grants := range []*Grants{nil, {Source: "x", Granted: SetOf(grant)}} {
			for _, forbidden := range []*Forbidden{nil, {Rows: []Row{{1, never}}}} {
				facts.Grants, facts.Forbidden = grants, forbidden
				d := Decide(q, facts)
				if !d.Granted {
					if (d.Why == nil) == (d.Needs == Nothing) {
						t.Fatalf("%+v", d)
					}
					continue
				}
				for _, m := range q.Asked {
					own := m.Lower.Is(1000)
					if owner != 1000 || !own && (grants == nil || grant.Intersect(m.Lower) != m.Lower || !never.Intersect(m.Lower).Empty()) {
						t.Fatalf("%q: %+v", arguments, d)
					}
				}
				if len(q.Asked) == 0 || d.DenySetgroups && slices.ContainsFunc(q.Asked, func(m Mapping) bool { return !m.Lower.Is(1000) }) {
					t.Fatalf("%q: %+v", arguments, d)
				}
			}
		}
	})
}
