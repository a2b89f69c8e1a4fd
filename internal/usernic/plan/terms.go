package plan

import (
	"net/netip"
	"slices"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/verdict"
)

// Terms are what the administrator's policy says about an interface.
type Terms struct {
	Policy  *nics.Policy
	Subject nics.Subject
	nics.Protections
	Limits nics.Limits
}

// terms decides what the interface gets. None is made while it is not known whether a rule for a group is for this person:
// callers who freeze their own process until the lookup of their groups times out would evade the rule.
func (f Facts) terms() (Terms, verdict.Reason) {
	if line := f.Policy.GroupRule(f.Place.Bridge); f.Person.Doubt != nil && line != 0 {
		return Terms{}, &GroupsUnknown{Doubt: f.Person.Doubt, Line: line}
	}
	who := nics.Subject{UID: f.Person.Account.UID, Names: f.Person.Names, Groups: f.Person.Groups, Bridge: f.Place.Bridge, Container: f.Container}
	return Terms{f.Policy, who, f.Policy.For(who), f.Policy.Limits()}, nil
}

// Lacks is the reason against an interface without a protection that was asked for.
func (t Terms) Lacks(key string, why Lack) *Unprotected {
	return &Unprotected{Key: key, Why: why, Line: t.Policy.Where(t.Subject, key).Line, Bridge: t.Subject.Bridge}
}

// possible refuses what the kind of bridge does not have, before anything is made.
func (t Terms) possible(l Link) verdict.Reason {
	if refused := t.possibleAddress(); refused != nil {
		return refused
	}
	switch l.Kind {
	case Linux:
		return t.possibleVLAN(l)
	case OpenVSwitch:
		return t.possibleOVS()
	case None:
		if t.VLAN != 0 {
			return t.Lacks(nics.VLAN, NoBridge)
		}
	}
	return nil
}

// possibleAddress refuses address_guard where there is no address that the interface could have.
func (t Terms) possibleAddress() verdict.Reason {
	switch {
	case !t.AddressGuard:
		return nil
	case len(t.Pools) == 0:
		return t.Lacks(nics.AddressGuard, NoPools)
	case t.Fixed.IsValid() && !slices.ContainsFunc(t.Pools, func(p netip.Prefix) bool { return nics.HasHost(p, t.Fixed) }):
		return t.Lacks(nics.AddressGuard, OutsidePools)
	}
	return nil
}

func (t Terms) possibleVLAN(l Link) verdict.Reason {
	switch {
	case t.VLAN == 0:
		return nil
	case !l.Device.KnowsVLANs:
		return t.Lacks(nics.VLAN, KernelWithoutVLANs)
	case !l.Device.Filters:
		return t.Lacks(nics.VLAN, BridgeWithoutVLANs)
	}
	return nil
}

// possibleOVS refuses what only flow rules and queues of Open vSwitch could do, which lxc-user-nic does not make.
func (t Terms) possibleOVS() verdict.Reason {
	switch {
	case t.MACLock:
		return t.Lacks(nics.MACLock, NotOnOVS)
	case !t.UnicastFlood:
		return t.Lacks(nics.UnicastFlood, NotOnOVS)
	case t.RateToContainer != 0:
		return t.Lacks(nics.RateToContainer, NotOnOVS)
	case t.FrameGuard:
		return t.Lacks(nics.FrameGuard, NotOnOVS)
	case t.RouterGuard:
		return t.Lacks(nics.RouterGuard, NotOnOVS)
	case t.AddressGuard:
		return t.Lacks(nics.AddressGuard, NotOnOVS)
	}
	return nil
}

// KeepsFree refuses a port among those that are to stay free. The kernel gives a new port the lowest number that is free,
// under its own lock: that this one is high says that all below are taken. No count could be as exact.
func (t Terms) KeepsFree(l Link, port uint64) verdict.Reason {
	kept := t.Limits.FreePorts
	if l.Kind != Linux || !kept.Set || port+kept.Most <= ifname.BridgePorts {
		return nil
	}
	return &NoPortLeft{Bridge: t.Subject.Bridge, Kept: kept.Most, Line: t.Policy.LineOf(kept)}
}

// Limits are those that the slots keep.
func Limits(l nics.Limits) netquota.Limits {
	limit := func(l nics.Limit) netquota.Limit { return netquota.Limit{Set: l.Set, Most: l.Most} }
	return netquota.Limits{User: limit(l.NicsPerUser), Member: limit(l.NicsPerGroupMember), PerMinute: limit(l.CreatesPerMinute)}
}
