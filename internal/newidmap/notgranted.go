package newidmap

import (
	"errors"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// NotGranted is the refusal of ids that nobody granted to the caller.
type NotGranted struct {
	Kind   idmap.Kind
	User   string // "alice (uid 1000)"
	Asked  idmap.Decision
	Source string      // who was asked, a file or SSSD; "" where the file is switched off
	File   string      // the file of ranges
	Found  subid.Found // what the source says, and the lines of the file that are of no use to the user
}

// Error is the text of the refusal.
func (e *NotGranted) Error() string { return e.refusal().Error() }

// refusal is the refusal in words.
func (e *NotGranted) refusal() *verdict.Refusal {
	advice := ""
	if e.Source == "" {
		word := "SUB_UID_COUNT"
		if e.Kind == idmap.GID {
			word = "SUB_GID_COUNT"
		}
		advice = "looked for " + e.User + ": " + word + " is 0 in " + paths.LoginDefs() + ", so " + e.File +
			" is not used and only your own id can be mapped"
	} else {
		advice = e.Found.Advice(e.User, e.Source, e.Asked.Refused().Lower)
	}
	return &verdict.Refusal{Headline: e.Asked.Headline(e.Kind), Advice: advice}
}

// explained completes a refusal of ids that the file does not grant by the lines that mean the user and are of no use, and
// puts it into words; any other answer it leaves as it is. The file is read once more for that, with the rights that
// narrowed leaves, if it reports that it could: whoever may not read the file is told of no line of it.
func (p program) explained(u user, d *Decision, err error, narrowed func() bool) error {
	var refused *NotGranted
	if !errors.As(err, &refused) {
		return err
	}
	if d.Source == p.grants && narrowed() {
		d.Slips = p.slips(u)
		refused.Found.Slips = d.Slips
	}
	return refused.refusal()
}

// slips are the lines of the file that mean u and are of no use, as far as they can be read.
func (p program) slips(u user) subid.Slips {
	file, err := p.open(p.grants)
	if err != nil {
		return subid.Slips{}
	}
	defer file.Close()
	owner := subid.OwnerOf(u.uid, u.names...)
	if p.kind == idmap.GID {
		owner = owner.InGroup(u.gid)
	}
	slips, _ := subid.FindSlips(file, owner)
	return slips
}
