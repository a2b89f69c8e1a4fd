package nics

import (
	"maps"
	"slices"
	"strings"

	"userns-helpers/internal/text/ifname"
)

// builder makes a policy of what TOML has, and notes what is wrong.
type builder struct {
	policy *Policy
	found  []Problem
}

// wrong notes a problem. Ids that are never mapped have a file of their own, whatever else is wrong with them here.
func (b *builder) wrong(at path, p Problem) {
	if last := at[len(at)-1]; last == keyForbidden || last == tableIDMap {
		p = Problem{Fault: OtherFile, Key: last}
	}
	if p.Line == 0 {
		p.Line = b.policy.document.Line(at...)
	}
	b.found = append(b.found, p)
}

// top reads what stands at the top.
func (b *builder) top(name string, value any) {
	at := path{name}
	switch name {
	case tableDefaults:
		b.policy.defaults = table{at, Defaults, b.settings(at, b.mapOf(at, value), protection)}
	case tableLimits:
		b.policy.limits = b.settings(at, b.mapOf(at, value), limit)
	case tableBridge:
		b.bridges(at, b.mapOf(at, value))
	case tableRule:
		b.rules(value)
	default:
		b.unknown(at, value)
	}
}

// unknown notes what is none of the tables.
func (b *builder) unknown(at path, value any) {
	table, _ := value.(map[string]any)
	if _, has := table[keyForbidden]; has {
		at = at.of(keyForbidden)
	}
	b.wrong(at, Problem{Fault: UnknownTable, Key: at[0]})
}

// mapOf is a value that must be a table.
func (b *builder) mapOf(at path, value any) map[string]any {
	m, ok := value.(map[string]any)
	if !ok {
		b.wrong(at, Problem{Fault: NotTable, Key: at.String(), Name: at.header()})
	}
	return m
}

// settings reads the keys of a table, each within its domain.
func (b *builder) settings(at path, m map[string]any, domainOf func(string) domain) values {
	found := make(values)
	for _, key := range slices.Sorted(maps.Keys(m)) {
		domain := domainOf(key)
		value, wrong := domain.read(m[key])
		if wrong != nil {
			wrong.Key = key
			b.wrong(at.of(key), *wrong)
			continue
		}
		found[key] = value
	}
	return found
}

// bridges reads the tables [bridge.NAME].
func (b *builder) bridges(at path, m map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		at := at.of(name)
		if !ifname.Valid(name) {
			b.wrong(at, Problem{Fault: BadName, Key: keyBridge, Name: name})
			continue
		}
		b.policy.bridges[name] = table{at, Bridge, b.settings(at, b.mapOf(at, m[name]), protection)}
	}
}

// rules reads the tables [[rule]].
func (b *builder) rules(value any) {
	list, ok := value.([]map[string]any)
	if !ok {
		b.wrong(path{tableRule}, Problem{Fault: NotRules})
	}
	for i, m := range list {
		b.rule(path{tableRule}.at(i), m)
	}
}

// rule reads one of them.
func (b *builder) rule(at path, m map[string]any) {
	r := rule{user: b.word(at, m, keyUser), group: b.word(at, m, keyGroup), bridge: b.word(at, m, keyBridge), container: b.word(at, m, keyContainer)}
	rest := maps.Clone(m)
	for _, key := range []string{keyUser, keyGroup, keyBridge, keyContainer} {
		delete(rest, key)
	}
	r.table = table{at, r.levelOf(), b.settings(at, rest, ofRule)}
	_, hasUser := m[keyUser]
	_, hasGroup := m[keyGroup]
	if hasUser == hasGroup {
		b.wrong(at, Problem{Fault: NoSubject})
	}
	_, hasAddress := m[Address]
	if _, has := m[keyContainer]; has && (!hasAddress || len(rest) > 1) {
		b.wrong(at.of(keyContainer), Problem{Fault: ContainerOnly})
	}
	if hasAddress && hasGroup {
		b.wrong(at.of(Address), Problem{Fault: AddressOfUser})
	}
	b.twice(r)
	b.policy.rules = append(b.policy.rules, r)
}

// twice finds what an earlier rule for the same users says already.
func (b *builder) twice(r rule) {
	for _, earlier := range b.policy.rules {
		if !earlier.sameSubject(r) {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(r.values)) {
			if _, has := earlier.values[key]; has {
				b.wrong(r.path.of(key), Problem{Fault: SetTwice, Key: key})
			}
		}
	}
}

// word reads the name of a user, group, bridge or container in a rule; "" if it is not there, or wrong.
func (b *builder) word(at path, m map[string]any, key string) string {
	value, has := m[key]
	if !has {
		return ""
	}
	text, ok := value.(string)
	switch {
	case !ok:
		b.wrong(at.of(key), Problem{Fault: NotQuoted, Key: key})
		return ""
	case key == keyContainer && isContainer(text):
		return text
	case key == keyBridge && !ifname.Valid(text), key != keyBridge && !isAccount(text), key == keyContainer:
		b.wrong(at.of(key), Problem{Fault: BadName, Key: key, Name: text})
		return ""
	case key != keyBridge && text[0] == '@':
		b.wrong(at.of(key), Problem{Fault: WithAt})
		return ""
	case key == keyGroup && strings.Trim(text, "0123456789") == "":
		b.wrong(at.of(key), Problem{Fault: GroupNumber})
		return ""
	}
	return text
}
