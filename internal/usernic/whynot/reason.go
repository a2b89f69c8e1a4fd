package whynot

import (
	"errors"
	"slices"

	"userns-helpers/internal/account"
	"userns-helpers/internal/kernel/netns"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/verdict"
)

// Malformed says that the command line is wrong: Why is one of the ids below, Word what is wrong in it.
type Malformed struct {
	Why  verdict.ID
	Word string
}

// The ways in which a command line is wrong.
const (
	BadCommandLine   verdict.ID = "bad-command-line"
	BadNamespace     verdict.ID = "bad-namespace"
	UnsupportedType  verdict.ID = "unsupported-type"
	BadBridgeName    verdict.ID = "bad-bridge-name"
	BadInterfaceName verdict.ID = "bad-interface-name"
)

// NotPrivileged says that the program was not given what it needs: it does not run as root, or, if Raised, does but has no
// capabilities. Unbounded are those that are not in the bounding set. Service is why the service was not asked either; nil if
// nobody thought of it.
type NotPrivileged struct {
	Raised    bool
	Unbounded privilege.Set
	Service   error
}

// NoReply says that the service was asked, and what became of it is not known; or that it had too much to do for this caller.
type NoReply struct {
	Busy bool
	Err  error
}

// NotServed says why the service does nothing for somebody, whatever they ask for.
type NotServed struct{ Err error }

// Answered is what the service said.
type Answered struct{ verdict.Verdict }

// InUserNamespace says that the program was called where it has no power over the network.
type InUserNamespace struct{}

// Unidentified says that the caller's name, which lines of lxc-usernet(5) are about, could not be found out.
type Unidentified struct{ Err error }

// UnfitName says that a user's name cannot stand in lxc-usernet(5) and in the ledger.
type UnfitName struct{ Name string }

// UsernetUnread says that lxc-usernet(5) could not be opened, or is not to be trusted.
type UsernetUnread struct{ Err error }

// PolicyUnread says that policy.toml(5) could not be opened, is not to be trusted, or has a mistake in it.
type PolicyUnread struct{ Err error }

// Namespace says that a network namespace was refused to a user. One of PID, FD and Path names it.
type Namespace struct {
	PID  int
	FD   int // negative: not given
	Path string
	UID  uint32
	Err  *netns.Error
}

// NoFreeAddress says that all addresses of a container on a bridge are in use.
type NoFreeAddress struct {
	Container, Bridge string
	Candidates        int
}

// NameTaken says that the container has an interface of that name.
type NameTaken struct{ Nic string }

// ContainerEnded says that the container's namespace is being destroyed.
type ContainerEnded struct{}

// NotYours says that nothing records an interface as the user's. Doubt is why a group may be missing, nil if none may.
type NotYours struct {
	User, Nic, Bridge string
	Doubt             error
}

// NotUndone says that what was made before a run failed could not be undone.
type NotUndone struct {
	After, Left error // reasons
}

// ID names the reason.
func (e *Malformed) ID() verdict.ID { return e.Why }

// ID names the reason.
func (e *NotPrivileged) ID() verdict.ID {
	if e.Unbounded != 0 {
		return "not-in-bounding-set"
	}
	return "not-privileged"
}

// ID tells whether the service was heard at all.
func (e *NoReply) ID() verdict.ID {
	if e.Busy {
		return "service-busy"
	}
	return "service-silent"
}

// ID tells what is wrong with the peer.
func (e *NotServed) ID() verdict.ID {
	var fault *privilege.PeerError
	if !errors.As(e.Err, &fault) {
		return Reset.id()
	}
	switch fault.Why {
	case privilege.PeerUnmapped:
		return "peer-unmapped"
	case privilege.PeerElsewhere:
		return "peer-elsewhere"
	case privilege.PeerUnknown, privilege.PeerGone:
	}
	return "peer-unknown"
}

// ID is the service's.
func (e *Answered) ID() verdict.ID { return e.Verdict.ID }

// ID names the reason.
func (e *InUserNamespace) ID() verdict.ID { return "in-user-namespace" }

// ID names the reason.
func (e *Unidentified) ID() verdict.ID {
	var unknown *account.UnknownError
	if errors.As(e.Err, &unknown) && unknown.Certain() {
		return "user-unknown"
	}
	return "user-not-looked-up"
}

// ID names the reason.
func (e *UnfitName) ID() verdict.ID { return "unfit-user-name" }

// ID names the reason.
func (e *UsernetUnread) ID() verdict.ID {
	if untrusted(e.Err) != nil {
		return "usernet-untrusted"
	}
	return "usernet-unreadable"
}

// ID names the reason.
func (e *PolicyUnread) ID() verdict.ID {
	var problem *nics.Problem
	switch {
	case untrusted(e.Err) != nil:
		return "policy-untrusted"
	case errors.As(e.Err, &problem):
		return "policy-wrong"
	}
	return "policy-unreadable"
}

// untrusted is the cause that is a file not to be trusted, nil if it is another.
func untrusted(err error) *trusted.UntrustedError {
	var found *trusted.UntrustedError
	_ = errors.As(err, &found)
	return found
}

// namespaceIDs are the names of the reasons for which a namespace is refused.
var namespaceIDs = [...]verdict.ID{
	netns.Unreachable: "namespace-unreachable", netns.Gone: "namespace-gone", netns.NotNetwork: "not-a-network-namespace",
	netns.Host: "namespace-of-host", netns.NotOwned: "namespace-not-owned",
}

// NamespaceReason is the reason of a name; where nobody knows that name, that the namespace cannot be reached.
func NamespaceReason(id string) netns.Reason {
	return netns.Reason(max(0, slices.Index(namespaceIDs[:], verdict.ID(id))))
}

// ID names the reason.
func (e *Namespace) ID() verdict.ID { return namespaceIDs[e.Err.Reason] }

// ID names the reason.
func (e *NoFreeAddress) ID() verdict.ID { return "no-free-address" }

// ID names the reason.
func (e *NameTaken) ID() verdict.ID { return "name-taken" }

// ID names the reason.
func (e *ContainerEnded) ID() verdict.ID { return "container-ended" }

// ID names the reason.
func (e *NotYours) ID() verdict.ID { return "not-yours" }

// ID names the reason.
func (e *NotUndone) ID() verdict.ID { return "not-undone" }

func (e *Malformed) Error() string       { return string(e.ID()) }
func (e *NotPrivileged) Error() string   { return string(e.ID()) }
func (e *InUserNamespace) Error() string { return string(e.ID()) }
func (e *NoReply) Error() string         { return string(e.ID()) }
func (e *NotServed) Error() string       { return string(e.ID()) }
func (e *Answered) Error() string        { return string(e.ID()) }
func (e *Unidentified) Error() string    { return string(e.ID()) }
func (e *UnfitName) Error() string       { return string(e.ID()) }
func (e *UsernetUnread) Error() string   { return string(e.ID()) }
func (e *PolicyUnread) Error() string    { return string(e.ID()) }
func (e *Namespace) Error() string       { return string(e.ID()) }
func (e *NoFreeAddress) Error() string   { return string(e.ID()) }
func (e *NameTaken) Error() string       { return string(e.ID()) }
func (e *ContainerEnded) Error() string  { return string(e.ID()) }
func (e *NotYours) Error() string        { return string(e.ID()) }
func (e *NotUndone) Error() string       { return string(e.ID()) }
