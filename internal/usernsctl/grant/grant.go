package grant

import (
	"errors"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/audit"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/grant/choice"
	"userns-helpers/internal/usernsctl/grant/edit"
	"userns-helpers/internal/usernsctl/grant/shadow"
)

// Grant carries an order out. Errors: *Refusal, *shadow.BusyError, those of package account and of the system calls; nothing
// was changed then, unless the report says so.
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
	if err := mayAllow(o.NICs, people); err != nil {
		return report, err
	}
	j := &job{Host: h, order: o, defs: d, people: people, asks: h.beyond(), sample: sample{directory: h.directory, end: time.Now().Add(patienceOf(o))}}
	pl, err := j.run()
	if err != nil {
		return report, err
	}
	pl.report(&report, &j.sample)
	if err := j.allow(&report); err != nil {
		return report, err
	}
	report.finish()
	if report.Result == Done {
		record(o.User, report.Lines)
		if len(people) == 1 && o.Pods == 0 {
			h.hints(&report, people[0].name)
		}
	}
	return report, nil
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

// job is an order under way.
type job struct {
	Host
	order  Order
	defs   defs
	people []person
	asks   bool // there are accounts in no file
	sample sample
}

// mostRounds is how often IDs are chosen anew, because a name service has an account there or somebody else was faster.
const mostRounds = 64

// errRounds is why an order is given up.
var errRounds = errors.New("wherever IDs were chosen, a name service had an account there, or somebody else was faster: choose with --start")

// run chooses IDs, asks name services about them, then takes the locks and chooses again: what comes out otherwise then is
// asked about as well.
func (j *job) run() (*plan, error) {
	for range mostRounds {
		pl, err := j.plan()
		if err != nil {
			return nil, err
		}
		if j.asks && !j.sample.ask(pl.chosen, j.order.Progress) {
			continue
		}
		if j.order.DryRun || len(added(pl.lines, paths.Subuid()))+len(added(pl.lines, paths.Subgid())) == 0 {
			return pl, nil
		}
		if pl, err = j.write(); pl != nil || err != nil {
			return pl, err
		}
	}
	return nil, errRounds
}

// plan looks at the files and decides.
func (j *job) plan() (*plan, error) {
	w, err := j.look(j.defs, j.sample.taken)
	if err != nil {
		return nil, err
	}
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
	if err != nil || j.asks && !j.sample.covers(pl.chosen) {
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
	if s.silent != nil && len(pl.chosen) > 0 {
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
