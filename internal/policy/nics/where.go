package nics

import (
	"net/netip"
	"slices"
)

// Setting is the value of a key, and why it is that.
type Setting struct {
	Value uint64 // switches are 0 and 1; 0 for a rate or VLAN that is not set
	Level Level  // of the table that decides
	Table string // that table, as the file has it; "" if it is built in
	Line  int    // of the file, from 1; 0 if it is built in

	Pools   []netip.Prefix // of Addresses
	Address netip.Addr     // of Address
}

// Where returns what decides on a key for s: For has the same values.
func (p *Policy) Where(s Subject, key string) Setting { return p.where(p.tables(s), key) }

// where is Where among the tables that apply.
func (p *Policy) where(tables applicable, key string) Setting {
	t := tables.find(key)
	if t.level == BuiltIn {
		return Setting{Value: t.values[key].number, Level: BuiltIn}
	}
	v := t.values[key]
	return Setting{v.number, t.level, t.path.header(), p.document.Line(t.path.of(key)...), slices.Clone(v.pools), v.address}
}

// Groups are those that rules which would apply to interfaces on a bridge are for, as they are written.
func (p *Policy) Groups(bridge string) (groups []string) {
	for _, r := range p.rules {
		if r.group != "" && (r.bridge == "" || r.bridge == bridge) {
			groups = append(groups, r.group)
		}
	}
	return groups
}

// GroupRule returns the line of the first rule for a group that would apply to interfaces on a bridge, from 1; 0 if there
// is none: then it does not matter who is in which group.
func (p *Policy) GroupRule(bridge string) int {
	for _, r := range p.rules {
		if r.group != "" && (r.bridge == "" || r.bridge == bridge) {
			return p.document.Line(r.path...)
		}
	}
	return 0
}
