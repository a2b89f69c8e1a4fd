package hostcheck

import (
	"net/netip"
	"slices"
	"strings"

	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/readdir"
)

// lxcNet configures Debian's lxc-net, which starts a dnsmasq(8) of its own for its bridge.
const lxcNet = "/etc/default/lxc-net"

// dynamic are addresses that a DHCP server gives to anybody.
type dynamic struct {
	first, last netip.Addr
	file        string
	line        int
	text        string
}

// checkPools compares the pools that containers have their own addresses from with what dnsmasq gives to anybody.
func (c *check) checkPools() {
	var pools []netip.Prefix
	for _, t := range c.policy.Tables() {
		pools = append(pools, t.Value(nics.Addresses).Pools...)
	}
	if len(pools) == 0 {
		return
	}
	for _, d := range c.dynamics() {
		i := slices.IndexFunc(pools, d.overlaps)
		if i < 0 {
			continue
		}
		c.report.Add(finding.Finding{
			ID: "policy-pool", Level: finding.Warning, File: d.file, Line: d.line,
			Problem: quote(d.text) + " gives addresses of the pool " + pools[i].String() + " to anybody who asks",
			Advice:  "A container's own address may be somebody else's already. Write dhcp-range=" + pools[i].Masked().Addr().String() + ",static, or a range outside of the pool.",
		})
	}
}

// overlaps reports whether some of the addresses are in a pool.
func (d dynamic) overlaps(pool netip.Prefix) bool {
	if pool.Addr().Is4() != d.first.Is4() {
		return false
	}
	return pool.Contains(d.first) || pool.Contains(d.last) || d.first.Less(pool.Addr()) && pool.Addr().Less(d.last)
}

// dynamics are all that files of dnsmasq and lxc-net say.
func (c *check) dynamics() []dynamic {
	all, files := c.lxcNet()
	files = append(files, "/etc/dnsmasq.conf")
	names, _ := readdir.Names(c.root + "/etc/dnsmasq.d")
	for _, name := range names {
		if !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, "~") && !strings.Contains(name, ".dpkg-") {
			files = append(files, "/etc/dnsmasq.d/"+name)
		}
	}
	slices.Sort(files)
	for _, file := range slices.Compact(files) {
		all = append(all, ranges(file, c.text(file))...)
	}
	return all
}

// lxcNet is the range of lxc-net, and the further configuration of its dnsmasq. Lines are those of a shell: the last one counts.
func (c *check) lxcNet() (all []dynamic, files []string) {
	n := 0
	for line := range strings.Lines(c.text(lxcNet)) {
		n++
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		value = strings.Trim(value, `"'`)
		switch key {
		case "LXC_DHCP_RANGE":
			all = nil
			if d, is := rangeOf(value); is {
				d.file, d.line, d.text = lxcNet, n, strings.TrimSpace(line)
				all = []dynamic{d}
			}
		case "LXC_DHCP_CONFILE":
			files = nil
			if strings.HasPrefix(value, "/") {
				files = []string{value}
			}
		}
	}
	return all, files
}

// ranges are the ranges of a configuration of dnsmasq, dhcp-range in dnsmasq(8), but those that are for hosts that it knows.
func ranges(file, text string) []dynamic {
	var all []dynamic
	n := 0
	for line := range strings.Lines(text) {
		n++
		key, value, is := strings.Cut(strings.TrimSpace(line), "=")
		if !is || strings.TrimSpace(key) != "dhcp-range" {
			continue
		}
		if d, is := rangeOf(value); is {
			d.file, d.line, d.text = file, n, strings.TrimSpace(line)
			all = append(all, d)
		}
	}
	return all
}

// rangeOf understands FIRST,LAST among other words; false for what names no two addresses, such as a range with static.
func rangeOf(value string) (dynamic, bool) {
	var found []netip.Addr
	for word := range strings.SplitSeq(value, ",") {
		word = strings.TrimSpace(word)
		if word == "static" {
			return dynamic{}, false
		}
		if address, err := netip.ParseAddr(word); err == nil {
			found = append(found, address)
		}
	}
	if len(found) < 2 || found[0].Is4() != found[1].Is4() {
		return dynamic{}, false
	}
	return dynamic{first: found[0], last: found[1]}, true
}
