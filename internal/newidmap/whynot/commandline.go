package whynot

import (
	"strconv"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/verdict"
)

// commandLine is about a command line that is wrong.
func (l Looks) commandLine(m *idmap.Malformed) verdict.Verdict {
	v := verdict.Verdict{Refused: true, Usage: true, Advice: whatIsWrong(l.Kind, m)}
	if m.Why == idmap.OutOfBounds {
		v.Headline = "subuid overflow detected." // in both programs, as the original says it
	}
	return v
}

// whatIsWrong names the arguments that are wrong.
func whatIsWrong(kind idmap.Kind, m *idmap.Malformed) string {
	switch m.Why {
	case idmap.NoProcess:
		return "no process is named"
	case idmap.BadProcess:
		if strings.HasPrefix(m.Words[0], "fd:") {
			return quote(m.Words[0]) + " is not fd: and the number of a descriptor"
		}
		return quote(m.Words[0]) + " is not a process ID between 1 and 2147483647, and not fd:N"
	case idmap.NoRange:
		return "no range is asked for"
	case idmap.NotTriples:
		return "ranges are triples of " + kind.Word() + ", lower " + kind.Word() + " and count, and the number of arguments (" +
			strconv.Itoa(len(m.Words)) + ") is not a multiple of three"
	case idmap.NotANumber:
		return quote(m.Words[0]) + " is not a number"
	}
	return "in " + quote(m.Words[0]) + " " + quote(m.Words[1]) + " " + quote(m.Words[2]) +
		" the IDs must be 0 to 4294967294, and the count at least 1 and such that no ID passes 4294967294"
}

// longestQuote is how many bytes of an argument a message repeats: arguments can be 128 KiB long.
const longestQuote = 64

// quote returns the argument, or its beginning, in quotation marks.
func quote(argument string) string {
	if len(argument) > longestQuote {
		return strconv.Quote(argument[:longestQuote]) + "..."
	}
	return strconv.Quote(argument)
}
