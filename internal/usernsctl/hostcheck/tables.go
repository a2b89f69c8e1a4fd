package hostcheck

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
)

// checkTables looks for what a policy says that protects nobody, or leaves somebody without a network.
func (c *check) checkTables() {
	if c.policy == nil {
		return
	}
	for _, t := range c.policy.Tables() {
		c.checkTableBridge(t)
		c.checkTableOwner(t)
		c.checkTableVLAN(t)
	}
	c.checkAddressInLXC()
	c.checkNeighbours()
	c.checkIFB()
	c.checkPools()
	c.checkBridgeSettings()
}

// warn reports a trap in the policy.
func (c *check) warn(line int, f finding.Finding) {
	f.Level, f.File, f.Line = finding.Warning, paths.Policy(), line
	c.report.Add(f)
}

// wild are characters of patterns, which the policy has none of.
const wild = "*?["

// checkTableBridge reports a bridge that does not exist.
func (c *check) checkTableBridge(t nics.Table) {
	if t.Bridge == "" || t.Bridge == ifname.None {
		return
	}
	kind, err := c.kind(t.Bridge)
	switch {
	case errors.Is(err, unix.ENODEV) && strings.ContainsAny(t.Bridge, wild):
		c.warn(t.Line, finding.Finding{
			ID: "policy-bridge", Problem: quote(t.Bridge) + " is taken for the name of a bridge: there are no patterns",
			Advice: "The table protects nobody. Write one for each bridge, or [defaults] for all.",
		})
	case errors.Is(err, unix.ENODEV):
		c.warn(t.Line, finding.Finding{
			ID: "policy-bridge", Problem: "there is no bridge " + quote(t.Bridge),
			Advice: "The table protects nobody until there is one. Create the bridge, or correct the name.",
		})
	case err == nil && kind != rtnl.KindBridge && kind != rtnl.KindOpenVSwitch && kind != rtnl.KindTun:
		c.warn(t.Line, finding.Finding{ID: "policy-bridge", Problem: quote(t.Bridge) + " is not a bridge", Advice: "The table protects nobody. Correct the name."})
	}
}

// checkTableOwner reports a user or a group that does not exist, and a group that a container may leave.
func (c *check) checkTableOwner(t nics.Table) {
	if !c.accounts.known {
		return
	}
	_, isGroup := c.accounts.groups[t.Group]
	kind, name := "user", t.User
	if t.Group != "" {
		kind, name = "group", t.Group
	}
	missing := t.User != "" && !c.knownUser(t.User) || t.Group != "" && !isGroup && !c.beyond.groups
	switch {
	case missing && strings.ContainsAny(name, wild):
		c.warn(t.Line, finding.Finding{
			ID: "policy-owner", Problem: quote(name) + " is taken for the name of a " + kind + ": there are no patterns",
			Advice: "The rule is for nobody. Write [bridge.NAME] or [defaults] for everybody.",
		})
	case missing:
		c.warn(t.Line, finding.Finding{
			ID: "policy-owner", Problem: "there is no " + kind + " " + quote(name),
			Advice: "The rule is for nobody until somebody makes a " + kind + " of that name. Remove it, or correct the name.",
		})
	case t.Group != "" && isGroup:
		c.checkTableGroup(t)
	}
}

// checkTableGroup reports a rule for a group that nobody is in.
func (c *check) checkTableGroup(t nics.Table) {
	for user, account := range c.accounts.users {
		if account.Primary == c.accounts.groups[t.Group].ID || slices.Contains(c.accounts.member[user], t.Group) {
			return
		}
	}
	if !c.beyond.groups {
		c.warn(t.Line, finding.Finding{
			ID: "policy-group", Problem: "nobody is in the group " + quote(t.Group), Advice: "The rule is for nobody until somebody joins it.",
		})
	}
}

// knownUser reports whether a rule for a user is for somebody: a name, or a user id.
func (c *check) knownUser(name string) bool {
	if !subid.IsUID(name) {
		return c.knownName(name)
	}
	uid, err := strconv.ParseUint(name, 10, 32)
	_, exists := c.accounts.uids.name[uint32(uid)]
	return err == nil && (exists || c.beyond.users)
}

// checkTableVLAN reports a VLAN on a bridge that has none.
func (c *check) checkTableVLAN(t nics.Table) {
	line, sets := t.Sets(nics.VLAN)
	if !sets {
		return
	}
	for _, name := range c.bridgesOf(t) {
		if kind, err := c.kind(name); err != nil || kind != rtnl.KindBridge || c.bridgeSetting(name, "bridge/vlan_filtering") != "0" {
			continue
		}
		c.report.Add(finding.Finding{
			ID: "policy-vlan", Level: finding.Error, File: paths.Policy(), Line: line, Problem: "the bridge " + quote(name) + " does not filter VLANs",
			Advice: "Every interface there that this is for is refused.", Fix: []string{finding.Link(name) + " type bridge vlan_filtering 1"},
		})
	}
}

// bridgesOf are the bridges that a table is for, and that somebody may have interfaces on.
func (c *check) bridgesOf(t nics.Table) []string {
	var names []string
	for _, name := range c.grantedBridges() {
		if t.On(name) {
			names = append(names, name)
		}
	}
	return names
}

// grantedBridges are the bridges that lines of lxc-usernet(5) name, each once.
func (c *check) grantedBridges() []string {
	seen := map[string]bool{ifname.None: true}
	var names []string
	for _, e := range c.rules {
		if name := e.Rule.Place.Bridge; !seen[name] && ifname.Valid(name) {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// asks reports whether a table that is for interfaces on a bridge, "" for any, sets one of the keys, and on which line.
func (c *check) asks(bridge string, keys ...string) (line int, asks bool) {
	for _, t := range c.policy.Tables() {
		for _, key := range keys {
			if line, sets := t.Sets(key); sets && (bridge == "" || t.On(bridge)) {
				return line, true
			}
		}
	}
	return 0, false
}

// bridgeSetting is what /sys says of a bridge; "" where it says nothing, or speaks of another network namespace.
func (c *check) bridgeSetting(name, file string) string {
	folder := "/sys/class/net/" + name + "/"
	if c.index != nil && strings.TrimSpace(c.text(folder+"ifindex")) != strconv.Itoa(c.index(name)) {
		return ""
	}
	return strings.TrimSpace(c.text(folder + file))
}
