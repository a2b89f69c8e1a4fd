package policy

import (
	"bytes"
	"sort"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// path is where something stands in a file: the names of tables and the key; what follows tableRule is the number of the
// rule, from 0.
type path []string

// of is the path of a key or a table within p.
func (p path) of(key string) path { return append(p[:len(p):len(p)], key) }

// at is the path of the ith table of a list.
func (p path) at(i int) path { return p.of(strconv.Itoa(i)) }

// String is the path with dots.
func (p path) String() string { return strings.Join(p, ".") }

// header is the table of a path as the file has it.
func (p path) header() string {
	if p[0] == tableRule {
		return "[[rule]]"
	}
	return "[" + toml.Key(p).String() + "]"
}

// in reports whether the path is there.
func (p path) in(root map[string]any) bool {
	value, has := root[p[0]]
	for _, name := range p[1:] {
		if list, ok := value.([]map[string]any); ok {
			i, err := strconv.Atoi(name)
			if has = err == nil && i < len(list); has {
				value = list[i]
			}
		} else {
			table, _ := value.(map[string]any)
			value, has = table[name]
		}
		if !has {
			return false
		}
	}
	return has
}

// lineOf returns the line in which the statement or table of a path ends, from 1: the least number of lines that are
// TOML and have it. The parser tells no line of what is well-formed. Errors have a line only here, and explanations: a
// grant needs none.
func lineOf(text []byte, p path) int {
	ends := []int{0}
	for line := range bytes.Lines(text) {
		ends = append(ends, ends[len(ends)-1]+len(line))
	}
	has := func(n int) bool {
		for ; n > 0; n-- { // within a statement of several lines: at its beginning
			if root, err := decode(text[:ends[n]]); err == nil {
				return p.in(root)
			}
		}
		return false
	}
	return min(sort.Search(len(ends), has), len(ends)-1)
}
