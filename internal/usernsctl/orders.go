package usernsctl

import (
	"errors"
	"math"
	"strings"

	"userns-helpers/internal/text/number"
	"userns-helpers/internal/usernsctl/grant"
	"userns-helpers/internal/usernsctl/limits"
)

// order is the command line of grant or revoke: these write, so that each option is one that the command heeds.
type order struct {
	grant.Order
	words          []string
	missing, keep  bool
	json, help     bool
	uidMin, uidMax bool // were given
}

// parseGrant reads what follows grant.
func parseGrant(arguments []string) (order, error) {
	o, err := parseOrder(arguments, map[string]setter{
		"--count": (*order).setCount, "--start": (*order).setStart, "--nics": (*order).setNICs, "--kubelet": (*order).setPods,
		"--uid-min": (*order).setUIDMin, "--uid-max": (*order).setUIDMax, "--limits": (*order).setLimits,
	}, map[string]func(*order){
		"--missing": func(o *order) { o.missing = true }, "--own-bridge": func(o *order) { o.OwnBridge = true },
	})
	if err != nil || o.help {
		return o, err
	}
	return o, o.coherent()
}

// parseRevoke reads what follows revoke.
func parseRevoke(arguments []string) (order, error) {
	o, err := parseOrder(arguments, nil, map[string]func(*order){"--keep-reserved": func(o *order) { o.keep = true }})
	if err != nil || o.help {
		return o, err
	}
	return o, o.oneUser()
}

// parseEdit reads what follows edit.
func parseEdit(arguments []string) (order, grant.Correction, error) {
	var c grant.Correction
	o, err := parseOrder(arguments, nil, nil)
	if err != nil || o.help {
		return o, c, err
	}
	switch n := len(o.words); {
	case n == 0 || n == 2 || n > 4:
		return o, c, errors.New("edit wants a file, and for one of its lines the number, what it begins or ends with, and what it is to end with")
	case n > 2 && o.words[2] == "", n > 3 && o.words[3] == "":
		return o, c, errors.New("what a line begins or ends with cannot be nothing")
	}
	c.File, c.DryRun = o.words[0], o.DryRun
	if len(o.words) > 1 {
		line, err := numeral("the line", o.words[1], math.MaxInt32)
		if err != nil {
			return o, c, err
		}
		c.Line, c.Old = int(line), o.words[2]
	}
	if len(o.words) > 3 {
		c.End = o.words[3]
	}
	return o, c, nil
}

// setter sets an option with a value.
type setter func(*order, string) error

// parseOrder reads options, wherever they stand, and words.
func parseOrder(arguments []string, valued map[string]setter, plain map[string]func(*order)) (order, error) {
	var o order
	for len(arguments) > 0 {
		argument := arguments[0]
		arguments = arguments[1:]
		name, value, joined := strings.Cut(argument, "=")
		set, takesValue := valued[name]
		switch {
		case argument == "--":
			o.words = append(o.words, arguments...)
			return o, nil
		case !strings.HasPrefix(argument, "-") || argument == "-":
			o.words = append(o.words, argument)
		case takesValue:
			if !joined {
				if len(arguments) == 0 {
					return o, errors.New(name + " wants a value")
				}
				value, arguments = arguments[0], arguments[1:]
			}
			if err := set(&o, value); err != nil {
				return o, err
			}
		case !o.turnOn(argument, plain):
			return o, errors.New(quote(name) + " is not an option here" + meant(name, optionNames()))
		}
	}
	return o, nil
}

// turnOn sets an option without a value, and reports whether there is one of that name.
func (o *order) turnOn(name string, plain map[string]func(*order)) bool {
	set, known := plain[name]
	switch {
	case known:
		set(o)
	case name == "--dry-run":
		o.DryRun = true
	case name == "--json":
		o.json = true
	case name == "--help" || name == "-h":
		o.help = true
	default:
		return false
	}
	return true
}

// kubelet is the account whose ranges kubelet gives to pods.
const kubelet = "kubelet"

// coherent fails where options contradict each other.
func (o *order) coherent() error {
	switch {
	case o.missing && o.Pods > 0, o.Pods > 0 && (o.Count > 0 || o.Fixed && o.Start%65536 != 0):
		return errors.New("--kubelet says how many IDs there are and that they are aligned, and goes with neither --count nor --missing")
	case o.missing && (o.Fixed || len(o.words) > 0 || len(o.NICs) > 0):
		return errors.New("--missing is for all users, and goes with none of a user, --start and --nics")
	case (o.missing || o.Pods > 0) && (o.OwnBridge || !o.Limits.None()):
		return errors.New("--own-bridge and --limits are for one user")
	case !o.missing && (o.uidMin || o.uidMax):
		return errors.New("--uid-min and --uid-max say who is meant by --missing")
	case o.missing:
		return nil
	case o.Pods > 0 && len(o.words) == 0:
		o.User = kubelet
		return nil
	case o.Pods > 0:
		return errors.New("--kubelet is for the user " + kubelet)
	}
	return o.oneUser()
}

// oneUser takes the only word as the user.
func (o *order) oneUser() error {
	if len(o.words) != 1 || o.words[0] == "" {
		return errors.New("one user is wanted")
	}
	o.User = o.words[0]
	return nil
}

// numeral is a number from 1 to most.
func numeral(name, value string, most uint64) (uint64, error) {
	n, err := number.Decimal(value)
	if err != nil || n == 0 || n > most {
		return 0, errors.New(name + " wants a number from 1 to " + decimal(most) + ", and got " + quote(value))
	}
	return n, nil
}

func (o *order) setCount(value string) (err error) {
	o.Count, err = numeral("--count", value, math.MaxUint32)
	return err
}

func (o *order) setStart(value string) (err error) {
	o.Start, err = numeral("--start", value, math.MaxUint32-1)
	o.Fixed = true
	return err
}

func (o *order) setPods(value string) (err error) {
	o.Pods, err = numeral("--kubelet", value, 65535)
	return err
}

func (o *order) setUIDMin(value string) (err error) {
	o.UIDMin, err = numeral("--uid-min", value, math.MaxUint32-1)
	o.uidMin = true
	return err
}

func (o *order) setUIDMax(value string) (err error) {
	o.UIDMax, err = numeral("--uid-max", value, math.MaxUint32-1)
	o.uidMax = true
	return err
}

func (o *order) setLimits(value string) (err error) {
	if o.Limits, err = limits.Parse(value); err != nil {
		return errors.New("--limits: " + err.Error())
	}
	return nil
}

func (o *order) setNICs(value string) error {
	i := strings.LastIndexByte(value, '=')
	if i < 0 {
		return errors.New("--nics wants BRIDGE=NUMBER, and got " + quote(value))
	}
	n, err := numeral("--nics "+value[:i], value[i+1:], math.MaxUint32)
	for _, nic := range o.NICs {
		if nic.Bridge == value[:i] {
			return errors.New("--nics names the bridge " + quote(nic.Bridge) + " twice")
		}
	}
	o.NICs = append(o.NICs, grant.NIC{Bridge: value[:i], Number: uint32(n)})
	return err
}
