package plan

import (
	"errors"
	"testing"

	"userns-helpers/internal/policy/nics"
)

func TestFlags(t *testing.T) {
	for text, want := range map[string]Flags{
		"":                                    {Learning: true, UnicastFlood: true, BPDUGuard: true, RootBlock: true},
		"[defaults]\nmac_lock = true\n":       {Locked: true, BPDUGuard: true, RootBlock: true},
		"[defaults]\nunicast_flood = false\n": {Learning: true, BPDUGuard: true, RootBlock: true},
		"[defaults]\nbpdu_guard = false\nisolated = true\n": {Learning: true, UnicastFlood: true, Isolated: true},
	} {
		asked := termsFor(t, text)
		if got := asked.Flags(); got != want {
			t.Errorf("%q: %+v", text, got)
		}
		if asked.Pinned() == (want.Learning && want.UnicastFlood) {
			t.Errorf("%q: pinned %v", text, asked.Pinned())
		}
	}
}

// TestInForce: a kernel that does not know a flag leaves the port as it was, and that is a refusal.
func TestInForce(t *testing.T) {
	asked := termsFor(t, "[defaults]\nmac_lock = true\nisolated = true\n\nunicast_flood = false\n")
	if err := asked.InForce(asked.Flags()); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		want   Unprotected
		change func(*Flags)
	}{
		{Unprotected{Key: nics.MACLock, Why: NoLock, Line: 2}, func(f *Flags) { f.Locked = false }},
		{Unprotected{Key: nics.Isolated, Why: NoIsolation, Line: 3}, func(f *Flags) { f.Isolated = false }},
		{Unprotected{Key: nics.MACLock, Why: AlwaysLearns, Line: 2}, func(f *Flags) { f.Learning = true }},
		{Unprotected{Key: nics.UnicastFlood, Why: AlwaysFloods, Line: 5}, func(f *Flags) { f.UnicastFlood = true }},
		{Unprotected{Key: nics.BPDUGuard, Why: NoGuard}, func(f *Flags) { f.BPDUGuard = false }},
		{Unprotected{Key: nics.BPDUGuard, Why: NoGuard}, func(f *Flags) { f.RootBlock = false }},
	} {
		got := asked.Flags()
		c.change(&got)
		var lacking *Unprotected
		c.want.Bridge = "lxcbr0"
		if err := asked.InForce(got); !errors.As(err, &lacking) || *lacking != c.want {
			t.Errorf("%v, want %+v", err, c.want)
		}
	}
}
