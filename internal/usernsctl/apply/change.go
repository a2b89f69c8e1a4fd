package apply

import (
	"slices"

	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/usernsctl/drift"
)

// step is one of the changes of an interface, and the keys of the gaps that it closes.
type step struct {
	keys []string
	do   func(drift.NIC) error
}

// change closes gaps. It returns what failed, by key.
func (a applier) change(n drift.NIC, gaps []string) map[string]error {
	failed := make(map[string]error)
	for _, s := range a.steps(n) {
		if !slices.ContainsFunc(s.keys, func(key string) bool { return slices.Contains(gaps, key) }) {
			continue
		}
		if err := s.do(n); err != nil {
			for _, key := range s.keys {
				failed[key] = err
			}
		}
	}
	return failed
}

// steps are all changes, in their order: an address is pinned before its port is locked, so that no frame of its own is lost,
// and what the bridge has learned is forgotten after that.
func (h *hands) steps(n drift.NIC) []step {
	table := []string{nics.MACLock, nics.UnicastFlood}
	all := []step{{[]string{nics.IPv6OnHost}, h.quiet}}
	if n.Want.Pinned {
		all = append(all, step{table, h.pin})
	}
	all = append(all, step{append(table, nics.Isolated, nics.BPDUGuard), h.flags})
	if n.Want.Flags.Locked {
		all = append(all, step{[]string{nics.MACLock}, h.forget})
	}
	if !n.Want.Pinned && n.Have.Pinned {
		all = append(all, step{table, h.unpin})
	}
	return append(all, step{[]string{nics.VLAN}, h.onlyVLAN}, step{[]string{drift.Filter}, h.filter}, step{[]string{nics.RateToContainer}, h.rate})
}
