package whynot

import (
	"errors"

	"userns-helpers/internal/policy/guard"
	"userns-helpers/internal/policy/nics"
	policy "userns-helpers/internal/policy/whynot"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/usernic/plan"
)

// at is a line of the policy, or the file.
func at(line int) string {
	if line == 0 {
		return paths.Policy()
	}
	return paths.Policy() + " line " + decimal(line)
}

// policyUnread says why the policy is not known.
func policyUnread(e *PolicyUnread) verdict.Verdict {
	v := verdict.Verdict{Refused: true, Headline: "Refused to read " + paths.Policy(), Err: e.Err}
	var problem *nics.Problem
	switch file := untrusted(e.Err); {
	case file != nil:
		v.Advice = "the file " + file.Reason() + ": anybody who can write to it takes protections away, so " + file.Remedy()
	case errors.As(e.Err, &problem):
		v.Advice = at(problem.Line) + ": " + policy.Words(*problem) + "; no interface is made until that is corrected (policy.toml(5))"
	default:
		v.Refused, v.Advice = false, e.Err.Error()+"; no interface is made without it"
	}
	return v
}

// unprotected says why a protection cannot be had, and who asked for it.
func unprotected(e *plan.Unprotected) (headline, advice string) {
	where := "it is built in"
	if e.Line != 0 {
		where = at(e.Line)
	}
	return "No interface without " + e.Key, lack(e) + "; " + e.Key + " is asked for (" + where + "), and an interface without it is not made"
}

// lack says why a protection cannot be had.
func lack(e *plan.Unprotected) string {
	return [...]string{
		plan.NoBridge:           "there is no bridge, and so no VLAN, with " + quoted(ifname.None),
		plan.KernelWithoutVLANs: "this kernel was built without VLANs for bridges (CONFIG_BRIDGE_VLAN_FILTERING)",
		plan.BridgeWithoutVLANs: "the bridge " + quoted(e.Bridge) + " does not filter VLANs (ip link set " + e.Bridge + " type bridge vlan_filtering 1)",
		plan.NotOnOVS:           program + " does not do it on bridges of Open vSwitch",
		plan.NoLock:             "this kernel cannot lock a port of a bridge (since Linux 5.18)",
		plan.NoIsolation:        "this kernel cannot isolate a port of a bridge (since Linux 4.18)",
		plan.AlwaysLearns:       "this kernel cannot keep a port from learning addresses",
		plan.AlwaysFloods:       "this kernel cannot keep a port from being flooded",
		plan.NoGuard:            "this kernel has no BPDU guard or root block",
		plan.NoTokenBucket:      "this kernel has no token bucket filter (CONFIG_NET_SCH_TBF)",
		plan.NotSticky:          "this kernel does not keep an address of a bridge's table at its port (since Linux 4.20)",
		plan.NoClsact:           "it takes a filter, and this kernel has no queueing discipline for one (CONFIG_NET_SCH_INGRESS)",
		plan.NoFilter:           "it takes a filter, and this kernel has none of classic BPF (CONFIG_NET_CLS_BPF, CONFIG_NET_CLS_ACT)",
		plan.TooManyAddresses:   "the bridge " + quoted(e.Bridge) + " has more addresses than a filter looks for (" + decimal(guard.MostAddresses) + ")",
		plan.NoPools:            "no addresses are set for this interface (addresses, policy.toml(5))",
		plan.NeverGiven:         "the interface was made without an address of its own, and has none until its container is started again",
		plan.OutsidePools:       "the address that is fixed for it is in none of its pools (address, addresses)",
	}[e.Why]
}
