// Package apply gives interfaces of containers that live the protections that policy.toml(5) gives them.
//
// It promises that what it changes is the interface that was meant, known again by its marks before and after, and nobody
// else's; that it makes of an interface what lxc-user-nic would have made of it, asking the same code; and that what is as it
// should be is not touched. It has the rights of the administrator who calls it and no others, and no program with privilege
// reaches it.
package apply

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/audit"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernic/whynot"
	"userns-helpers/internal/usernsctl/drift"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/nicview"
)

// Order is what is asked for.
type Order struct {
	Names  []string // of interfaces, as they are called or as they were made; none is all
	DryRun bool
}

// The results.
const (
	Applied    = "applied"    // each interface has what the policy gives
	Planned    = "planned"    // nothing was changed, as asked for
	Incomplete = "incomplete" // some have not
)

// Report is what became of an order.
type Report struct {
	Format     int         `json:"format"` // 1
	Result     string      `json:"result"`
	Interfaces []Interface `json:"interfaces"` // that were asked for, by name
}

// Interface is what became of one.
type Interface struct {
	Name      string      `json:"name"`
	User      string      `json:"user"`
	Bridge    string      `json:"bridge"`
	Container string      `json:"container"`
	Changes   []drift.Gap `json:"changes"` // that were made, or would be
	Left      []Left      `json:"left"`    // what was not put right
	Remarks   []string    `json:"remarks"`
}

// Left is something that was not put right.
type Left struct {
	ID  string `json:"id"` // a key of policy.toml(5), or a word below, or that of a reason of lxc-user-nic(1); it never changes
	Why string `json:"why"`
}

// What is not put right of a whole interface.
const (
	Elsewhere = nicview.LeftBridge // it is on no bridge
	Making    = "being-made"
	Foreign   = "other-program" // LXC's own program made it
)

// Refusal is why nothing was done.
type Refusal struct {
	ID      string // its name, for programs, which never changes
	Problem string
	Advice  string
}

// Error is the problem.
func (r *Refusal) Error() string { return r.Problem }

// applier is one order under way.
type applier struct {
	*hands
	host *drift.Host
	plan bool // nothing is changed
}

// Apply carries out an order. Errors: *Refusal; those of netlink.
func Apply(host *drift.Host, view nicview.View, o Order) (Report, error) {
	r := Report{Format: 1, Result: Applied, Interfaces: []Interface{}}
	if unix.Geteuid() != 0 && !o.DryRun {
		return r, &Refusal{"not-root", "only root can change interfaces", "Run it as root; --dry-run shows to anybody what would be changed."}
	}
	chosen, err := choose(view.NICs, o.Names)
	if err != nil {
		return r, err
	}
	conn, handle, err := nicview.Dial()
	if err != nil {
		return r, err
	}
	a := applier{&hands{conn, handle}, host, o.DryRun}
	for _, nic := range chosen {
		if nic.Leaving || nic.UID < 0 {
			continue
		}
		one, err := a.one(nic)
		if err != nil {
			return r, err
		}
		if one != nil {
			r.add(*one)
		}
	}
	if o.DryRun {
		r.Result = Planned
	}
	return r, nil
}

func (r *Report) add(one Interface) {
	r.Interfaces = append(r.Interfaces, one)
	if len(one.Left) > 0 {
		r.Result = Incomplete
	}
}

