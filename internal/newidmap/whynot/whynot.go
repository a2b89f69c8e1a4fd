// Package whynot says in words why newuidmap or newgidmap did not do what it was asked for.
//
// It has every text of these programs but the usage line. It looks around to tell causes apart that the kernel does not,
// with the rights that are left, the caller's; it grants nothing, and what it says changes nothing.
package whynot

import (
	"errors"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/verdict"
)

// Explain puts a reason into words.
func Explain(reason error, kind idmap.Kind) verdict.Verdict {
	var malformed *idmap.Malformed
	if errors.As(reason, &malformed) {
		return commandLine(kind, malformed)
	}
	return verdict.Of(reason)
}
