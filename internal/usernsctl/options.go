package usernsctl

import (
	"errors"
	"math"
	"slices"
	"strings"

	"userns-helpers/internal/text/number"
	"userns-helpers/internal/usernsctl/finding"
)

// options are those of the command line; which of them a command heeds is its business.
type options struct {
	all, guard, json, quiet, help, version bool
	path                                   string
	level                                  finding.Level // "": nobody says
	pid                                    int           // 0: none
}

// parse takes the options out of the arguments, wherever they stand, and returns the words.
func (o *options) parse(arguments []string) ([]string, error) {
	var words []string
	for i := 0; i < len(arguments); i++ {
		argument := arguments[i]
		if argument == "--" {
			return append(words, arguments[i+1:]...), nil
		}
		if !strings.HasPrefix(argument, "-") || argument == "-" {
			words = append(words, argument)
			continue
		}
		name, value, joined := strings.Cut(argument, "=")
		if takesValue(name) && !joined {
			i++
			if i == len(arguments) {
				return nil, errors.New(name + " needs a value")
			}
			value = arguments[i]
		}
		if err := o.set(name, value, joined); err != nil {
			return nil, err
		}
	}
	return words, nil
}

func takesValue(name string) bool { return name == "--path" || name == "--pid" || name == "--level" }

// set sets one option.
func (o *options) set(name, value string, joined bool) error {
	switch {
	case name == "--path" && value != "":
		o.path = value
	case name == "--level":
		if o.level = finding.Level(value); !slices.Contains(finding.Levels(), o.level) {
			return errors.New(quote(value) + " is not a level: error, warning or note")
		}
	case name == "--pid":
		pid, err := number.Decimal(value)
		if err != nil || pid == 0 || pid > math.MaxInt32 {
			return errors.New(quote(value) + " is not a process ID")
		}
		o.pid = int(pid)
	case joined || takesValue(name):
		return errors.New(quote(name+"="+value) + " is not an option with a value")
	default:
		return o.turnOn(name)
	}
	return nil
}

// turnOn sets an option without a value.
func (o *options) turnOn(name string) error {
	switch name {
	case "--all":
		o.all = true
	case "--guard":
		o.guard = true
	case "--json":
		o.json = true
	case "--quiet", "-q":
		o.quiet = true
	case "--help", "-h":
		o.help = true
	case "--version":
		o.version = true
	default:
		return errors.New(quote(name) + " is not an option")
	}
	return nil
}
