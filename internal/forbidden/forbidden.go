// Package forbidden says which host ids are never mapped: the table [idmap] of policy.toml(5).
//
// It promises that a policy that it does not understand as a whole, but for what the other tables mean, gives no answer
// but that error: then nothing may be mapped.
package forbidden

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/plain"
)

// Error says why a policy forbids everything.
type Error = plain.Error

// The table, the one key of it, and the other tables of policy.toml(5).
const (
	tableIDMap    = "idmap"
	keyForbidden  = "forbidden_host_ids"
	tableDefaults = "defaults"
	tableBridge   = "bridge"
	tableRule     = "rule"
	tableLimits   = "limits"
)

// IDs are the ids that are never mapped. The zero value forbids none, as does an absent file.
type IDs struct{ entries []Entry }

// Entry is one range of the list.
type Entry struct {
	Range idmap.Range
	Line  int // where it stands, from 1
}

// Denies returns the first entry that has an id of r, and whether there is one.
func (d IDs) Denies(r idmap.Range) (Entry, bool) {
	for _, e := range d.entries {
		if !e.Range.Intersect(r).Empty() {
			return e, true
		}
	}
	return Entry{}, false
}

// Read reads a policy to its end. Errors: *Error, or the reader's; then nothing may be mapped.
func Read(source io.Reader) (IDs, error) {
	text, err := io.ReadAll(io.LimitReader(source, plain.LongestFile+1))
	if err != nil {
		return IDs{}, err
	}
	return Parse(text)
}

// Parse understands the text of a policy. Errors: *Error.
func Parse(text []byte) (IDs, error) {
	document, err := plain.Parse(text)
	if err != nil {
		return IDs{}, err
	}
	for _, name := range slices.Sorted(maps.Keys(document.Root)) {
		if name != tableIDMap && name != tableDefaults && name != tableBridge && name != tableRule && name != tableLimits {
			return IDs{}, &Error{Line: document.Line(name), Text: "unknown: " + strconv.Quote(name)}
		}
		if name != tableIDMap && mentions(document.Root[name]) {
			return IDs{}, &Error{Line: document.Line(name), Text: keyForbidden + " belongs into [idmap], and stands elsewhere"}
		}
	}
	value, there := document.Root[tableIDMap]
	table, isTable := value.(map[string]any)
	if there && !isTable {
		return IDs{}, &Error{Line: document.Line(tableIDMap), Text: "idmap must be a table, [idmap]"}
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if name != keyForbidden {
			return IDs{}, &Error{Line: document.Line(tableIDMap, name), Text: "[idmap] has no key " + name + "; it has " + keyForbidden}
		}
	}
	return list(document, table)
}

// mentions reports whether the key is in a table, or in one of the tables in it.
func mentions(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		_, has := v[keyForbidden]
		return has || slices.ContainsFunc(slices.Collect(maps.Values(v)), mentions)
	case []map[string]any:
		return slices.ContainsFunc(v, func(table map[string]any) bool { return mentions(table) })
	}
	return false
}

// list reads the list of ids.
func list(document plain.Document, table map[string]any) (IDs, error) {
	value, there := table[keyForbidden]
	items, isList := value.([]plain.Item)
	if there && !isList {
		return IDs{}, &Error{Line: document.Line(tableIDMap, keyForbidden), Text: keyForbidden + ` is a list of strings, like ["0-999"]`}
	}
	var found IDs
	for _, item := range items {
		r, ok := ParseRange(item.Text)
		if !ok {
			return IDs{}, &Error{Line: item.Line, Text: strconv.Quote(item.Text) + ` is not an id or a range of ids, like "0-999": at most ` +
				"4294967295, the smaller first"}
		}
		found.entries = append(found.entries, Entry{r, item.Line})
	}
	return found, nil
}

// ParseRange understands "FIRST-LAST", both included, or one id: decimal digits without leading zeros, below 2^32.
func ParseRange(text string) (idmap.Range, bool) {
	first, last, several := strings.Cut(text, "-")
	from, err := parseID(first)
	to := from
	if several && err == nil {
		to, err = parseID(last)
	}
	if err != nil || to < from {
		return idmap.Range{}, false
	}
	return idmap.NewRange(from, to-from+1)
}

var errNotPlain = errors.New("not a plain number")

func parseID(digits string) (uint64, error) {
	n, err := strconv.ParseUint(digits, 10, 32)
	if err == nil && strconv.FormatUint(n, 10) != digits {
		return 0, errNotPlain
	}
	return n, err
}
