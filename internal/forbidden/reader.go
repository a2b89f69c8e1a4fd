package forbidden

import "strings"

// The tables of policy.toml(5), without the outer brackets, and the one key that counts here.
const (
	tableDefaults = "defaults"
	tableLimits   = "limits"
	tableIDMap    = "idmap"
	tableBridge   = "bridge."
	tableRule     = "[rule]"
	keyForbidden  = "forbidden_host_ids"
)

// reader walks over the lines of a policy. Its methods return what is wrong, "" for nothing.
type reader struct {
	number  int
	table   string          // that the line is in; "" before the first
	tables  map[string]bool // that were there
	keys    map[string]bool // of the table that the line is in
	open    bool            // the list of ids goes on in the next line
	item    bool            // an item of the list was the last thing: a comma or the end follows
	entries []Entry
}

// line reads a line.
func (r *reader) line(text string) string {
	text, wrong := content(text)
	switch {
	case wrong != "":
		return wrong
	case r.open:
		return r.list(text)
	case text == "":
		return ""
	case text[0] == '[':
		return r.header(text)
	}
	return r.statement(text)
}

const blanks = " \t"

// content is a line without its comment, and without white space around it. TOML has no control characters but tab.
func content(text string) (before, wrong string) {
	quote := byte(0)
	end := len(text)
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' && c != '\t', c == 0x7f:
			return "", "a control character"
		case end < len(text): // in the comment
		case c == quote:
			quote = 0
		case quote != 0: // in a string
		case c == '"' || c == '\'':
			quote = c
		case c == '#':
			end = i
		}
	}
	if quote != 0 {
		return "", "a string without an end in its line"
	}
	return strings.Trim(text[:end], blanks), ""
}

// header reads the head of a table. Every table stands once, but for [[rule]].
func (r *reader) header(text string) string {
	name, ok := strings.CutSuffix(text[1:], "]")
	switch bridge, found := strings.CutPrefix(name, tableBridge); {
	case found:
		bridge, known := key(bridge)
		name, ok = tableBridge+bridge, ok && known
	case name != tableDefaults && name != tableLimits && name != tableIDMap && name != tableRule:
		ok = false
	}
	switch {
	case !ok:
		return "not the head of a table that there is: [defaults], [bridge.NAME], [[rule]], [limits], [idmap]"
	case r.tables[name] && name != tableRule:
		return "the table is there already"
	}
	r.table, r.keys = name, make(map[string]bool)
	r.tables[name] = true
	return ""
}

// statement reads "key = value". What keys the other tables have, and what they mean, is not for here.
func (r *reader) statement(text string) string {
	name, value, found := strings.Cut(text, "=")
	name, value = strings.TrimRight(name, blanks), strings.TrimLeft(value, blanks)
	switch {
	case !found || !isBare(name):
		return "not of the form key = value"
	case r.table == "":
		return "a key in front of the first table"
	case r.keys[name]:
		return "the key is there already"
	}
	r.keys[name] = true
	if r.table != tableIDMap {
		return plain(value)
	}
	list, isList := strings.CutPrefix(value, "[")
	switch {
	case name != keyForbidden:
		return "[idmap] has no key of that name; it has " + keyForbidden
	case !isList:
		return keyForbidden + ` is a list of strings, like ["0-999"]`
	}
	r.open, r.item = true, false
	return r.list(strings.TrimLeft(list, blanks))
}

// list reads a line of the list of ids: strings with commas between, and maybe one behind.
func (r *reader) list(text string) string {
	for text != "" {
		rest := strings.TrimLeft(text[1:], blanks)
		switch {
		case text[0] == ']' && rest == "":
			r.open = false
		case text[0] == ',' && r.item:
			r.item = false
		case !r.item:
			var wrong string
			if rest, wrong = r.entry(text); wrong != "" {
				return wrong
			}
			r.item = true
		default:
			return "not a list of strings with commas between"
		}
		text = rest
	}
	return ""
}

// entry reads the string that text begins with, and returns what is behind.
func (r *reader) entry(text string) (rest, wrong string) {
	end := strings.IndexByte(text[1:], text[0]) + 2
	ids, ok := unquoted(text[:max(end, 1)])
	if !ok {
		return "", "not a list of strings with commas between"
	}
	found, ok := ParseRange(ids)
	if !ok {
		return "", `"` + ids + `" is not an id or a range of ids, like "0-999": at most 4294967295, the smaller first`
	}
	r.entries = append(r.entries, Entry{found, r.number})
	return strings.TrimLeft(text[end:], blanks), ""
}