// choose are the interfaces that are meant.
func choose(all []nicview.NIC, names []string) ([]nicview.NIC, error) {
	if len(names) == 0 {
		return all, nil
	}
	var chosen []nicview.NIC
	for _, name := range names {
		i := slices.IndexFunc(all, func(n nicview.NIC) bool { return n.Name == name })
		if i < 0 {
			i = slices.IndexFunc(all, func(n nicview.NIC) bool { return n.Is.Name == name })
		}
		if i < 0 {
			return nil, &Refusal{"no-such-interface", "no container has an interface " + name + " here", "usernsctl nics lists them."}
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// one puts one interface right; nil if it is there no more.
func (a applier) one(nic nicview.NIC) (*Interface, error) {
	one := &Interface{Name: nic.Name, User: nic.User, Bridge: nic.Bridge, Container: nic.Container, Changes: []drift.Gap{}, Left: []Left{}, Remarks: []string{}}
	switch {
	case nic.Making:
		one.Left = append(one.Left, Left{Making, "lxc-user-nic is making it, or died over it"})
		return one, nil
	case !nic.Ours:
		one.Left = append(one.Left, Left{Foreign, "another program made it: start the container again"})
		return one, nil
	case nic.Bridge == "":
		one.Left = append(one.Left, Left{Elsewhere, "it has left " + nic.MadeOn + ": put it back first (" + finding.Link(nic.Name) + " master " + finding.Word(nic.MadeOn) + ")"})
		return one, nil
	}
	n, is, err := a.host.Again(nic)
	if !is || err != nil {
		return nil, err
	}
	one.refused(n)
	one.Remarks = append(one.Remarks, a.strange(n)...)
	gaps := slices.DeleteFunc(slices.Clone(n.Gaps), func(g drift.Gap) bool { return one.lacks(g.Key) })
	if a.plan || len(gaps) == 0 {
		one.Changes = append(one.Changes, gaps...)
		one.cutOff(n)
		return one, nil
	}
	failed := a.change(n, keysOf(gaps))
	after, is, err := a.host.Again(nic)
	if !is || err != nil {
		return nil, err
	}
	one.settle(after, gaps, failed)
	one.cutOff(after)
	record(*one)
	return one, nil
}

// refused takes note of why an interface cannot have all that it should.
func (one *Interface) refused(n drift.NIC) {
	if n.Refused == nil {
		return
	}
	left := Left{"failed", n.Refused.Error()}
	v := whynot.Explain(n.Refused, whynot.Eyes{})
	if v.ID != "" {
		left = Left{string(v.ID), strings.TrimSpace(v.Headline + ": " + v.Advice)}
	}
	var lacking *plan.Unprotected
	if errors.As(n.Refused, &lacking) {
		left.ID = lacking.Key
	}
	one.Left = append(one.Left, left)
}

// lacks reports whether something is left as it is.
func (one *Interface) lacks(key string) bool {
	return slices.ContainsFunc(one.Left, func(l Left) bool { return l.ID == key })
}

// settle sorts what was to be changed into what was, by a second look, and what was not.
func (one *Interface) settle(after drift.NIC, gaps []drift.Gap, failed map[string]error) {
	left := keysOf(after.Gaps)
	for _, g := range gaps {
		switch {
		case !slices.Contains(left, g.Key):
			one.Changes = append(one.Changes, g)
		case failed[g.Key] != nil:
			one.Left = append(one.Left, Left{g.Key, failed[g.Key].Error()})
		default:
			one.Left = append(one.Left, Left{g.Key, "the kernel did not take it"})
		}
	}
}

// keysOf are the keys of gaps.
func keysOf(gaps []drift.Gap) []string {
	var keys []string
	for _, g := range gaps {
		keys = append(keys, g.Key)
	}
	return keys
}

// cutOff remarks that a container that speaks from another address than its own has no network by what the policy says.
func (one *Interface) cutOff(n drift.NIC) {
	bound := n.Terms.Policy != nil && (n.Terms.MACLock && n.Link.Kind == plan.Linux || n.Terms.FrameGuard)
	if !bound || n.Inside == (netquota.MAC{}) || n.Inside == n.Is.MAC {
		return
	}
	one.Remarks = append(one.Remarks, "The container speaks as "+nicview.MACText(n.Inside)+" and may speak as "+nicview.MACText(n.Is.MAC)+
		" alone: it has no network until its address is that (lxc.net.N.hwaddr in its configuration?).")
}

// record tells the log.
func record(one Interface) {
	if len(one.Changes) == 0 {
		return
	}
	r := audit.New("usernsctl")
	r.Text("user", one.User)
	r.Text("host", one.Name)
	r.Text("change", "apply "+strings.Join(keysOf(one.Changes), ","))
	r.Granted()
}
