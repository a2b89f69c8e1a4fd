package usernic

import (
	"errors"
	"slices"
	"testing"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/usernic/mark"
	"userns-helpers/internal/usernic/plan"
)

// termsFor are the terms of a policy for alice on lxcbr0.
func termsFor(t *testing.T, text string) terms {
	t.Helper()
	p, err := nics.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s := nics.Subject{UID: 1, Names: []string{"alice"}, Bridge: "lxcbr0"}
	return terms{plan.Terms{Policy: p, Subject: s, Protections: p.For(s), Limits: p.Limits()}}
}

func TestFlags(t *testing.T) {
	for text, want := range map[string]rtnl.Flags{
		"":                                    {Learning: true, UnicastFlood: true, BPDUGuard: true, RootBlock: true},
		"[defaults]\nmac_lock = true\n":       {Locked: true, BPDUGuard: true, RootBlock: true},
		"[defaults]\nunicast_flood = false\n": {Learning: true, BPDUGuard: true, RootBlock: true},
		"[defaults]\nbpdu_guard = false\nisolated = true\n": {Learning: true, UnicastFlood: true, Isolated: true},
	} {
		asked := termsFor(t, text)
		if got := asked.flags(); got != want {
			t.Errorf("%q: %+v", text, got)
		}
		if asked.static() == (want.Learning && want.UnicastFlood) {
			t.Errorf("%q: static %v", text, asked.static())
		}
	}
}

func TestPortSettings(t *testing.T) {
	got := termsFor(t, "[defaults]\nisolated = true\nvlan = 5\n").portSettings()
	if want := []string{"other-config:stp-enable=false", "other-config:rstp-enable=false", "protected=true", "tag=5"}; !slices.Equal(got, want) {
		t.Error(got)
	}
	if got := termsFor(t, "[defaults]\nbpdu_guard = false\n").portSettings(); len(got) > 0 {
		t.Error(got)
	}
}

// TestInForce: a kernel that does not know a flag leaves the port as it was, and that is a refusal.
func TestInForce(t *testing.T) {
	asked := termsFor(t, "[defaults]\nmac_lock = true\nisolated = true\n\nunicast_flood = false\n")
	if err := asked.inForce(asked.flags()); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		want   plan.Unprotected
		change func(*rtnl.Flags)
	}{
		{plan.Unprotected{Key: nics.MACLock, Why: plan.NoLock, Line: 2}, func(f *rtnl.Flags) { f.Locked = false }},
		{plan.Unprotected{Key: nics.Isolated, Why: plan.NoIsolation, Line: 3}, func(f *rtnl.Flags) { f.Isolated = false }},
		{plan.Unprotected{Key: nics.MACLock, Why: plan.AlwaysLearns, Line: 2}, func(f *rtnl.Flags) { f.Learning = true }},
		{plan.Unprotected{Key: nics.UnicastFlood, Why: plan.AlwaysFloods, Line: 5}, func(f *rtnl.Flags) { f.UnicastFlood = true }},
		{plan.Unprotected{Key: nics.BPDUGuard, Why: plan.NoGuard}, func(f *rtnl.Flags) { f.BPDUGuard = false }},
		{plan.Unprotected{Key: nics.BPDUGuard, Why: plan.NoGuard}, func(f *rtnl.Flags) { f.RootBlock = false }},
	} {
		got := asked.flags()
		c.change(&got)
		var lacking *plan.Unprotected
		c.want.Bridge = "lxcbr0"
		if err := asked.inForce(got); !errors.As(err, &lacking) || *lacking != c.want {
			t.Errorf("%v, want %+v", err, c.want)
		}
	}
}

func TestRandomMAC(t *testing.T) {
	a, errA := randomMAC()
	b, errB := randomMAC()
	if errA != nil || errB != nil || a == b || a[0] != mark.OfContainer || b[0] != mark.OfContainer {
		t.Error(a, b, errA, errB)
	}
}
