package drift

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/policy/guard"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/usernic/plan"
)

// State is what the kernel has of an interface, or what it should have.
type State struct {
	Flags  plan.Flags        // of the port of a bridge of Linux
	Pinned bool              // its address is in the bridge's table, behind its port, for good
	Filter []unix.SockFilter // none is no filter
	Rate   uint64            // bits a second to the container, 0: no limit
	VLANs  []VLAN            // of the port
	Quiet  bool              // the host speaks no IPv6 on its end
}

// VLAN is a VLAN that a port is in.
type VLAN struct {
	ID    uint16
	Plain bool // its frames have no tag at the port, either way
}

// Gap is a difference between the two.
type Gap struct {
	Key     string `json:"key"`  // of policy.toml(5), or Filter
	Want    string `json:"want"` // what the policy gives
	Have    string `json:"have"` // what the kernel has
	Less    bool   `json:"less"` // the interface protects others less than it should
	Builtin bool   `json:"-"`    // nothing in the policy asks for it, and a kernel that cannot have it does without
}

// Filter is the key of a gap that is about the filter.
const Filter = "filter"

// gaps compares what an interface by some terms should have on a link with what it has.
func gaps(t plan.Terms, l plan.Link, want, have State, filter string) []Gap {
	var all []Gap
	add := func(key, wants, has string, less bool) {
		if wants != has {
			all = append(all, Gap{Key: key, Want: wants, Have: has, Less: less})
		}
	}
	if l.Kind == plan.Linux {
		w, h := want.Flags, have.Flags
		add(nics.MACLock, lockText(w), lockText(h), w.Locked)
		add(nics.Isolated, onOff(w.Isolated), onOff(h.Isolated), w.Isolated)
		add(nics.UnicastFlood, onOff(w.UnicastFlood), onOff(h.UnicastFlood), !w.UnicastFlood)
		add(pinnedBy(t), pinText(want.Pinned), pinText(have.Pinned), want.Pinned)
		add(nics.BPDUGuard, guardText(w), guardText(h), w.BPDUGuard)
		if t.VLAN != 0 {
			add(nics.VLAN, vlanText(want.VLANs), vlanText(have.VLANs), true)
		}
	}
	all = append(all, filterGap(t, want.Filter, have.Filter, filter)...)
	add(nics.RateToContainer, rateText(want.Rate), rateText(have.Rate), want.Rate != 0)
	if want.Quiet != have.Quiet {
		builtin := t.Policy.Where(t.Subject, nics.IPv6OnHost).Level == nics.BuiltIn && l.Kind == plan.Linux
		all = append(all, Gap{Key: nics.IPv6OnHost, Want: strconv.FormatBool(!want.Quiet), Have: strconv.FormatBool(!have.Quiet), Less: want.Quiet, Builtin: builtin})
	}
	return all
}

// filterGap compares filters. What is wanted is said in the words of which keys it is for.
func filterGap(t plan.Terms, want, have []unix.SockFilter, words string) []Gap {
	switch {
	case slices.Equal(want, have):
		return nil
	case len(want) == 0:
		return []Gap{{Key: Filter, Want: "none", Have: "one"}}
	case len(have) == 0:
		return []Gap{{Key: Filter, Want: words, Have: "none", Less: true, Builtin: t.FilteredBy() == ""}}
	}
	return []Gap{{Key: Filter, Want: words, Have: "another", Less: true}}
}

// pinnedBy is the key by which an address is pinned, or was.
func pinnedBy(t plan.Terms) string {
	if t.Pinned() {
		return t.PinnedBy()
	}
	return nics.UnicastFlood
}

func onOff(on bool) string { return strconv.FormatBool(on) }

// lockText is how locked a port is.
func lockText(f plan.Flags) string {
	switch {
	case f.Locked && f.Learning:
		return "locked, and learns"
	case !f.Locked && !f.Learning:
		return "learns nothing"
	}
	return onOff(f.Locked)
}

// guardText is how a port is guarded against a spanning tree.
func guardText(f plan.Flags) string {
	switch {
	case f.BPDUGuard && !f.RootBlock:
		return "no root block"
	case !f.BPDUGuard && f.RootBlock:
		return "root block alone"
	}
	return onOff(f.BPDUGuard)
}

func pinText(pinned bool) string {
	if pinned {
		return "its address in the bridge's table"
	}
	return "its address not in the bridge's table"
}

func vlanText(all []VLAN) string {
	words := []string{}
	for _, v := range all {
		text := strconv.FormatUint(uint64(v.ID), 10)
		if !v.Plain {
			text += " tagged"
		}
		words = append(words, text)
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

func rateText(bits uint64) string {
	if bits == 0 {
		return "none"
	}
	return strconv.FormatUint(bits, 10) + "bit"
}

// wanted is what an interface by some terms should have on a link, with that filter.
func wanted(t plan.Terms, l plan.Link, filter guard.Nic) State {
	s := State{Flags: t.Flags(), Pinned: l.Kind == plan.Linux && t.Pinned(), Rate: t.RateToContainer / bitsOfByte * bitsOfByte, Quiet: !t.IPv6OnHost}
	if filter.Needed() {
		s.Filter = programOf(filter.Filter())
	}
	if t.VLAN != 0 {
		s.VLANs = []VLAN{{t.VLAN, true}}
	}
	return s
}

// bitsOfByte: the kernel counts a rate in bytes.
const bitsOfByte = 8

// programOf is a filter as the kernel has it.
func programOf(f guard.Filter) []unix.SockFilter {
	var program []unix.SockFilter
	for _, i := range f {
		program = append(program, unix.SockFilter{Code: i.Op, Jt: i.JT, Jf: i.JF, K: i.K})
	}
	return program
}
