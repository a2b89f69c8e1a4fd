package policy

import "strconv"

// Setting is one protection, and why it is what it is.
type Setting struct {
	Key   string
	Value string // as the file would have it; "" for a rate or VLAN that is not set
	Level Level  // of the table that decides
	Table string // that table, as the file has it; "" if it is built in
	Line  int    // of the file, from 1; 0 if it is built in
}

// Explain returns what For decides, key by key in the order of Keys, with where it comes from.
func (p *Policy) Explain(s Subject) []Setting {
	tables := p.tables(s)
	settings := make([]Setting, 0, len(Keys()))
	for _, key := range Keys() {
		t := tables.find(key)
		setting := Setting{Key: key, Value: textOf(key, t.values[key]), Level: t.level}
		if t.level != BuiltIn {
			setting.Table, setting.Line = t.path.header(), p.document.Line(t.path.of(key)...)
		}
		settings = append(settings, setting)
	}
	return settings
}

// Where returns the line of the file that decides on a key for s, from 1; 0 if it is built in.
func (p *Policy) Where(s Subject, key string) int {
	t := p.tables(s).find(key)
	if t.level == BuiltIn {
		return 0
	}
	return p.document.Line(t.path.of(key)...)
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

// textOf is a value as the file would have it.
func textOf(key string, value uint64) string {
	switch domain := protection(key); {
	case domain.kind == isSwitch:
		return strconv.FormatBool(value != 0)
	case value == 0:
		return ""
	case domain.kind == isRate:
		return `"` + rateText(value) + `"`
	}
	return strconv.FormatUint(value, 10)
}
