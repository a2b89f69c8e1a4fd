package grant

import (
	"errors"
	"io"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/number"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/defsview"
	"userns-helpers/internal/usernsctl/grant/choice"
)

// defs are the settings of login.defs(5): of several with one key the last one.
type defs map[string]string

// readDefs reads login.defs(5); without it there are the defaults.
func (h Host) readDefs() (defs, error) {
	d := make(defs)
	err := h.each(paths.LoginDefs(), func(file io.Reader) error {
		return defsview.Inspect(file, func(s defsview.Setting) { d[s.Key] = s.Value })
	})
	if errors.Is(err, unix.ENOENT) {
		return d, nil
	}
	return d, err
}

// key is the name of a setting about subordinate IDs of a kind.
func (defs) key(kind idmap.Kind, what string) string {
	return "SUB_" + strings.ToUpper(kind.Word()) + "_" + what
}

// number is a setting, or what holds where there is none or it is no number.
func (d defs) number(key string, otherwise uint64) uint64 {
	value, err := number.Base0(d[key])
	if err != nil {
		return otherwise
	}
	return value
}

// yes reports whether a setting is on.
func (d defs) yes(key string) bool { return strings.EqualFold(d[key], "yes") }

// What holds where login.defs(5) does not say: where useradd(8) begins, and where it ends, which is no limit here since most
// hosts have it in the file and nobody chose it.
const (
	usualMin    = 100_000
	usualMax    = 600_100_000
	usualUIDMin = 1000
	usualUIDMax = 60_000
)

// window is what is handed out of a kind, [low, high).
func (d defs) window(kind idmap.Kind) (low, high uint64) {
	low, high = d.number(d.key(kind, "MIN"), usualMin), d.number(d.key(kind, "MAX"), usualMax)
	if high == usualMax {
		return low, 1 << 32
	}
	return low, min(high, 1<<32) + 1
}

// count is how many IDs a user gets: as many of both kinds.
func (d defs) count() uint64 {
	return max(d.number(d.key(idmap.UID, "COUNT"), choice.Unit), d.number(d.key(idmap.GID, "COUNT"), choice.Unit))
}

// accountsEnd is one past the last id that useradd(8) or groupadd(8) gives to an account.
func (d defs) accountsEnd(kind idmap.Kind) uint64 {
	return min(d.number(strings.ToUpper(kind.Word())+"_MAX", usualUIDMax), 1<<32-1) + 1
}

// formula is how the range of a user is computed, and whether it is.
func (d defs) formula(kind idmap.Kind) (choice.Formula, bool) {
	const first = 65_536 // where SUB_UID_MIN is not set, and this is on
	return choice.Formula{
		UIDMin: d.number("UID_MIN", usualUIDMin),
		Min:    d.number(d.key(kind, "MIN"), first),
		Max:    d.number(d.key(kind, "MAX"), 1<<32-1),
		Count:  d.number(d.key(kind, "COUNT"), choice.Unit),
		Wrap:   d.yes("UNSAFE_" + d.key(kind, "DETERMINISTIC_WRAP")),
	}, d.yes(d.key(kind, "DETERMINISTIC"))
}
