package usernic

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/nearby"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// NoLine is the refusal of an interface that no line of lxc-usernet(5) allows.
type NoLine struct {
	Who    netquota.Account
	Place  netquota.Place
	NoFile bool        // there is no such file
	Doubt  string      // why some of the groups may have names that are not known; "" if none may
	Near   nearby.Near // what the file has instead, as far as the caller may read it
	Unfit  string      // what is wrong with the bridge, "" if nothing is, or nobody looked

	of privilege.Standing // whose files are believed
}

// Error is the text of the refusal.
func (e *NoLine) Error() string { return e.refusal().Error() }

// refusal is the refusal in words.
func (e *NoLine) refusal() *verdict.Refusal {
	if e.NoFile {
		return &verdict.Refusal{
			Headline: "No " + paths.Usernet(),
			Advice:   "without that file no user may create interfaces; " + e.advice(),
		}
	}
	return &verdict.Refusal{
		Headline: "User " + quoted(e.Who.Names[0]) + " may not create interfaces on " + quoted(e.Place.Bridge),
		Advice:   "no line of " + paths.Usernet() + " allows it; " + e.nearby() + e.advice() + behind(e.Doubt),
	}
}

// advice is what to do: a line for a bridge that is none would not help.
func (e *NoLine) advice() string {
	line := e.Who.Names[0] + " " + e.Place.Type + " " + e.Place.Bridge + " 1"
	switch {
	case e.Unfit != "":
		return "a line would not help: " + e.Unfit
	case slices.ContainsFunc(e.Near.Slips, func(slip nearby.Entry) bool { return slip.Fault != nearby.NoAt }):
		return "an administrator can correct it: " + line
	}
	return "an administrator can add the line: " + line
}

// nearby is what the file has that could have been meant, each part with a semicolon behind.
func (e *NoLine) nearby() string {
	text := ""
	for _, slip := range e.Near.Slips {
		text += "line " + strconv.Itoa(slip.Line) + " (" + strconv.Quote(slip.Text) + ") does not: " + slip.Why() + "; "
	}
	if e.Near.More.Slips > 0 {
		text += strconv.Itoa(e.Near.More.Slips) + " more lines do not; "
	}
	if len(e.Near.Bridges) > 0 {
		text += e.Who.Names[0] + " has lines for " + strings.Join(e.Near.Bridges, ", ") + andMore(e.Near.More.Bridges) + "; "
	}
	for i, group := range e.Near.Groups {
		if i == 0 {
			text += "membership in a group would do: "
		} else {
			text += ", "
		}
		text += group.Rule.Owner + " (line " + strconv.Itoa(group.Line) + ")"
	}
	if len(e.Near.Groups) > 0 {
		text += andMore(e.Near.More.Groups) + "; "
	}
	return text
}

func andMore(n int) string {
	if n == 0 {
		return ""
	}
	return " and " + strconv.Itoa(n) + " more"
}

// explained completes a refusal by what stands in the file instead and by what is wrong with the bridge, and puts it into
// words; any other error it leaves as it is. It looks with the caller's rights, which do gives: whoever may not read the
// file is told of no line of it.
func explained(err error, do func(func() error) error) (nearby.Near, error) {
	var refused *NoLine
	if !errors.As(err, &refused) {
		return nearby.Near{}, err
	}
	if looked := do(func() error {
		refused.look()
		return nil
	}); looked != nil {
		return nearby.Near{}, looked
	}
	return refused.Near, refused.refusal()
}

// look looks at the file and at the bridge.
func (e *NoLine) look() {
	if file, err := trusted.Open(paths.Usernet(), e.of); err == nil {
		defer file.Close()
		e.Near, _ = nearby.Nearby(file, e.Who, e.Place)
	}
	if conn, err := rtnl.Dial(); err == nil {
		e.Unfit = unfit(conn, e.Place.Bridge)
	}
}

// unfit says why no interface could be made on a bridge, whoever asked; "" if one could, or it is not known. Open vSwitch
// is not asked whether a device is its bridge.
func unfit(conn *rtnl.Conn, name string) string {
	if name == ifname.None {
		return ""
	}
	device, err := conn.Device(name)
	switch {
	case errors.Is(err, unix.ENODEV):
		return "there is no interface " + quoted(name) + " on this host: create the bridge, or name another one in the container's configuration"
	case err != nil:
		return ""
	case device.Name != name:
		return quoted(name) + " is an alternative name of " + quoted(device.Name) + ": use that name"
	case device.Kind != rtnl.KindBridge && device.Kind != rtnl.KindOpenVSwitch && device.Kind != rtnl.KindTun:
		return quoted(name) + " is not a bridge, but an interface of kind " + kindOf(device)
	}
	return ""
}
