// Package logindefs reads the keys of /etc/login.defs that the map programs obey.
package logindefs

import "io"

// Defs is what login.defs(5) says.
type Defs struct {
	GrantAuxGroupSubids bool // GRANT_AUX_GROUP_SUBIDS yes: the caller's real group need not be the one in passwd
	UseSubuid           bool // false with SUB_UID_COUNT 0: /etc/subuid is not used
	UseSubgid           bool // false with SUB_GID_COUNT 0: /etc/subgid is not used
}

// Default is what holds where the file is missing or silent.
func Default() Defs { return Defs{UseSubuid: true, UseSubgid: true} }

// Parse reads the file. Unknown keys and malformed values change nothing. Errors: those of source; the Defs returned
// with one are Default.
func Parse(source io.Reader) (Defs, error) { return Default(), nil }
