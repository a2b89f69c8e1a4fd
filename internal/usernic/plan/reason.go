package plan

import (
	"errors"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/verdict"
)

// NotGranted says that no line of lxc-usernet(5) allows the interface.
type NotGranted struct {
	Person Person
	Place  netquota.Place
	NoFile bool // there is no such file
}

// GroupsUnknown says that a rule of the policy, on that line, may be for one of the groups that nobody could name.
type GroupsUnknown struct {
	Doubt error
	Line  int
}

// OtherNetwork says that the caller asks the service from another network namespace, and that the policy, on that line, 0 for
// what is built in, does not allow it: a sandbox that was given no network would get one.
type OtherNetwork struct{ Line int }

// NoSuchBridge says that there is no interface of a bridge's name.
type NoSuchBridge struct{ Name string }

// BridgeAlias says that it is an alternative name.
type BridgeAlias struct{ Name, Of string }

// NotABridge says that it is something else.
type NotABridge struct{ Device Device }

// BridgeFull says that a Linux bridge has all its ports.
type BridgeFull struct{ Bridge string }

// NoPortLeft says that the ports that are left are kept free, by that line of the policy.
type NoPortLeft struct {
	Bridge string
	Kept   uint64
	Line   int
}

// Unprotected says that an interface would lack a protection. Line is that of the policy, 0 for what is built in.
type Unprotected struct {
	Key    string
	Why    Lack
	Line   int
	Bridge string
}

// Lack is why a protection cannot be had.
type Lack int

// The reasons.
const (
	NoBridge           Lack = iota // none has no VLAN
	KernelWithoutVLANs             // CONFIG_BRIDGE_VLAN_FILTERING
	BridgeWithoutVLANs             // vlan_filtering is off
	NotOnOVS                       // it takes flow rules and queues, or a filter
	NoLock                         // IFLA_BRPORT_LOCKED, Linux 5.18
	NoIsolation                    // IFLA_BRPORT_ISOLATED, Linux 4.18
	AlwaysLearns                   // IFLA_BRPORT_LEARNING
	AlwaysFloods                   // IFLA_BRPORT_UNICAST_FLOOD
	NoGuard                        // IFLA_BRPORT_GUARD, IFLA_BRPORT_PROTECT
	NoTokenBucket                  // CONFIG_NET_SCH_TBF
	NotSticky                      // NTF_STICKY, Linux 4.20
	NoClsact                       // CONFIG_NET_SCH_INGRESS
	NoFilter                       // CONFIG_NET_CLS_BPF, CONFIG_NET_CLS_ACT
	TooManyAddresses               // of the bridge
	NoPools                        // addresses is not set for this interface
	NeverGiven                     // it was made when it was given none, and its container has another
	OutsidePools                   // the address that is fixed is in no pool of this interface
)

// NoRoom says that there is no room: Err is *netquota.OverQuota, *netquota.OverLimit or *netquota.RateLimited.
type NoRoom struct {
	User, Bridge string
	Err          error
	Line         int // of the policy, for a limit; 0 for a quota
}

// Without is the reason against an interface for which netquota found no room; nil for an error that says nothing of room.
func (t Terms) Without(user string, err error) verdict.Reason {
	var full *netquota.OverQuota
	var limit *netquota.OverLimit
	var pace *netquota.RateLimited
	reached := nics.Limit{}
	switch {
	case errors.As(err, &full):
	case errors.As(err, &limit) && limit.OfMember():
		reached = t.Limits.NicsPerGroupMember
	case errors.As(err, &limit):
		reached = t.Limits.NicsPerUser
	case errors.As(err, &pace):
		reached = t.Limits.CreatesPerMinute
	default:
		return nil
	}
	return &NoRoom{User: user, Bridge: t.Subject.Bridge, Err: err, Line: t.Policy.LineOf(reached)}
}
