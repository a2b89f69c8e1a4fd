package nics

import (
	"strconv"
	"strings"
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
	if len(p) > 1 && strings.Trim(p[1], bare) != "" {
		return "[" + p[0] + "." + strconv.Quote(p[1]) + "]"
	}
	return "[" + p.String() + "]"
}

// bare are the bytes of names without quotes.
const bare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
