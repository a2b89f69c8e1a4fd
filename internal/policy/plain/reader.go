package plain

import (
	"slices"
	"strconv"
	"strings"
)

// reader walks over the lines of a text. Its methods return what is wrong, "" for nothing.
type reader struct {
	document Document
	number   int
	path     []string       // of the table that the line is in
	table    map[string]any // that table
	key      string         // of the list that goes on in the next line
	items    []Item
	open     bool
	item     bool // an item of the list was the last thing: a comma or the end follows
}

func newReader() *reader {
	root := make(map[string]any)
	return &reader{document: Document{root, make(map[string]int)}, table: root}
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
			return "", "control character"
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
		return "", "unterminated string"
	}
	return strings.Trim(text[:end], blanks), ""
}

// statement reads "key = value".
func (r *reader) statement(text string) string {
	name, text, found := strings.Cut(text, "=")
	name, text = strings.TrimRight(name, blanks), strings.TrimLeft(text, blanks)
	if !found || !isBare(name) {
		return "not of the form key = value"
	}
	if _, there := r.table[name]; there {
		return "duplicate key " + name
	}
	r.note(name)
	if list, isList := strings.CutPrefix(text, "["); isList {
		r.key, r.items, r.open, r.item = name, []Item{}, true, false
		return r.list(strings.TrimLeft(list, blanks))
	}
	v, ok := value(text)
	if !ok {
		return "not a plain value: true, false, a number, a string on one line without a backslash, or a list of such strings"
	}
	r.table[name] = v
	return ""
}

// note writes down where something in the table stands.
func (r *reader) note(name string) {
	r.document.lines[joined(append(r.path[:len(r.path):len(r.path)], name))] = r.number
}

// list reads a line of a list: strings separated by commas, and maybe a trailing comma.
func (r *reader) list(text string) string {
	for text != "" {
		rest := strings.TrimLeft(text[1:], blanks)
		switch {
		case text[0] == ']' && rest == "":
			r.open = false
			r.table[r.key] = r.items
		case text[0] == ',' && r.item:
			r.item = false
		case !r.item:
			end := strings.IndexByte(text[1:], text[0]) + 2
			word, ok := unquoted(text[:max(end, 1)])
			if !ok {
				return notList
			}
			r.items, r.item = append(r.items, Item{word, r.number}), true
			rest = strings.TrimLeft(text[end:], blanks)
		default:
			return notList
		}
		text = rest
	}
	return ""
}

const notList = "not a list of strings separated by commas"

// header reads the header of a table: [name], [name.name], or [[name]] for one of a list.
func (r *reader) header(text string) string {
	name, ok := strings.CutSuffix(text[1:], "]")
	if list, isList := strings.CutPrefix(name, "["); isList {
		list, closed := strings.CutSuffix(list, "]")
		if !ok || !closed || !isBare(list) {
			return notHead
		}
		return r.another(list)
	}
	outer, inner, nested := strings.Cut(name, ".")
	if nested {
		var known bool
		inner, known = key(inner)
		ok = ok && known
	}
	switch {
	case !ok || !isBare(outer):
		return notHead
	case nested:
		return r.nested(outer, inner)
	}
	return r.enter(r.document.Root, nil, outer)
}

const notHead = "not a table header: [name], [name.name] or [[name]]"

// nested begins a table within another.
func (r *reader) nested(outer, inner string) string {
	if _, there := r.document.Root[outer]; !there {
		r.path = nil
		r.note(outer)
		r.document.Root[outer] = make(map[string]any)
	}
	within, isTable := r.document.Root[outer].(map[string]any)
	if !isTable {
		return outer + " already exists and is not a table"
	}
	return r.enter(within, []string{outer}, inner)
}

// enter begins a new table.
func (r *reader) enter(within map[string]any, path []string, name string) string {
	if _, there := within[name]; there {
		return "duplicate table " + name
	}
	r.path = path
	r.note(name)
	r.table = make(map[string]any)
	within[name] = r.table
	r.path = slices.Concat(path, []string{name})
	return ""
}

// another begins one more table of a list.
func (r *reader) another(name string) string {
	list, isList := r.document.Root[name].([]map[string]any)
	if _, there := r.document.Root[name]; there && !isList {
		return name + " already exists and is not a list of tables"
	}
	r.path = nil
	if !isList {
		r.note(name)
	}
	r.table = make(map[string]any)
	r.document.Root[name] = append(list, r.table)
	r.path = []string{name}
	r.note(strconv.Itoa(len(list)))
	r.path = append(r.path, strconv.Itoa(len(list)))
	return ""
}
