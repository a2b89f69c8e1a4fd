package hostcheck

import (
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernic/whynot"
	"userns-helpers/internal/usernsctl/drift"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/nicview"
)

// compared are the interfaces that live, what the policy gives them, and what they have.
func compared(policy *nics.Policy, names map[uint32]string, who func(uid uint32) (plan.Person, error)) ([]drift.NIC, error) {
	view, err := nicview.Look(names)
	if err != nil || len(view.NICs) == 0 {
		return nil, err
	}
	host, err := drift.Here(policy, who)
	if err != nil {
		return nil, err
	}
	defer host.Close()
	return host.Compared(view)
}

// checkNICs compares the interfaces that live with the policy, and with where they were made.
func (c *check) checkNICs() {
	if c.policy == nil || c.compare == nil {
		return
	}
	all, err := c.compare(c.policy, c.accounts.uids.name, c.persons())
	if err != nil {
		c.report.Miss("the interfaces of containers", reason(err))
		return
	}
	for _, n := range all {
		c.checkNIC(n)
	}
}

// checkNIC looks at one of them.
func (c *check) checkNIC(n drift.NIC) {
	before := len(c.report.Findings)
	for _, odd := range n.Oddities {
		f := finding.Finding{Level: finding.Warning, Problem: called(n.NIC) + " " + odd.Text}
		switch odd.ID {
		case nicview.LeftBridge:
			f.ID, f.Advice = "nic-left-bridge", "Whatever the bridge kept for its port is lost, and does not come back with it: put it back, and then run usernsctl apply."
			f.Fix = []string{finding.Link(n.Name) + " master " + finding.Word(n.MadeOn), finding.Applied(n.Name)}
		case nicview.OtherBridge:
			f.ID, f.Advice = "nic-other-bridge", "What the policy says of the bridge that it is on counts. Quotas count it where it was made."
		case nicview.Shut:
			f.ID, f.Advice = "nic-shut", "The container has no network until the link goes down and up. Look first what it bridges."
		case nicview.OtherMAC:
			f.ID, f.Advice = "nic-other-mac", "Remove lxc.net.N.hwaddr from the container's configuration and start it again, or give its user a rule with mac_lock = false."
		}
		c.report.Add(f)
	}
	if n.Refused != nil {
		v := whynot.Explain(n.Refused, whynot.Eyes{})
		c.report.Add(finding.Finding{
			ID: "nic-unprotected", Level: finding.Error, Problem: called(n.NIC) + " cannot have what the policy gives it: " + strings.TrimSpace(v.Headline+" "+v.Advice),
			Advice: "Start the container again, or correct the policy.",
		})
	}
	c.checkGaps(n)
	for i := range c.report.Findings[before:] {
		if n.User != "" {
			c.report.Findings[before+i].Users = []string{n.User}
		}
	}
}

// checkGaps reports what an interface lacks, and what it has that the policy does not give it.
func (c *check) checkGaps(n drift.NIC) {
	if len(n.Gaps) == 0 {
		return
	}
	lacks, builtin := n.Lacks()
	f := finding.Finding{
		ID: "nic-unprotected", Level: finding.Error, Problem: called(n.NIC) + " lacks " + gapWords(n.Gaps, true),
		Advice: "Its container can do to others what the policy forbids. " + c.because(n.NIC) + "usernsctl apply gives it all of that.", Fix: []string{finding.Applied(n.Name)},
	}
	if !n.Ours {
		f.Advice, f.Fix = "LXC's own program made it, which knows no policy: start the container again.", nil
	}
	if lacks && builtin {
		f.Level, f.Advice = finding.Note, "Nothing in the policy asks for it, and a kernel that cannot have it does without. usernsctl apply tries."
	}
	if !lacks {
		f.ID, f.Level, f.Problem = "nic-differs", finding.Note, called(n.NIC)+" is not as the policy says: "+gapWords(n.Gaps, false)
		f.Advice = "It is kept from more than it has to be. usernsctl apply makes it what the policy says."
	}
	c.report.Add(f)
}

// gapWords are what is missing, or what else is different.
func gapWords(gaps []drift.Gap, less bool) string {
	var words []string
	for _, g := range gaps {
		if g.Less == less {
			words = append(words, g.Key+" ("+g.Have+", and has to be "+g.Want+")")
		}
	}
	return strings.Join(words, ", ")
}

// because says why an interface may lack what the policy gives.
func (c *check) because(nic nicview.NIC) string {
	var stat unix.Stat_t
	if unix.Stat(c.root+paths.Policy(), &stat) != nil || nic.Since == 0 || nic.Since >= stat.Mtim.Sec {
		return ""
	}
	return "It is older than the policy. "
}

// called says which interface is meant, and whose it is.
func called(n nicview.NIC) string {
	words := []string{}
	if n.User != "" {
		words = append(words, n.User)
	}
	if n.Container != "" {
		words = append(words, "container "+n.Container)
	}
	if n.Bridge != "" {
		words = append(words, "on "+n.Bridge)
	}
	return printable("the interface " + n.Name + " (" + strings.Join(words, ", ") + ")")
}
