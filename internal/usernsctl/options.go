package usernsctl

import (
	"errors"
	"math"
	"slices"
	"strings"

	"userns-helpers/internal/text/number"
	"userns-helpers/internal/usernsctl/finding"
)

// options are those of the command line.
type options struct {
	all, commands, guard, json, quiet, svg, help, version bool
	path, since, user, file                               string
	level                                                 finding.Level // "": nobody says
	pid                                                   int           // 0: none
	command                                               string        // the first word
	given                                                 []string      // the long names of the options that were given
}

// option is one that some command takes.
type option struct {
	name  string
	short string // "-q"
	value string // what its value is; "": it takes none
	brief string
}

// allOptions are the options of all commands.
func allOptions() []option {
	return []option{
		{"--all", "", "", "do not shorten long answers"},
		{"--commands", "", "", "print what puts it right, for root's shell"},
		{"--count", "", "NUMBER", "how many IDs, if not SUB_UID_COUNT of login.defs"},
		{"--dry-run", "", "", "show what would be written, to anybody"},
		{"--file", "", "FILE", "a log of the kernel's audit or of syslog"},
		{"--guard", "", "", "with nic: the filter of the interface, in words and instructions"},
		{"--help", "-h", "", "say what the command does"},
		{"--json", "", "", "answer programs"},
		{"--keep-reserved", "", "", "never give the IDs to anybody again"},
		{"--kubelet", "", "PODS", "65536 IDs a pod for the user kubelet, aligned"},
		{"--level", "", "LEVEL", "the lowest that is shown and counts: error, warning, note"},
		{"--limits", "", "LIMITS", "tasks=N,memory=SIZE,cpu=PERCENT: of all processes together"},
		{"--missing", "", "", "all users with a login shell and no IDs"},
		{"--nics", "", "BRIDGE=N", "how many interfaces on which bridge"},
		{"--own-bridge", "", "", "a bridge of the user alone, with addresses for containers"},
		{"--path", "", "DIRECTORIES", "where shells find programs, if not by login.defs"},
		{"--pid", "", "PID", "why this process would be refused"},
		{"--quiet", "-q", "", "only findings that count"},
		{"--since", "", "TIME", "only what is not older: 90m, 12h, 7d, 4w, a date, or @SECONDS"},
		{"--start", "", "ID", "the first of the IDs, if not the lowest that are free"},
		{"--svg", "", "", "a picture, for a page or a browser"},
		{"--uid-max", "", "ID", "with --missing: the last user"},
		{"--uid-min", "", "ID", "with --missing: the first user"},
		{"--user", "", "USER", "only what concerns this user"},
		{"--version", "", "", "print the version"},
	}
}

// optionOf is an option by its name, long or short; without a name if there is none.
func optionOf(name string) option {
	for _, o := range allOptions() {
		if name == o.name || name == o.short && name != "" {
			return o
		}
	}
	return option{}
}

// optionNames are those of all options.
func optionNames() []string {
	var all []string
	for _, o := range allOptions() {
		all = append(all, o.name)
	}
	return all
}

// parse takes the options out of the arguments, wherever they stand, and returns the words.
func (o *options) parse(arguments []string) ([]string, error) {
	var words []string
	for i := 0; i < len(arguments); i++ {
		argument := arguments[i]
		if argument == "--" {
			words = append(words, arguments[i+1:]...)
			if len(words) > 0 {
				o.command = words[0]
			}
			return words, nil
		}
		if !strings.HasPrefix(argument, "-") || argument == "-" {
			if words = append(words, argument); len(words) == 1 {
				o.command = argument
			}
			continue
		}
		name, value, joined := strings.Cut(argument, "=")
		known := optionOf(name)
		switch {
		case known.name == "":
			return nil, errors.New(quote(name) + " is not an option" + meant(name, optionNames()))
		case joined && known.value == "":
			return nil, errors.New(quote(argument) + " is not an option with a value")
		case known.value != "" && !joined:
			if i++; i == len(arguments) {
				return nil, errors.New(name + " needs a value")
			}
			value = arguments[i]
		}
		if err := o.set(known.name, value); err != nil {
			return nil, err
		}
		o.given = append(o.given, known.name)
	}
	return words, nil
}

// set sets one option. Those of commands that write are read by these themselves.
func (o *options) set(name, value string) error {
	switch name {
	case "--path":
		if o.path = value; value == "" {
			return errors.New("--path needs a value")
		}
	case "--since":
		o.since = value
	case "--user":
		o.user = value
	case "--file":
		o.file = value
	case "--level":
		if o.level = finding.Level(value); !slices.Contains(finding.Levels(), o.level) {
			return errors.New(quote(value) + " is not a level: error, warning or note")
		}
	case "--pid":
		pid, err := number.Decimal(value)
		if err != nil || pid == 0 || pid > math.MaxInt32 {
			return errors.New(quote(value) + " is not a process ID")
		}
		o.pid = int(pid)
	case "--all":
		o.all = true
	case "--commands":
		o.commands = true
	case "--guard":
		o.guard = true
	case "--json":
		o.json = true
	case "--quiet":
		o.quiet = true
	case "--svg":
		o.svg = true
	case "--help":
		o.help = true
	case "--version":
		o.version = true
	}
	return nil
}

// unheeded is why a command does not take the options that were given; "" if it takes all.
func (o *options) unheeded(c command) string {
	for _, name := range o.given {
		if !c.takes(name) {
			return name + " is not an option of " + c.name
		}
	}
	return ""
}
