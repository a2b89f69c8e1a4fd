package usernsctl

import (
	"errors"
	"strconv"
	"strings"

	"userns-helpers/internal/account"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernic"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernic/whynot"
	"userns-helpers/internal/usernsctl/assembly"
	"userns-helpers/internal/usernsctl/hostcheck"
	"userns-helpers/internal/usernsctl/nicview"
	"userns-helpers/internal/usernsctl/policyview"
)

// explainNIC answers whether lxc-user-nic would make an interface for a user on a bridge.
func (a asker) explainNIC(name, bridge string) reply {
	r := reply{Answer: yes, By: []by{}, Question: name + ": make an interface on " + bridge + " with lxc-user-nic"}
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
		Refuses: nicview.WouldRefuse, NextPort: nicview.NextPort,
	})
	if err != nil {
		r.notGiven(err, whynot.Eyes{Do: func(f func() error) error { return f() }, Standing: answer.Standing})
	}
	r.rooms(answer)
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

// notGiven says why there would be no interface, and which lines seem to have been meant.
func (r *reply) notGiven(err error, eyes whynot.Eyes) {
	r.refuse(whynot.Explain(err, eyes))
	var refused *plan.NotGranted
	if !errors.As(err, &refused) {
		return
	}
	for _, e := range whynot.Around(refused, eyes).Near.Slips {
		r.Slips = append(r.Slips, slip{paths.Usernet(), e.Line, e.Fault.ID(), printable(e.Text), e.Why()})
	}
}

// rooms says what each line that applies has left.
func (r *reply) rooms(a usernic.Answer) {
	for _, room := range a.Rooms {
		left := room.Allotment.Quota - room.Taken
		r.By = append(r.By, by{
			File: paths.Usernet(), Line: room.Allotment.Line, Left: left,
			Rule: "grants " + strconv.FormatUint(room.Allotment.Quota, 10) + " to " + room.Allotment.Owner + ": " +
				strconv.FormatUint(room.Taken, 10) + " live, " + strconv.FormatUint(left, 10) + " are left",
		})
	}
	if len(a.Rooms) > 0 && !a.Whole {
		r.Remarks = append(r.Remarks, "Counted by "+paths.Ledger()+"; only root can see the slots, which are what counts.")
	}
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
		r.Remarks = append(r.Remarks, "In the filter 02:00:00:00:00:00 stands for the interface's own address.")
	case r.Answer == yes:
		r.Remarks = append(r.Remarks, "The interface would get no filter.")
	}
}
