package hostcheck

import (
	"bytes"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/policy/plain"
	"userns-helpers/internal/policy/whynot"
)

// form is what a parser of TOML says of a statement that package plain does not take.
type form struct {
	advice string // how to write it, or why it cannot be written; "" for nothing to add
	write  string // the same statement in the plain form, of one or more lines
}

const (
	byteOrderMark   = "\ufeff"
	longestFormless = 50 // lines of a statement that is looked at: each more is one more run of the parser
)

// formOf says how to write what text has on a line, from 1, that package plain refused.
func formOf(text []byte, line int) form {
	var syntax toml.ParseError
	_, err := decoded(string(text))
	switch {
	case errors.As(err, &syntax):
		return form{advice: "It is not valid TOML: line " + strconv.Itoa(syntax.Position.Line) + ": " + printable(syntax.Message) + "."}
	case err != nil || line == 0:
		return form{}
	case bytes.HasPrefix(text, []byte(byteOrderMark)):
		return form{advice: "The file begins with a byte order mark: remove it."}
	}
	header, statement := around(strings.SplitAfter(string(text), "\n"), line)
	if _, err := plain.Parse([]byte(header + statement)); err == nil {
		return form{} // it is not the form that is wrong, but what came before
	}
	written, ok := rewritten(header, statement)
	if elsewhere := misplaced(header + written); ok && elsewhere != "" {
		return form{advice: "And " + elsewhere + "."}
	}
	if ok {
		return form{advice: "It is valid TOML, but not in the plain form. Write it as", write: written}
	}
	return form{advice: "It is valid TOML, and has no plain form: no setting has such a value."}
}

// misplaced says what of a policy belongs in another file, "" for nothing.
func misplaced(text string) string {
	_, problems := nics.ParseAll([]byte(text))
	for _, p := range problems {
		if p.Fault == nics.OtherFile {
			return whynot.Words(p)
		}
	}
	return ""
}

// decoded is a text as a parser of TOML reads it; lists of tables are the same whether they were written as one or as an
// inline list.
func decoded(text string) (map[string]any, error) {
	document := make(map[string]any)
	_, err := toml.Decode(text, &document)
	uniform(document)
	return document, err
}

// uniform makes lists of tables of the lists in a value that have nothing but tables, and returns what a list becomes.
func uniform(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name := range v {
			v[name] = uniform(v[name])
		}
	case []map[string]any:
		for i := range v {
			uniform(v[i])
		}
	case []any:
		var tables []map[string]any
		for i := range v {
			if table, isTable := uniform(v[i]).(map[string]any); isTable {
				tables = append(tables, table)
			}
		}
		if len(tables) == len(v) && len(v) > 0 {
			return tables
		}
	}
	return value
}

// around returns the statement that has a line, and the head of the table in which it is, "" at the top and for a head. Every
// statement before it is in the plain form.
func around(lines []string, line int) (header, statement string) {
	valid := func(from, to int) bool { // whether statements begin and end there
		_, err := decoded(strings.Join(lines[from:to], ""))
		return err == nil
	}
	first, last := line-1, line
	for first > 0 && line-first < longestFormless && !valid(0, first) {
		first--
	}
	for last < len(lines) && last-line < longestFormless && !valid(first, last) {
		last++
	}
	statement = strings.Join(lines[first:last], "")
	for i := 0; i < first && !isHead(statement); i++ {
		if isHead(lines[i]) {
			header = lines[i]
		}
	}
	return header, statement
}

// isHead reports whether a plain line, or a statement, is the head of a table.
func isHead(text string) bool { return strings.HasPrefix(strings.TrimLeft(text, " \t"), "[") }

// rewritten is a statement in a table in the plain form, false if it has none.
func rewritten(header, statement string) (text string, ok bool) {
	document, err := decoded(statement)
	whole, failed := decoded(header + statement)
	if err != nil || failed != nil {
		return "", false
	}
	w := writer{empty: isHead(statement)}
	w.table(pathOf(header), document)
	text = w.out.String()
	again, err := decoded(header + text)
	_, wrong := plain.Parse([]byte(header + text))
	return text, !w.lost && err == nil && wrong == nil && reflect.DeepEqual(again, whole)
}

// pathOf is the path of the table that a head begins; it is empty for one of a list, which has no tables in it.
func pathOf(header string) []string {
	var path []string
	for within, _ := decoded(header); len(within) == 1; {
		name := slices.Collect(maps.Keys(within))[0]
		path = append(path, name)
		within, _ = within[name].(map[string]any)
	}
	return path
}

// writer writes tables in the plain form.
type writer struct {
	out   strings.Builder
	empty bool // a table without keys is written: the statement is its head
	lost  bool // something has no plain form
}

// table writes the settings of a table, then the tables in it.
func (w *writer) table(path []string, table map[string]any) {
	names := slices.Sorted(maps.Keys(table))
	for _, name := range names {
		if !isTable(table[name]) {
			w.out.WriteString(name + " = " + w.value(table[name]) + "\n")
		}
	}
	for _, name := range names {
		within := slices.Concat(path, []string{name})
		switch v := table[name].(type) {
		case map[string]any:
			if w.empty && len(v) == 0 || slices.ContainsFunc(slices.Collect(maps.Values(v)), func(v any) bool { return !isTable(v) }) {
				w.out.WriteString("[" + joined(within) + "]\n")
			}
			w.table(within, v)
		case []map[string]any:
			for _, one := range v {
				w.out.WriteString("[[" + joined(within) + "]]\n")
				w.table(within, one)
			}
		}
	}
}

// isTable reports whether a value is a table, or a list of tables.
func isTable(value any) bool {
	switch value.(type) {
	case map[string]any, []map[string]any:
		return true
	}
	return false
}

// joined is the name of a table as its head has it.
func joined(path []string) string {
	text := path[0]
	for _, name := range path[1:] {
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" || name == "" {
			name = quoted(name)
		}
		text += "." + name
	}
	return text
}

// quoted is a text in the quotes that it does not have.
func quoted(text string) string {
	if strings.Contains(text, `"`) {
		return "'" + text + "'"
	}
	return `"` + text + `"`
}

// value is a value that is no table.
func (w *writer) value(value any) string {
	switch v := value.(type) {
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case string:
		return quoted(v)
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, w.value(item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	w.lost = true
	return ""
}
