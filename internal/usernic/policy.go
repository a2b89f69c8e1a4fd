package usernic

import (
	"errors"
	"io"
	"strconv"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// terms are what the administrator's policy says about an interface.
type terms struct {
	policy  *nics.Policy
	subject nics.Subject
	nics.Protections
	limits nics.Limits
}

// termsOf reads the policy for an interface of a person. An absent file asks for nothing that can break a container; one
// that cannot be read, or has a mistake in it, refuses: an interface without a protection that was meant is not made. Nor
// is one while it is not known whether a rule for a group is for this person: a caller who could hold up the answer about
// his groups, by freezing himself, would be rid of the rule.
func termsOf(of person, place netquota.Place) (terms, error) {
	p, err := readPolicy(of.standing)
	if err != nil {
		return terms{}, noPolicy(err)
	}
	if line := p.GroupRule(place.Bridge); of.doubt != "" && line != 0 {
		return terms{}, &verdict.Failure{
			Headline: "Cannot determine your groups",
			Advice:   of.doubt + "; " + at(line) + " is about a group, and no interface is made while nobody can say whether you are in it",
		}
	}
	subject := nics.Subject{UID: of.who.UID, Names: of.names, Groups: of.groups, Bridge: place.Bridge}
	return terms{p, subject, p.For(subject), p.Limits()}, nil
}

// readPolicy reads the file of the policy.
func readPolicy(of privilege.Standing) (*nics.Policy, error) {
	file, err := trusted.OpenOptional(paths.Policy(), of)
	if err != nil {
		return nil, err
	}
	if file == nil {
		return &nics.Policy{}, nil
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, nics.LongestFile+1))
	if err != nil {
		return nil, err
	}
	return nics.Parse(text)
}

// noPolicy says why the policy is not known.
func noPolicy(err error) error {
	headline := "Refused to read " + paths.Policy()
	var untrusted *trusted.UntrustedError
	var problem *nics.Problem
	switch {
	case errors.As(err, &untrusted):
		return refuse(headline, "the file "+untrusted.Reason()+
			": anybody who can write to it takes protections away, so "+untrusted.Remedy())
	case errors.As(err, &problem):
		return refuse(headline, at(problem.Line)+": "+problem.Text+"; no interface is made until that is corrected (policy.toml(5))")
	}
	return &verdict.Failure{Headline: headline, Advice: err.Error() + "; no interface is made without it", Err: err}
}

// at is a line of the policy, or the file.
func at(line int) string {
	if line == 0 {
		return paths.Policy()
	}
	return paths.Policy() + " line " + strconv.Itoa(line)
}

// lacks refuses an interface that a protection was asked for which cannot be had here.
func (t terms) lacks(key, why string) error {
	where := "it is built in"
	if line := t.policy.Where(t.subject, key); line != 0 {
		where = at(line)
	}
	return refuse("No interface without "+key, why+"; "+key+" is asked for ("+where+"), and an interface without it is not made")
}

// possible refuses what the kind of bridge does not have, before anything is made.
func (t terms) possible(b bridge) error {
	switch b.kind {
	case linuxBridge:
		return t.possibleVLAN(b)
	case openVSwitch:
		return t.possibleOpenVSwitch()
	case noBridge:
		if t.VLAN != 0 {
			return t.lacks(nics.VLAN, "there is no bridge, and so no VLAN, with "+quoted(ifname.None))
		}
	}
	return nil
}

func (t terms) possibleVLAN(b bridge) error {
	name := quoted(b.device.Name)
	switch {
	case t.VLAN == 0:
		return nil
	case !b.device.Bridge.KnowsVLANs:
		return t.lacks(nics.VLAN, "this kernel was built without VLANs for bridges (CONFIG_BRIDGE_VLAN_FILTERING)")
	case !b.device.Bridge.Filters:
		return t.lacks(nics.VLAN, "the bridge "+name+" does not filter VLANs (ip link set "+b.device.Name+" type bridge vlan_filtering 1)")
	}
	return nil
}

// possibleOpenVSwitch refuses what only flow rules and queues of Open vSwitch could do, which this program does not make.
func (t terms) possibleOpenVSwitch() error {
	const has = "lxc-user-nic does not do it on bridges of Open vSwitch"
	switch {
	case t.MACLock:
		return t.lacks(nics.MACLock, has)
	case !t.UnicastFlood:
		return t.lacks(nics.UnicastFlood, has)
	case t.RateToContainer != 0:
		return t.lacks(nics.RateToContainer, has)
	}
	return nil
}
