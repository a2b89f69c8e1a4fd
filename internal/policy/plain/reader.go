package plain

import (
	"slices"
	"strconv"
	"strings"
)

// reader walks over the lines of a text. Its methods return what is wrong.
type reader struct {
	document Document
	number   int
	path     []string       // of the table that the line is in
	table    map[string]any // that table
	key      string         // of the list that goes on in the next line
	items    []Item
	open     bool
	item     bool   // an item of the list was the last thing: a comma or the end follows
	twice    string // the name that is there already
}

func newReader() *reader {
	root := make(map[string]any)
	return &reader{document: Document{root, make(map[string]int)}, table: root}
}

// line reads a line.
func (r *reader) line(text string) Fault {
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
func content(text string) (before string, wrong Fault) {
	quote := byte(0)
	end := len(text)
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' && c != '\t', c == 0x7f:
			return "", ControlCharacter
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
		return "", UnterminatedString
	}
	return strings.Trim(text[:end], blanks), ""
}

// statement reads "key = value".
func (r *reader) statement(text string) Fault {
	name, text, found := strings.Cut(text, "=")
	name, text = strings.TrimRight(name, blanks), strings.TrimLeft(text, blanks)
	if !found || !isBare(name) {
		return NotStatement
	}
	if _, there := r.table[name]; there {
		return r.there(name, Duplicate)
	}
	r.note(name)
	if list, isList := strings.CutPrefix(text, "["); isList {
		r.key, r.items, r.open, r.item = name, []Item{}, true, false
		return r.list(strings.TrimLeft(list, blanks))
	}
	v, ok := value(text)
	if !ok {
		return NotValue
	}
	r.table[name] = v
	return ""
}

// there takes note of a name that is there already.
func (r *reader) there(name string, wrong Fault) Fault {
	r.twice = name
	return wrong
}

// note writes down where something in the table stands.
func (r *reader) note(name string) {
	r.document.lines[joined(append(r.path[:len(r.path):len(r.path)], name))] = r.number
}

// list reads a line of a list: strings separated by commas, and maybe a trailing comma.
func (r *reader) list(text string) Fault {
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
				return NotList
			}
			r.items, r.item = append(r.items, Item{word, r.number}), true
			rest = strings.TrimLeft(text[end:], blanks)
		default:
			return NotList
		}
		text = rest
	}
	return ""
}

// header reads the header of a table: [name], [name.name], or [[name]] for one of a list.
func (r *reader) header(text string) Fault {
	name, ok := strings.CutSuffix(text[1:], "]")
	if list, isList := strings.CutPrefix(name, "["); isList {
		list, closed := strings.CutSuffix(list, "]")
		if !ok || !closed || !isBare(list) {
			return NotHeader
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
		return NotHeader
	case nested:
		return r.nested(outer, inner)
	}
	return r.enter(r.document.Root, nil, outer)
}

// nested begins a table within another.
func (r *reader) nested(outer, inner string) Fault {
	if _, there := r.document.Root[outer]; !there {
		r.path = nil
		r.note(outer)
		r.document.Root[outer] = make(map[string]any)
	}
	within, isTable := r.document.Root[outer].(map[string]any)
	if !isTable {
		return r.there(outer, NotTable)
	}
	return r.enter(within, []string{outer}, inner)
}

// enter begins a new table.
func (r *reader) enter(within map[string]any, path []string, name string) Fault {
	if _, there := within[name]; there {
		return r.there(name, DuplicateTable)
	}
	r.path = path
	r.note(name)
	r.table = make(map[string]any)
	within[name] = r.table
	r.path = slices.Concat(path, []string{name})
	return ""
}

// another begins one more table of a list.
func (r *reader) another(name string) Fault {
	list, isList := r.document.Root[name].([]map[string]any)
	if _, there := r.document.Root[name]; there && !isList {
		return r.there(name, NotTables)
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
