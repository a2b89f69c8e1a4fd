// Package nearby says what is wrong with a line of lxc-usernet(5), and which lines may have been meant for somebody to whom
// the file grants nothing. What it finds grants nothing: it is for messages.
package nearby

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/text/lines"
)

// Near is what lxc-usernet has for an account that is granted nothing at a place: for a message.
type Near struct {
	Slips   []Entry                              // lines that mean the account and grant it nothing there, in file order, at most 4
	Bridges []string                             // bridges on which the account is granted interfaces, in file order, each once, at most 8
	Groups  []Entry                              // lines that grant interfaces there to groups that the account is not in, in file order, at most 4
	More    struct{ Slips, Bridges, Groups int } // how many more there are, at least
}

// Limits of what is kept.
const (
	mostSlips   = 4
	mostGroups  = 4
	mostBridges = 8
)

// Nearby reads usernet for what could have been meant for who at place. What it finds grants nothing. Memory does not grow
// with the file. Errors: those of usernet; the Near returned with one is that of the lines in front of it.
func Nearby(usernet io.Reader, who netquota.Account, place netquota.Place) (Near, error) {
	var n Near
	err := Inspect(usernet, func(e Entry, line []byte) { n.take(e, line, who, place) })
	return n, err
}

// Inspect calls each for every line of lxc-usernet(5) that says something, in file order: all but comments and empty
// ones. What has no fault is what Allotments adds up, since both ask ParseRule. Errors: those of usernet, after the lines
// in front of it.
func Inspect(usernet io.Reader, each func(e Entry, line []byte)) error {
	_, err := lines.Each(usernet, kept, kept, func(line []byte, number int, _ bool) {
		line = lines.WithoutReturn(line)
		if len(bytes.Trim(netquota.WithoutComment(line), netquota.Blanks)) > 0 {
			each(inspect(line, number), line)
		}
	})
	return err
}

// take takes note of a line.
func (n *Near) take(e Entry, line []byte, who netquota.Account, place netquota.Place) {
	switch {
	case slip(who, &e, line, place):
		n.addSlip(e)
	case e.Fault != NoFault || e.Rule.Place.Type != place.Type:
	case who.Owns(e.Rule.Owner):
		n.addBridge(e.Rule.Place.Bridge)
	case e.Rule.Owner[0] == '@' && e.Rule.Place == place:
		n.addGroup(e)
	}
}

func (n *Near) addSlip(e Entry) {
	if len(n.Slips) < mostSlips {
		n.Slips = append(n.Slips, e)
		return
	}
	n.More.Slips++
}

func (n *Near) addBridge(name string) {
	switch {
	case slices.Contains(n.Bridges, name):
	case len(n.Bridges) < mostBridges:
		n.Bridges = append(n.Bridges, name)
	default:
		n.More.Bridges++
	}
}

func (n *Near) addGroup(e Entry) {
	if len(n.Groups) < mostGroups {
		n.Groups = append(n.Groups, e)
		return
	}
	n.More.Groups++
}

// slip completes the fault of a line that means the account and is about the place, and reports whether there is one.
func slip(a netquota.Account, e *Entry, line []byte, place netquota.Place) bool {
	if e.Fault != NoFault && e.Fault != Zero && e.Fault != NoOwner {
		return meant(a, line) && (e.Fault == FewWords || mentions(line, place.Bridge))
	}
	at := e.Rule.Place
	if e.Fault != NoOwner && at.Bridge == place.Type && at.Type == place.Bridge && a.Owns(e.Rule.Owner) {
		e.Fault = Order
		return true
	}
	if !strings.EqualFold(at.Bridge, place.Bridge) || e.Fault == NoOwner {
		return false
	}
	fault := faultOfOwner(a, e.Rule.Owner)
	switch {
	case fault == NoFault && !a.Owns(e.Rule.Owner):
		return false
	case fault != NoFault:
		e.Fault = fault
	case e.Fault == Zero:
	case at.Type != place.Type:
		e.Fault = Type
	case at.Bridge != place.Bridge:
		e.Fault = BridgeCase
	default:
		return false
	}
	return true
}

// faultOfOwner says why an owner that means the account is not the account; NoFault if it is, or does not mean it.
func faultOfOwner(a netquota.Account, owner string) Fault {
	bare := strings.Trim(strings.TrimPrefix(owner, mark), "\"'\u00a0")
	user, group := bare, ""
	if name, isGroup := strings.CutPrefix(bare, "@"); isGroup {
		user, group = "", name
	}
	is := func(names []string, name string) bool {
		return name != "" && slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	}
	switch {
	case a.Owns(owner):
		return NoFault
	case strings.HasPrefix(owner, mark) && (is(a.Names, user) || is(a.Groups, group)):
		return Mark
	case bare != owner && (is(a.Names, user) || is(a.Groups, group)):
		return Quoted
	case is(a.Names, user), is(a.Groups, group):
		return Case
	case user == strconv.FormatUint(uint64(a.UID), 10):
		return UserID
	case group != "" && strings.Trim(group, "0123456789") == "":
		return GroupID
	case is(a.Groups, user):
		return NoAt
	case is(a.Names, group):
		return At
	}
	return NoFault
}

// mark is the byte order mark that some editors put in front of a file.
const mark = "\ufeff"

// meant reports whether a line that cannot be understood begins with a name of the account's, the user id, or a group of
// the account's, in whatever case.
func meant(a netquota.Account, line []byte) bool {
	text := bytes.TrimLeft(bytes.TrimPrefix(bytes.TrimLeft(line, netquota.Blanks+"\x00"), []byte(mark)), netquota.Blanks+"\"'\x00")
	text = bytes.TrimPrefix(text, []byte("\u00a0"))
	group, isGroup := bytes.CutPrefix(text, []byte{'@'})
	if isGroup {
		return slices.ContainsFunc(a.Groups, func(name string) bool { return beginsWith(group, name) })
	}
	return beginsWith(text, strconv.FormatUint(uint64(a.UID), 10)) ||
		slices.ContainsFunc(a.Names, func(name string) bool { return beginsWith(text, name) })
}

// beginsWith reports whether text begins with a name, in any case, and something that separates, or nothing.
func beginsWith(text []byte, name string) bool {
	if len(text) < len(name) || !strings.EqualFold(string(text[:len(name)]), name) {
		return false
	}
	rest := bytes.TrimLeft(text[len(name):], "\"'\x00")
	return len(rest) == 0 || len(rest) < len(text)-len(name) || bytes.IndexFunc(rest, isSeparator) == 0
}

// mentions reports whether a bridge is named somewhere in a line, in any case.
func mentions(line []byte, bridge string) bool {
	return bytes.Contains(bytes.ToLower(line), []byte(strings.ToLower(bridge)))
}
