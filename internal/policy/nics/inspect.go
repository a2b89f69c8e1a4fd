package nics

// Table is one table of a policy, for who reports on it.
type Table struct {
	User, Group, Bridge string // of a rule, or the bridge of its table; "" is any
	Line                int    // of its header
	values              values
	policy              *Policy
	at                  path
}

// Tables are all tables but the limits, in the order of the file.
func (p *Policy) Tables() []Table {
	var all []Table
	for _, s := range p.scopes() {
		t := Table{Bridge: s.bridge, Line: p.document.Line(s.path...), values: s.values, policy: p, at: s.path}
		for _, r := range p.rules {
			if r.path.String() == s.path.String() {
				t.User, t.Group = r.user, r.group
			}
		}
		all = append(all, t)
	}
	return all
}

// Sets reports whether a table sets a key to something but false, and on which line.
func (t Table) Sets(key string) (line int, sets bool) {
	v, has := t.values[key]
	if !has || v.number == 0 && len(v.pools) == 0 && !v.address.IsValid() {
		return 0, false
	}
	return t.policy.document.Line(t.at.of(key)...), true
}

// Value is the setting of a key in a table; zero where it has none.
func (t Table) Value(key string) Setting {
	v := t.values[key]
	return Setting{Value: v.number, Line: t.policy.document.Line(t.at.of(key)...), Pools: v.pools, Address: v.address}
}

// On reports whether a table can be for interfaces on a bridge.
func (t Table) On(bridge string) bool { return t.Bridge == "" || t.Bridge == bridge }
