package grant

import (
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/audit"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/grant/choice"
)

// Grant carries an order out. Errors: *Refusal, *shadow.BusyError, those of package account and of the system calls; what was
// changed all the same then is in the report.
func (h Host) Grant(o Order) (Report, error) {
	report := newReport(o.DryRun)
	if err := mayAdminister(o.DryRun); err != nil {
		return report, err
	}
	d, err := h.readDefs()
	if err != nil {
		return report, err
	}
	if err := h.mayWrite(d); err != nil {
		return report, err
	}
	people, err := h.meant(o, d)
	if err != nil {
		return report, err
	}
	if err := h.mayFurnish(&o, people); err != nil {
		return report, err
	}
	j := &job{Host: h, order: o, defs: d, people: people, asks: h.beyond(), sample: sample{directory: h.directory, getent: h.getentAlone(), end: time.Now().Add(patienceOf(o))}}
	pl, err := j.run()
	if err != nil {
		return report, err
	}
	pl.report(&report, &j.sample)
	err = j.furnish(&report)
	report.finish(o.User)
	if report.Result == Done && o.User != "" && o.Pods == 0 {
		h.hints(&report, people[0].name)
	}
	return report, err
}

// mayFurnish refuses what a user is to have besides IDs, before anything is written.
func (h Host) mayFurnish(o *Order, people []person) error {
	if len(people) == 1 {
		if err := h.mayBridge(*o, people[0]); err != nil {
			return err
		}
		if err := mayBound(o.Limits, people[0]); err != nil {
			return err
		}
		if o.OwnBridge {
			o.withBridge(people[0])
		}
	}
	return mayAllow(o.NICs, people)
}

// furnish gives a user what there is besides IDs: the limits first, since the rest is no loan without them.
func (j *job) furnish(r *Report) error {
	for _, step := range []func(*Report) error{j.bound, j.bridge, j.allow} {
		if err := step(r); err != nil {
			return err
		}
	}
	return nil
}

// mayAdminister refuses to write for anybody but root.
func mayAdminister(dry bool) error {
	if dry || unix.Geteuid() == 0 {
		return nil
	}
	return &Refusal{"not-root", "only root can write " + paths.Subuid() + " and " + paths.Subgid(), "--dry-run shows what would be written."}
}

// patienceOf is how long all questions to name services may take.
func patienceOf(o Order) time.Duration {
	if o.User == "" {
		return patienceMany
	}
	return patience
}

// meant are those whom an order is about.
func (h Host) meant(o Order, d defs) ([]person, error) {
	if o.User == "" {
		return h.people(either(o.UIDMin, d.number("UID_MIN", usualUIDMin)), either(o.UIDMax, d.number("UID_MAX", usualUIDMax)))
	}
	p, err := h.person(o.User)
	return []person{p}, err
}

// either is a number, or another one where it is 0.
func either(n, otherwise uint64) uint64 {
	if n == 0 {
		return otherwise
	}
	return n
}

// report says what a plan is.
func (pl *plan) report(r *Report, s *sample) {
	r.Lines = append(r.Lines, pl.lines...)
	if pl.where != nil {
		r.Avoided = append(r.Avoided, pl.where.Avoided(pl.chosen[0].Start())...)
	}
	if len(pl.near) > 0 {
		r.remark("Others may take some of these IDs too: " + describe(pl.near[0]))
	}
	for _, ids := range pl.chosen {
		if ids.End() > choice.Half {
			r.remark("No IDs below 2147483648 were left. Programs that take larger numbers for negative ones fail in such a container.")
			break
		}
	}
	for _, u := range pl.unseen {
		if len(pl.chosen) > 0 {
			r.remark("Not looked at: " + u.What + ": " + u.Why)
		}
	}
	if s.silent != nil && len(pl.asked) > 0 {
		r.remark("No answer to whether accounts of a name service have these IDs: " + s.silent.Error())
	}
	for _, kind := range kinds() {
		if pl.files[kind].Absent && len(added(pl.lines, fileOf(kind))) > 0 {
			r.remark(fileOf(kind) + " did not exist. Where it does, useradd gives a range to each new user.")
		}
	}
}

// record tells the log.
func record(user string, lines []Line) {
	r := audit.New("usernsctl")
	r.Text("user", strings.TrimSpace(user))
	r.Text("change", sum(lines))
	r.Granted()
}

// rangesOf are the IDs that lines of a kind grant.
func rangesOf(lines []Line, kind idmap.Kind) []Line {
	var found []Line
	for _, l := range lines {
		if l.File == fileOf(kind) && l.Change == Added {
			found = append(found, l)
		}
	}
	return found
}
