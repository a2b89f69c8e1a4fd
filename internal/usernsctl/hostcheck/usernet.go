package hostcheck

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota/nearby"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
)

// checkUsernet looks at the grants of network interfaces.
func (c *check) checkUsernet() {
	path := paths.Usernet()
	file := c.config(path)
	if file == nil {
		return
	}
	defer file.Close()
	c.failed(path, nearby.Inspect(file, func(e nearby.Entry, _ []byte) {
		if e.Fault != nearby.NoFault {
			f := badRule(path, e)
			f.Fix = c.edited(path, e.Line, strings.TrimRight(e.Text, "\r"))
			c.report.Add(f)
			return
		}
		if c.checkRule(path, e) {
			c.rules = append(c.rules, e)
		}
	}))
	c.checkBridges(path)
}

// badRule is the finding for a line that grants nothing.
func badRule(path string, e nearby.Entry) finding.Finding {
	f := finding.Finding{
		ID: "usernet-line", Level: finding.Warning, File: path, Line: e.Line,
		Advice: "Write OWNER TYPE BRIDGE NUMBER, as in: alice veth lxcbr0 10",
	}
	f.Problem = quote(e.Text) + " grants nothing: " + e.Why()
	if e.Fault == nearby.Zero {
		f.ID = "usernet-zero"
		f.Advice = "Remove the line if that is intended; a grant to the same user or to a group on another line still counts."
	}
	return f
}

// checkRule looks at what a good line says; false if no interface can come of it.
func (c *check) checkRule(path string, e nearby.Entry) bool {
	f := finding.Finding{Level: finding.Warning, File: path, Line: e.Line}
	group, isGroup := strings.CutPrefix(e.Rule.Owner, "@")
	_, groupExists := c.accounts.groups[group]
	switch {
	case e.Rule.Place.Type != ifname.Veth:
		f.ID, f.Problem = "usernet-type", "interfaces of type "+quote(e.Rule.Place.Type)+" cannot be made"
		f.Advice = "veth is the only type. The line grants nothing (LXC's lxc-user-nic makes a veth anyway)."
		f.Fix = c.edited(path, e.Line, strings.TrimRight(e.Text, "\r"))
	case isGroup && !groupExists && c.accounts.known && c.beyond.groups:
		known, certain := c.groupKnown(group)
		if known {
			return true
		}
		f.ID, f.Problem = "usernet-owner", "there is no group "+quote(group)
		f.Advice = "Neither /etc/group nor a name service has it, and the line grants nothing until one does. Remove it, or correct the name."
		if !certain {
			f.Level, f.Problem = finding.Note, f.Problem+" in /etc/group"
			f.Advice = "Name services did not say whether they have it: try getent group."
		}
	case isGroup && !groupExists && c.accounts.known:
		f.ID, f.Problem = "usernet-owner", "there is no group "+quote(group)
		f.Advice = "The line grants nothing until somebody creates a group of that name. Remove it, or correct the name."
	case !isGroup && !c.knownName(e.Rule.Owner):
		f.ID, f.Problem = "usernet-owner", "there is no user "+quote(e.Rule.Owner)
		f.Advice = "The line grants nothing until somebody gets that login name; IDs are not accepted here. Remove it, or correct the name."
	default:
		return true
	}
	c.report.Add(f)
	return f.ID != "usernet-type"
}

// checkBridges looks at each bridge that a line names, once.
func (c *check) checkBridges(path string) {
	seen := map[string]bool{ifname.None: true}
	for _, e := range c.rules {
		if name := e.Rule.Place.Bridge; !seen[name] {
			seen[name] = true
			c.checkBridge(path, e.Line, name)
		}
	}
}

// checkBridge looks at a bridge.
func (c *check) checkBridge(path string, line int, name string) {
	kind, err := c.kind(name)
	f := finding.Finding{Level: finding.Warning, File: path, Line: line}
	switch {
	case errors.Is(err, unix.ENODEV) && ifname.Valid(name):
		f.ID, f.Problem = "usernet-bridge", "there is no bridge "+quote(name)
		f.Advice = "No interface can be made there. Create the bridge (Debian: systemctl start lxc-net creates lxcbr0), or correct the name."
	case !ifname.Valid(name):
		f.ID, f.Problem = "usernet-bridge", quote(name)+" cannot be the name of a bridge"
		f.Advice = "The kernel or lxc-user-nic(1) does not accept it. Correct the name."
	case err != nil:
		c.report.Miss("the bridge "+quote(name), reason(err))
		return
	case kind != rtnl.KindBridge && kind != rtnl.KindOpenVSwitch && kind != rtnl.KindTun:
		f.ID, f.Problem = "usernet-bridge", quote(name)+" is not a bridge"
		f.Advice = "Interfaces can be made on Linux bridges, on Open vSwitch bridges, and with none."
	default:
		c.checkAdvertisements(name)
		return
	}
	c.report.Add(f)
}
