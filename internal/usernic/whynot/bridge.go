package whynot

import (
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/usernic/plan"
)

// onTheWay is about bridges, and about what is only met when the interface is made.
func onTheWay(reason verdict.Reason) (headline, advice string) {
	switch r := reason.(type) {
	case *plan.NoSuchBridge:
		return "No such bridge " + quoted(r.Name), "there is no interface of that name on this host: " + createBridge
	case *plan.BridgeAlias:
		return "No such bridge " + quoted(r.Name), "it is an alternative name of " + quoted(r.Of) +
			": grants, quotas and the policy are about that name, so use it in the container's configuration and in " + paths.Usernet()
	case *plan.NotABridge:
		return quoted(r.Device.Name) + " is not a bridge", "it is an interface of kind " + kindOf(r.Device) +
			": only Linux bridges, Open vSwitch bridges and " + quoted(ifname.None) + " can be used"
	case *plan.BridgeFull:
		return "The bridge " + quoted(r.Bridge) + " is full", "a Linux bridge has at most " + decimal(ifname.BridgePorts) + " ports"
	case *plan.NoPortLeft:
		return "The bridge " + quoted(r.Bridge) + " has no port left for users", decimal(r.Kept) + " of its " + decimal(ifname.BridgePorts) +
			" ports are kept free (" + at(r.Line) + ", free_ports)"
	case *NoFreeAddress:
		return "No free address", "container " + quoted(r.Container) + " has " + decimal(r.Candidates) + " living interfaces on " +
			quoted(r.Bridge) + " already: stop some"
	case *NameTaken:
		return "The name " + quoted(r.Nic) + " is taken",
			"the container's network namespace has an interface of that name already: choose another (lxc.net.N.name)"
	case *ContainerEnded:
		return "The container has ended", "its network namespace is being destroyed, and the new interface with it"
	}
	return reason.Error(), ""
}

const createBridge = "create the bridge, or name another one in the container's configuration"

// notYours says that nothing records an interface as the user's.
func notYours(e *NotYours) (headline, advice string) {
	return "Interface " + quoted(e.Nic) + " on " + quoted(e.Bridge) + " is not yours", "the ledger has no pair of interfaces of that name that user " +
		quoted(e.User) + " created on that bridge" + missingGroups(e.Doubt)
}

// unfit says why no line would help, as the end of a sentence.
func unfit(reason verdict.Reason) string {
	switch r := reason.(type) {
	case *plan.NoSuchBridge:
		return "there is no interface " + quoted(r.Name) + " on this host: " + createBridge
	case *plan.BridgeAlias:
		return quoted(r.Name) + " is an alternative name of " + quoted(r.Of) + ": use that name"
	case *plan.NotABridge:
		return quoted(r.Device.Name) + " is not a bridge, but an interface of kind " + kindOf(r.Device)
	}
	return reason.Error()
}

// kindOf is the kind of a device in words.
func kindOf(device plan.Device) string {
	switch {
	case device.Kind == "":
		return "hardware"
	case device.IsTun():
		return "tun or tap, and not one of Open vSwitch's"
	}
	return device.Kind
}
