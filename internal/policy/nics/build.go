package nics

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/paths"
)

// builder makes a policy of what TOML has, and notes what is wrong.
type builder struct {
	policy *Policy
	found  []Problem
}

// wrong notes a problem. Ids that are never mapped have a file of their own, whatever else is wrong with them here.
func (b *builder) wrong(at path, text string) {
	if last := at[len(at)-1]; last == keyForbidden || last == tableIDMap {
		text = last + " is not for this file: IDs that are never mapped are listed in " + paths.Forbidden() +
			", one ID or range a line (forbidden-host-ids(5))"
	}
	b.found = append(b.found, Problem{b.policy.document.Line(at...), text})
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
	b.wrong(at, "unknown table or key "+strconv.Quote(at[0])+"; the tables are [defaults], [bridge.NAME], [[rule]] and [limits]")
}

// mapOf is a value that must be a table.
func (b *builder) mapOf(at path, value any) map[string]any {
	m, ok := value.(map[string]any)
	if !ok {
		b.wrong(at, at.String()+" must be a table, "+at.header())
	}
	return m
}

// settings reads the keys of a table, each within its domain.
func (b *builder) settings(at path, m map[string]any, domainOf func(string) domain) values {
	found := make(values)
	for _, key := range slices.Sorted(maps.Keys(m)) {
		value, wrong := domainOf(key).read(m[key])
		if wrong != "" {
			b.wrong(at.of(key), key+" "+wrong)
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
			b.wrong(at, strconv.Quote(name)+" cannot be the name of a bridge")
			continue
		}
		b.policy.bridges[name] = table{at, Bridge, b.settings(at, b.mapOf(at, m[name]), protection)}
	}
}

// rules reads the tables [[rule]].
func (b *builder) rules(value any) {
	list, ok := value.([]map[string]any)
	if !ok {
		b.wrong(path{tableRule}, "rule must be a list of tables, [[rule]]")
	}
	for i, m := range list {
		b.rule(path{tableRule}.at(i), m)
	}
}

// rule reads one of them.
func (b *builder) rule(at path, m map[string]any) {
	r := rule{user: b.word(at, m, keyUser), group: b.word(at, m, keyGroup), bridge: b.word(at, m, keyBridge)}
	rest := maps.Clone(m)
	for _, key := range []string{keyUser, keyGroup, keyBridge} {
		delete(rest, key)
	}
	r.table = table{at, r.levelOf(), b.settings(at, rest, protection)}
	_, hasUser := m[keyUser]
	_, hasGroup := m[keyGroup]
	if hasUser == hasGroup {
		b.wrong(at, "a rule needs either a user or a group; settings for a whole bridge belong in a table [bridge.NAME]")
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
				b.wrong(r.path.of(key), key+" is set by an earlier rule for the same user or group and bridge")
			}
		}
	}
}

// word reads the name of a user, group or bridge in a rule; "" if it is not there, or wrong.
func (b *builder) word(at path, m map[string]any, key string) string {
	value, has := m[key]
	if !has {
		return ""
	}
	text, ok := value.(string)
	switch {
	case !ok:
		b.wrong(at.of(key), key+" must be a name in quotes")
		return ""
	case key == keyBridge && !ifname.Valid(text), key != keyBridge && !isAccount(text):
		b.wrong(at.of(key), strconv.Quote(text)+" cannot be the name of a "+key)
		return ""
	case key != keyBridge && text[0] == '@':
		b.wrong(at.of(key), "write users and groups without @: user = and group = distinguish them")
		return ""
	case key == keyGroup && strings.Trim(text, "0123456789") == "":
		b.wrong(at.of(key), "name the group: a number is not accepted")
		return ""
	}
	return text
}
