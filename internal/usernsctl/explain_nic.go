package usernsctl

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"userns-helpers/internal/account"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/usernic"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernic/whynot"
	"userns-helpers/internal/usernsctl/assembly"
	"userns-helpers/internal/usernsctl/hostcheck"
	"userns-helpers/internal/usernsctl/nicview"
	"userns-helpers/internal/usernsctl/obstacle"
	"userns-helpers/internal/usernsctl/policyview"
)

// explainNIC answers whether lxc-user-nic would make an interface for a user on a bridge.
func (a asker) explainNIC(name, bridge string) reply {
	r := replyAbout("nic", name+": make an interface on "+bridge+" with lxc-user-nic")
	if a.pid != 0 {
		r.Question += ", for process " + strconv.Itoa(a.pid)
	}
	user, err := hostcheck.Named(account.Unprivileged(account.Trusted(privilege.Reporter())), name)
	if err != nil {
		r.Answer, r.Reason, r.Advice = no, "there is no such user", err.Error()
		return r
	}
	answer, err := usernic.Inspect(usernic.Question{
		User: user, Groups: hostcheck.GroupsOf(hostcheck.Here(), user.Name), Bridge: bridge, PID: a.pid,
		Refuses: nicview.WouldRefuse, NextPort: nicview.NextPort, Past: obstacle.PastNIC,
	})
	eyes := whynot.Eyes{Do: func(f func() error) error { return f() }, Standing: answer.Standing}
	if err != nil {
		r.refuse(noVainLine(err, answer.Others, whynot.Explain(err, eyes)))
	}
	for _, other := range answer.Others {
		r.refuse(whynot.Explain(other, eyes))
	}
	r.useless(answer, eyes)
	r.rooms(answer)
	r.address(answer)
	r.protections(answer)
	r.traps(answer, user)
	if a.guard {
		r.guard(answer)
	}
	if !answer.Known && r.Answer == yes {
		r.Answer = unknown
		r.Remarks = append(r.Remarks, "The network namespace of process "+strconv.Itoa(a.pid)+" cannot be seen: ask as root, or as "+name+".")
	}
	return r
}

// noVainLine is why no line grants an interface, without the offer of a line where the bridge turns out to be none, or where
// Open vSwitch, which alone could know it as one, says nothing.
func noVainLine(err error, others []error, v verdict.Verdict) verdict.Verdict {
	var none *plan.NotGranted
	vain := func(e error) bool {
		var other *plan.NotABridge
		var failed *whynot.Failed
		return errors.As(e, &other) || errors.As(e, &failed) && failed.At == whynot.AskOVS
	}
	if errors.As(err, &none) && slices.ContainsFunc(others, vain) {
		v.Advice = "no line of " + paths.Usernet() + " allows it, and a line alone would not help: " + strconv.Quote(none.Place.Bridge) + " is not known to be a bridge"
	}
	return v
}

// useless names the lines that seem to be meant for the user here, and grant nothing.
func (r *reply) useless(a usernic.Answer, eyes whynot.Eyes) {
	if len(a.Facts.Person.Account.Names) == 0 {
		return
	}
	near := whynot.Around(&plan.NotGranted{Person: a.Facts.Person, Place: a.Facts.Place}, eyes).Near
	for _, e := range near.Slips {
		r.Slips = append(r.Slips, slip{paths.Usernet(), e.Line, e.Fault.ID(), printable(e.Text), e.Why()})
		if r.Answer == yes {
			r.Remarks = append(r.Remarks, paths.Usernet()+":"+strconv.Itoa(e.Line)+" ("+strconv.Quote(printable(e.Text))+") grants nothing: "+e.Why())
		}
	}
}

// rooms says what each line that applies has left.
func (r *reply) rooms(a usernic.Answer) {
	total := quota{}
	for _, room := range a.Rooms {
		if room.Allotment.Line == 0 {
			continue // a line that was supposed, to find what else is in the way
		}
		left := room.Allotment.Quota - min(room.Allotment.Quota, room.Taken)
		r.By = append(r.By, by{
			File: paths.Usernet(), Line: room.Allotment.Line, Left: left,
			Rule: "grants " + strconv.FormatUint(room.Allotment.Quota, 10) + " to " + room.Allotment.Owner + ": " +
				strconv.FormatUint(room.Taken, 10) + " live, " + strconv.FormatUint(left, 10) + " are left",
		})
		r.Grants = append(r.Grants, granted{
			File: paths.Usernet(), Line: room.Allotment.Line, Owner: room.Allotment.Owner, Quota: room.Allotment.Quota, Live: room.Taken,
		})
		total = quota{total.Granted + room.Allotment.Quota, total.Live + room.Taken, total.Left + left}
	}
	if total.Granted > 0 {
		r.Quota = &total
	}
	if r.Quota != nil && !a.Whole {
		r.Remarks = append(r.Remarks, "Counted by "+paths.Ledger()+"; only root can see the slots, which are what counts.")
	}
}

// address says what the interface's own address is taken from.
func (r *reply) address(a usernic.Answer) {
	choice := a.Facts.Address
	switch {
	case choice == nil:
		return
	case choice.Unseen:
		r.Remarks = append(r.Remarks, "Only root can see which addresses are in use.")
		return
	}
	key, what := nics.Addresses, "gives it an address of its own: "+strconv.Itoa(choice.InUse)+" of "+strconv.Itoa(choice.Of)+" are in use"
	if a.Terms.Fixed.IsValid() {
		key, what = nics.Address, "gives it the address "+a.Terms.Fixed.String()
	}
	r.By = append(r.By, by{File: paths.Policy(), Line: a.Terms.Policy.Where(a.Terms.Subject, key).Line, Rule: what})
}

// protections says what the interface would get, and from where.
func (r *reply) protections(a usernic.Answer) {
	if a.Terms.Policy == nil {
		return
	}
	for _, s := range policyview.Explain(a.Terms.Policy, a.Terms.Subject) {
		from := "built in"
		if s.Level != nics.BuiltIn {
			from = paths.Policy() + ":" + strconv.Itoa(s.Line) + " " + s.Table
		}
		value := strings.Trim(s.Text, `"`)
		if value == "" {
			value = "none"
		}
		r.Settings = append(r.Settings, setting{s.Key, value, from})
	}
}

// guard shows the filter that the interface would get.
func (r *reply) guard(a usernic.Answer) {
	switch {
	case a.Guard.Needed():
		r.Guard = assembly.Text(a.Guard.Filter())
		r.Remarks = append(r.Remarks, "In the filter 02:00:00:00:00:00 stands for the interface's own hardware address.")
		if own := usernic.StandIn(a.Terms); a.Terms.AddressGuard && own.IsValid() && !a.Terms.Fixed.IsValid() {
			r.Remarks = append(r.Remarks, own.String()+" stands for the IPv4 address that it gets.")
		}
	case r.Answer == yes:
		r.Remarks = append(r.Remarks, "The interface would get no filter.")
	}
}
