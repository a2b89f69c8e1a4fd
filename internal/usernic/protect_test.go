package usernic

import (
	"slices"
	"testing"

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

func TestPortSettings(t *testing.T) {
	got := termsFor(t, "[defaults]\nisolated = true\nvlan = 5\n").portSettings()
	if want := []string{"other-config:stp-enable=false", "other-config:rstp-enable=false", "protected=true", "tag=5"}; !slices.Equal(got, want) {
		t.Error(got)
	}
	if got := termsFor(t, "[defaults]\nbpdu_guard = false\n").portSettings(); len(got) > 0 {
		t.Error(got)
	}
}

func TestRandomMAC(t *testing.T) {
	a, errA := randomMAC()
	b, errB := randomMAC()
	if errA != nil || errB != nil || a == b || a[0] != mark.OfContainer || b[0] != mark.OfContainer {
		t.Error(a, b, errA, errB)
	}
}
