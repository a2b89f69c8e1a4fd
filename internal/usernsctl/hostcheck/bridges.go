package hostcheck

import (
	"strconv"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/usernsctl/finding"
)

// checkBridgeSettings looks at what a bridge of users does with all of its ports.
func (c *check) checkBridgeSettings() {
	for _, name := range c.grantedBridges() {
		if kind, err := c.kind(name); err == nil && kind == rtnl.KindBridge {
			c.checkBridgeSetting(name)
		}
	}
}

// Settings of a bridge, as /sys has them.
const (
	off           = "0"
	on            = "1"
	addressSet    = "3" // NET_ADDR_SET: somebody has set it
	slowestUsual  = 200 // hundredths of a second of forward delay that a DHCP client does not notice, twice
	statesOfDelay = 2   // listening, and learning
	hundredths    = 100
)

func (c *check) checkBridgeSetting(name string) {
	add := func(id string, level finding.Level, problem, advice string, fix ...string) {
		c.report.Add(finding.Finding{ID: id, Level: level, Problem: "the bridge " + quote(name) + " " + problem, Advice: advice, Fix: fix})
	}
	tree := c.bridgeSetting(name, "bridge/stp_state")
	if tree == off {
		add("bridge-stp", finding.Note, "speaks no spanning tree protocol",
			"A container with two interfaces there can make a loop of them, which nothing ends; BPDUs are dropped by the filter of bpdu_guard. Where a user may have two: "+finding.Link(name)+" type bridge forward_delay 200 stp_state 1")
	}
	delay, err := strconv.Atoi(c.bridgeSetting(name, "bridge/forward_delay"))
	if err == nil && tree != off && tree != "" && delay > slowestUsual {
		add("bridge-delay", finding.Warning, "lets a container wait "+strconv.Itoa(delay*statesOfDelay/hundredths)+" seconds for its network",
			"Many DHCP clients give up before that.", finding.Link(name)+" type bridge forward_delay "+strconv.Itoa(slowestUsual))
	}
	if kind := c.bridgeSetting(name, "addr_assign_type"); kind != "" && kind != addressSet {
		add("bridge-address", finding.Note, "has no hardware address of its own",
			"It has that of a port, unless lxc-user-nic sets it with the first one: a port with a lower address that another program adds changes it, and everybody there loses the gateway. Set it: "+finding.Link(name)+" address ADDRESS")
	}
	if _, isolated := c.asks(name, nics.Isolated); isolated && c.bridgeSetting(name, "bridge/multicast_snooping") == on {
		add("bridge-snooping", finding.Note, "snoops multicast, and isolates ports",
			"One query from a port that lxc-user-nic did not make, or made before isolated was asked for, cuts isolated containers off from IPv6. Without such ports all is well; else: "+finding.Link(name)+" type bridge mcast_snooping 0")
	}
}
