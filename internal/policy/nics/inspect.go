package nics

import "strconv"

// Check returns everything that is wrong with a policy, in the order of the file.
func Check(text []byte) []Problem {
	_, problems := parse(text)
	return problems
}

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

// rateText is a rate with the greatest unit that leaves no rest.
func rateText(rate uint64) string {
	for n := range units {
		name, bits := unit(n)
		if rate%bits == 0 {
			return strconv.FormatUint(rate/bits, 10) + name
		}
	}
	return ""
}
