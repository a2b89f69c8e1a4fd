package sssd

import (
	"bytes"
	"errors"
	"strconv"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/text/name"
	"userns-helpers/internal/text/paths"
)

const headerSize = 16

// Limits of a reply. Of a body the beginning is kept; the rest, as the members of a group, is passed over.
const (
	longestReply = 64 << 20 // bytes; a group of a million members has some 20 MiB
	numbers      = 4 * 4    // bytes in front of a name
	mostRanges   = 4096     // ranges of one user, of each kind
	mostGroups   = 65536    // groups of one user, as many as a process may have (NGROUPS_MAX)
)

// most is how much of the body of a reply is kept, in bytes.
func most(command uint32) int {
	switch command {
	case cmdVersion:
		return 4
	case cmdGroupsOf:
		return 8 + mostGroups*4
	case cmdSubid:
		return 8 + 2*mostRanges*8
	}
	return numbers + name.Longest + 1
}

// length checks the header of a reply, and returns the length of the body.
func (s Session) length(header []byte, command uint32) (uint64, error) {
	total := word(header)
	switch {
	case word(header[4:]) != command:
		return 0, s.conn.Malformed("it answers another question")
	case word(header[8:]) != 0:
		return 0, errors.New(paths.SSSDPipe() + ": SSSD answers with status " + strconv.FormatUint(uint64(word(header[8:])), 10))
	case total < headerSize || total > longestReply:
		return 0, s.conn.Malformed("it has " + strconv.FormatUint(uint64(total), 10) + " bytes")
	}
	return uint64(total - headerSize), nil
}

// parseAccount understands a reply about a user (id, primary group, name NUL ...) or a group (id, number of members,
// name NUL ...): number of results, 0, and the first result. If there is no result, nothing follows the two words.
func parseAccount(body []byte) (account lookup.Account, found, ok bool) {
	switch {
	case len(body) < 8:
		return account, false, false
	case word(body) == 0:
		return account, false, true
	case word(body) != 1 || len(body) < numbers:
		return account, false, false
	}
	text, _, terminated := bytes.Cut(body[numbers:], []byte{0})
	if !terminated || len(text) == 0 {
		return account, false, false
	}
	return lookup.Account{Name: string(text), ID: word(body[8:]), Primary: word(body[12:])}, true, true
}
