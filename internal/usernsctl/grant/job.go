package grant

import (
	"errors"

	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/grant/edit"
	"userns-helpers/internal/usernsctl/grant/shadow"
)

// job is an order under way.
type job struct {
	Host
	order  Order
	defs   defs
	people []person
	local  bool // the one user was in this host's files
	asks   bool // there are accounts in no file
	sample sample
}

// mostAhead bounds how often IDs are chosen anew, because a name service has an account there or somebody else was faster:
// each time twice as many ranges are asked about as before.
const mostAhead = 1 << 16

// errRounds is why an order is given up.
var errRounds = errors.New("wherever IDs were chosen, a name service had an account there, or somebody else was faster: choose with --start")

// run chooses IDs, asks name services about them, then takes the locks and chooses again: what comes out otherwise then is
// asked about as well.
func (j *job) run() (*plan, error) {
	for ahead := 1; ahead < mostAhead; ahead *= 2 {
		pl, err := j.plan()
		if err != nil {
			return nil, err
		}
		if j.asks && !j.sample.ask(pl.asked, j.order.Progress) {
			continue
		}
		if j.order.DryRun || len(added(pl.lines, paths.Subuid()))+len(added(pl.lines, paths.Subgid())) == 0 {
			return pl, nil
		}
		if j.asks {
			j.sample.ask(pl.next(ahead-1), j.order.Progress)
		}
		if pl, err = j.write(); pl != nil || err != nil {
			return pl, err
		}
	}
	return nil, errRounds
}

// plan looks at the files and decides. All who have no range are those who are there now, and one user must be there still.
func (j *job) plan() (*plan, error) {
	w, err := j.look(j.defs, j.sample.taken)
	if err != nil {
		return nil, err
	}
	if j.order.User == "" {
		if j.people, err = j.meant(j.order, j.defs); err != nil {
			return nil, err
		}
		return w.decide(j.order, j.people)
	}
	p := j.people[0]
	here := w.local[p.name] == p.uid+1
	if j.local && !here {
		return nil, &Refusal{unknownUser, "the account of " + p.name + " was removed or changed just now", "Look whether the user is still there."}
	}
	j.local = here
	return w.decide(j.order, j.people)
}

// write decides under the locks, and writes. Without plan and error it has to be asked about what was decided first.
func (j *job) write() (*plan, error) {
	locks, err := shadow.Suite().Lock(paths.Subuid(), paths.Subgid())
	if err != nil {
		return nil, err
	}
	defer locks.Unlock()
	pl, err := j.plan()
	if err != nil || j.asks && !j.sample.covers(pl.asked) {
		return nil, err
	}
	var changes []shadow.Change
	for _, kind := range kinds() {
		if lines := added(pl.lines, fileOf(kind)); len(lines) > 0 {
			changes = append(changes, shadow.Change{File: pl.files[kind], Text: edit.Append(pl.files[kind].Text, lines...)})
		}
	}
	return pl, shadow.Rewrite(changes...)
}
