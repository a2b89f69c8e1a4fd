//go:build system

package ctl

import (
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

// TestApplyAddress: an interface with an address of its own gets its filter back. One that was made without is left without:
// its container has another address, and the filter would cut it off; the rest of the policy it gets.
func TestApplyAddress(t *testing.T) {
	const guarded = "[bridge.br0]\naddress_guard = true\naddresses = [\"10.66.0.0/24\", \"fd00:66::/64\"]\n"
	put(t, policyFile, harness.File{Text: guarded})
	nic, target := made(t)
	if r := check(t, root); strings.Contains(r.ids(), "nic-") {
		t.Errorf("%+v", r)
	}
	ip(t, "tc filter del dev %s ingress", nic)
	if did := call(t, root, usernsctl, "apply", nic); did.status != 0 || !strings.Contains(did.out, "address_guard") {
		t.Errorf("%+v", did)
	}
	for _, p := range []person{root, bob} { // who cannot see the book sees the filter
		if r := check(t, p); strings.Contains(r.ids(), "nic-") {
			t.Errorf("as %s: %+v", p.name, r)
		}
	}
	target.Release()

	put(t, policyFile, harness.File{Text: "[bridge.br0]\nisolated = true\n"})
	nic, target = made(t)
	defer target.Release()
	put(t, policyFile, harness.File{Text: guarded + "router_guard = true\n"})
	did := call(t, root, usernsctl, "apply", nic)
	if did.status != 1 || !strings.Contains(did.out+did.err, "made without an address of its own") {
		t.Errorf("%+v", did)
	}
	has := strings.Join(nics(t, root).Interfaces[0].Protections, ", ")
	if strings.Contains(has, "address_guard") || !strings.Contains(has, "router_guard") || strings.Contains(has, "isolated") {
		t.Error(has)
	}
	for _, f := range check(t, root).Findings {
		if f.ID == "nic-unprotected" && strings.Contains(f.Problem, "No interface without address_guard") {
			return
		}
	}
	t.Error("usernsctl check does not say so")
}
