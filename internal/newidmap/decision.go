package newidmap

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/output"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// Decision is what a run came to, with the facts that a record of it needs. What was not reached is zero.
type Decision struct {
	Kind      idmap.Kind
	Caller    privilege.Caller
	UID, GID  uint32          // the caller's real ids
	Names     []string        // the caller's login names
	Arguments []string        // the command line as it was given, without the program's name
	Target    idmap.Target    // the process as the caller named it
	PID       int             // its pid, 0 if it is not known
	Asked     []idmap.Mapping // what was asked for, once it was understood
	Rules     []idmap.Rule    // why each mapping is allowed; the last one is NoRule in a refusal
	Source    string          // who was asked for the grants, a file or SSSD; "" if nobody was
	Granted   []subid.Grant   // its lines, or ranges, that granted something of what was asked for
	Slips     subid.Slips     // of a refusal: the lines of the file that mean the caller and are of no use
	DenyGroup bool            // setgroups(2) has to be denied in the namespace
	Warning   string          // something that did not stop the run
	Notes     []string        // what shadow says where it uses the files in the place of a module, each a line
	Err       error           // nil: granted, and the map is written
	Why       verdict.Verdict // of Err, in words
}

// fail returns d with an error.
func (d Decision) fail(err error) Decision {
	d.Err = err
	return d
}

// status is the exit status.
func (d Decision) status() int {
	if d.Err != nil {
		return 1
	}
	return 0
}

// text is what is printed: nothing after a plain success.
func (d Decision) text() []byte {
	var text []byte
	for _, note := range d.Notes {
		text = append(verdict.Printable(text, note), '\n')
	}
	if d.Warning != "" {
		text = append(append(append(text, d.Kind.Program()...), ": "...), d.Warning...)
		text = append(text, '\n')
	}
	if d.Err != nil {
		text = append(text, d.Why.Text(d.Kind.Program(), d.Kind.Usage())...)
	}
	return text
}

// finish prints text, and returns the exit status: 1 where standard output does not take it. Nothing is held.
func finish(caller privilege.Caller, fd int, text []byte, status int) int {
	if len(text) > 0 {
		printer := output.Printer{Caller: caller}
		if err := printer.Write(fd, text); err != nil && fd == unix.Stdout {
			return 1
		}
	}
	return status
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
