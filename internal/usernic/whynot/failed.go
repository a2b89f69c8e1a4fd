package whynot

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/kernel/ovs"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// Failed says that a step could not be done.
type Failed struct {
	At     Step
	Object string // of an interface or a bridge: its name; "" where the step has none
	Err    error
}

// Step is what could not be done.
type Step int

// The steps, in the order in which the program takes them.
const (
	Restart Step = iota
	Reset
	DropCapabilities
	CloseDescriptors
	LookAtOwnNetwork
	ReadUsernet
	OpenNetlink
	IdentifyNetwork
	LookUpBridge
	AskOVS
	OpenLedger
	ReadKey
	Count
	ChooseAddress
	ChooseName
	WriteLedger
	Create
	LookUp
	NameIt
	DisableIPv6
	AddToOVS
	ProtectBridge
	Guard
	LimitRate
	HandAddress
	BringUp
	LookUpInContainer
	RecordComplete
	WriteOutput
	Answer
	ReadLedger
	Delete
	Remove
	RemoveEntry
)

// ids are the names of the steps' failures. They name what has to be mended, which is the same for several steps.
func (s Step) id() verdict.ID {
	switch s {
	case Restart, Reset, DropCapabilities, CloseDescriptors, LookAtOwnNetwork:
		return "not-confined"
	case ReadUsernet:
		return "usernet-unreadable"
	case AskOVS, AddToOVS:
		return "openvswitch-failed"
	case OpenLedger, ReadLedger, WriteLedger, Count, RecordComplete, RemoveEntry:
		return "ledger-failed"
	case ReadKey:
		return "mac-key-failed"
	case Create:
		return "create-failed"
	case HandAddress:
		return "dhcp-hosts-failed"
	case WriteOutput, Answer:
		return "output-failed"
	case OpenNetlink, IdentifyNetwork, LookUpBridge, ChooseAddress, ChooseName, LookUp, NameIt, DisableIPv6, ProtectBridge, Guard, LimitRate, BringUp,
		LookUpInContainer, Delete, Remove:
	}
	return "kernel-failed"
}

// ID names the reason.
func (e *Failed) ID() verdict.ID { return e.At.id() }

func (e *Failed) Error() string { return string(e.ID()) }

// Unwrap returns the cause.
func (e *Failed) Unwrap() error { return e.Err }

// headline says what could not be done. Names of bridges are quoted: they are the caller's.
func (e *Failed) headline() string {
	return strings.TrimSuffix([...]string{
		Restart: "Cannot start again without the caller's environment", Reset: "Cannot reset inherited process state",
		DropCapabilities: "Failed to drop capabilities", CloseDescriptors: "Failed to close inherited descriptors",
		LookAtOwnNetwork: "Failed to look at the program's own network namespace", ReadUsernet: "Failed to read " + paths.Usernet(),
		OpenNetlink: "Failed to open a netlink socket", IdentifyNetwork: "Failed to identify the network namespace of the program",
		LookUpBridge: "Failed to look up the bridge " + quoted(e.Object), AskOVS: "Failed to ask Open vSwitch for the bridge " + quoted(e.Object),
		OpenLedger: "Failed to open the ledger", ReadKey: "Failed to read " + paths.MACKey(), Count: "Failed to count the interfaces",
		ChooseAddress: "Failed to choose an address", ChooseName: "Failed to choose a name", WriteLedger: "Failed to write the ledger",
		Create: "Failed to create the interface", LookUp: "Failed to look up the interface " + e.Object, NameIt: "Failed to name the interface",
		DisableIPv6: "Cannot disable IPv6 on the host side", AddToOVS: "Failed to add the interface to the Open vSwitch bridge " + quoted(e.Object),
		ProtectBridge: "Failed to protect the bridge " + quoted(e.Object), LimitRate: "Failed to limit the rate of the interface",
		Guard:       "Failed to guard the interface",
		HandAddress: "Failed to hand the address to dnsmasq",
		BringUp:     "Cannot bring up the interface", LookUpInContainer: "Failed to look up the interface in the container",
		RecordComplete: "Failed to record the interface", WriteOutput: "Failed to write to standard output",
		Answer: "Failed to answer the caller", ReadLedger: "Failed to read the ledger",
		Delete: "Failed to delete the interface " + e.Object, Remove: "Failed to remove the interface " + e.Object,
		RemoveEntry: "Cannot remove the ledger entry",
	}[e.At], " ")
}

// failed is a failure in words: the cause, and what to do about it where that is known.
func failed(e *Failed) verdict.Verdict {
	v := verdict.Verdict{Headline: e.headline(), Advice: e.Err.Error(), Err: e.Err}
	switch {
	case e.At == AskOVS, e.At == AddToOVS:
		v.Advice += adviceOnOVS(e.Err)
	case e.At == HandAddress:
		v.Advice += adviceOnHosts(e.Err)
	case e.At == Create && errors.Is(e.Err, unix.EPERM):
		v.Advice = "the kernel does not let this program create interfaces (" + e.Err.Error() + "): it runs without CAP_NET_ADMIN over " +
			"the host's network, as inside a container or a user namespace"
	}
	return v
}

// adviceOnHosts is what to do about the directory of what dnsmasq is told, for which dhcp_hosts asks (policy.toml(5)).
func adviceOnHosts(err error) string {
	var unsafe *lockfile.UnsafeError
	const mend = ": it has to be root's, with the group of dnsmasq and mode 2750 (install -d -m 2750 -g dnsmasq "
	switch {
	case errors.Is(err, unix.ENOENT), errors.As(err, &unsafe):
		return mend + paths.DHCPHosts() + "); dhcp_hosts asks for it"
	case errors.Is(err, unix.ENOTSUP):
		return ": " + paths.DHCPHosts() + " is for another network namespace than this one; dhcp_hosts asks for it"
	}
	return ""
}

// adviceOnOVS is what to do about a failure of Open vSwitch.
func adviceOnOVS(err error) string {
	var ended *ovs.Error
	switch {
	case errors.Is(err, unix.ENOENT):
		return ": Open vSwitch, to which an interface of this kind may belong, is not installed"
	case errors.Is(err, ovs.ErrTimeout):
		return ": is ovs-vswitchd running?"
	case errors.As(err, &ended) && ended.Err == nil:
		return ": are ovsdb-server and ovs-vswitchd running?"
	}
	return ""
}

// notUndone is the reason of a run, and what is left of it.
func notUndone(e *NotUndone) verdict.Verdict {
	return verdict.Verdict{
		Headline: Explain(e.After, Eyes{}).Line(), Err: e.After,
		Advice: Explain(e.Left, Eyes{}).Line() + ": the next call on this bridge tries again",
	}
}
