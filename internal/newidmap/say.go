package newidmap

import (
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/output"
	"userns-helpers/internal/newidmap/whynot"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// say prints text, which callers can make fail as they like, and returns the exit status where text is all that was asked
// for: 1 if it was not written. Nothing is held.
func (r *run) say(fd int, text []byte) int {
	if len(text) > 0 {
		printer := output.Printer{Caller: r.caller}
		if printer.Write(fd, text) != nil {
			return 1
		}
	}
	return 0
}

// remarks are lines about what did not stop the run.
func (r *run) remarks() []byte {
	var text []byte
	if r.answered != nil { // lines that are whole
		for _, note := range r.answered.Notes {
			text = append(verdict.Printable(text, note), '\n')
		}
		return text
	}
	if r.facts.Grants != nil {
		for _, note := range r.facts.Grants.Notes {
			text = append(verdict.Printable(text, note), '\n')
		}
	}
	if r.lenient {
		text = append(text, verdict.Verdict{Headline: whynot.Lenient}.Text(r.kind.Program(), "")...)
	}
	return text
}

// inform returns what --help and --version print, nil for any other command line.
func inform(kind idmap.Kind, arguments []string) []byte {
	if len(arguments) != 1 {
		return nil
	}
	switch arguments[0] {
	case "--help":
		return append(append([]byte(kind.Usage()), "\n"...), help(kind)...)
	case "--version":
		return []byte(kind.Program() + " (userns-helpers) " + paths.Version() + "\n")
	}
	return nil
}

// help explains the usage line.
func help(kind idmap.Kind) string {
	word := kind.Word()
	return "Sets the " + word + " map of the user namespace of a process of yours.\n" +
		"  <pid>       the process; fd:<pidfd> is an open /proc/PID or a pidfd\n" +
		"  <" + word + ">       the first id inside the namespace\n" +
		"  <lower" + word + ">  the first id outside, granted to you in /etc/sub" + word + ", or your own id\n" +
		"  <count>     how many ids\n"
}
