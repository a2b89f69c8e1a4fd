package hostcheck

import (
	"strconv"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/verdict"
)

// printable is text without control characters.
func printable(text string) string { return string(verdict.Printable(nil, text)) }

// longestQuote is how many bytes of a line a message repeats.
const longestQuote = 48

// quote is text in quotation marks, cut where it is long; control characters are escaped.
func quote(text string) string {
	if len(text) > longestQuote {
		return strconv.Quote(text[:longestQuote]) + "..."
	}
	return strconv.Quote(text)
}

// span is a range as people say it: first and last id.
func span(r idmap.Range) string {
	if r.Count() == 1 {
		return decimal(r.Start())
	}
	return decimal(r.Start()) + "-" + decimal(r.End()-1)
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

// count is a number with its noun: "1 line", "2 lines".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// mostNamed is how many names a message has.
const mostNamed = 4

// list is the first names, and how many more there are.
func list(names []string) string {
	if len(names) <= mostNamed {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:mostNamed], ", ") + " and " + strconv.Itoa(len(names)-mostNamed) + " more"
}

// octal is a mode as chmod(1) takes it.
func octal(mode uint32) string { return strconv.FormatUint(uint64(mode), 8) }
