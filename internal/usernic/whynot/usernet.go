package whynot

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/nearby"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/usernic/plan"
)

// Surroundings are what could have been meant where no line grants an interface.
type Surroundings struct {
	Near  nearby.Near    // what the file has instead
	Unfit verdict.Reason // why no interface could be made on the bridge, whoever asked; nil if one could, or nobody looked
}

// Around looks at the file and at the bridge: whoever may not read the file is told of no line of it. Open vSwitch is not
// asked whether a device is its bridge.
func Around(e *plan.NotGranted, eyes Eyes) (s Surroundings) {
	if eyes.Do == nil {
		return s
	}
	_ = eyes.Do(func() error {
		if file, err := trusted.Open(paths.Usernet(), eyes.Standing); err == nil {
			defer file.Close()
			s.Near, _ = nearby.Nearby(file, e.Person.Account, e.Place)
		}
		s.Unfit = fitness(e.Place.Bridge)
		return nil
	})
	return s
}

// fitness says why no interface could be made on a bridge, nil if one could, or it is not known.
func fitness(name string) (unfit verdict.Reason) {
	if name == ifname.None {
		return nil
	}
	device, err := look(name)
	if errors.Is(err, unix.ENODEV) {
		err = nil // one without a name
	}
	if err == nil {
		_, _, unfit = plan.Connect(name, plan.Device{Name: device.Name, Kind: device.Kind}, nil)
	}
	return unfit
}

// look asks the kernel for a device.
func look(name string) (rtnl.Device, error) {
	conn, err := rtnl.Dial()
	if err != nil {
		return rtnl.Device{}, err
	}
	return conn.Device(name)
}

// notGranted says what stands in the file instead, and what to do.
func notGranted(e *plan.NotGranted, s Surroundings) verdict.Verdict {
	user := e.Person.Account.Names[0]
	v := verdict.Verdict{Refused: true}
	if e.NoFile {
		v.Headline = "No " + paths.Usernet()
		v.Advice = "without that file no user may create interfaces; " + s.advice(user, e.Place)
		return v
	}
	v.Headline = "User " + quoted(user) + " may not create interfaces on " + quoted(e.Place.Bridge)
	v.Advice = "no line of " + paths.Usernet() + " allows it; " + s.nearby(user) + s.advice(user, e.Place) + missingGroups(e.Person.Doubt)
	return v
}

// advice is what to do: a line for something else than a bridge would not help.
func (s Surroundings) advice(user string, place netquota.Place) string {
	line := user + " " + place.Type + " " + place.Bridge + " 1"
	switch {
	case s.Unfit != nil:
		return "a line would not help: " + unfit(s.Unfit)
	case slices.ContainsFunc(s.Near.Slips, func(slip nearby.Entry) bool { return slip.Fault != nearby.NoAt }):
		return "an administrator can correct it: " + line
	}
	return "an administrator can add the line: " + line
}

// nearby is what the file has that could have been meant, each part with a semicolon after it.
func (s Surroundings) nearby(user string) string {
	text := ""
	for _, slip := range s.Near.Slips {
		text += "line " + strconv.Itoa(slip.Line) + " (" + strconv.Quote(slip.Text) + ") does not: " + slip.Why() + "; "
	}
	if s.Near.More.Slips > 0 {
		text += strconv.Itoa(s.Near.More.Slips) + " more lines do not; "
	}
	if len(s.Near.Bridges) > 0 {
		text += user + " has lines for " + strings.Join(s.Near.Bridges, ", ") + andMore(s.Near.More.Bridges) + "; "
	}
	var groups []string
	for _, group := range s.Near.Groups {
		groups = append(groups, group.Rule.Owner+" (line "+strconv.Itoa(group.Line)+")")
	}
	if len(groups) > 0 {
		text += "membership in a group would do: " + strings.Join(groups, ", ") + andMore(s.Near.More.Groups) + "; "
	}
	return text
}

func andMore(n int) string {
	if n == 0 {
		return ""
	}
	return " and " + strconv.Itoa(n) + " more"
}

// usernetUnread says why the file of grants was not read.
func usernetUnread(e *UsernetUnread) verdict.Verdict {
	if file := untrusted(e.Err); file != nil {
		return verdict.Verdict{
			Refused: true, Headline: "Refused to read " + paths.Usernet(), Err: e.Err,
			Advice: "the file " + file.Reason() + ": anybody who can write to it grants interfaces, so " + file.Remedy(),
		}
	}
	return verdict.Verdict{Headline: "Failed to open " + paths.Usernet(), Advice: e.Err.Error(), Err: e.Err}
}
