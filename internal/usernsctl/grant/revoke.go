package grant

import (
	"bytes"
	"errors"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/subid/slips"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/grant/choice"
	"userns-helpers/internal/usernsctl/grant/edit"
	"userns-helpers/internal/usernsctl/grant/shadow"
	"userns-helpers/internal/usernsctl/readdir"
)

// Withdrawal is what is to be taken back.
type Withdrawal struct {
	User   string
	Keep   bool // the ids are never handed out again
	DryRun bool
}

// Revoke takes back what a user was granted: the lines of all names of the user id, and of the id. An account that is gone
// may have lines still. Errors: as those of Grant.
func (h Host) Revoke(w Withdrawal) (Report, error) {
	report := newReport(w.DryRun)
	if err := mayAdminister(w.DryRun); err != nil {
		return report, err
	}
	p, err := h.formerly(w.User, &report)
	if err != nil {
		return report, err
	}
	for _, path := range []string{paths.Subuid(), paths.Subgid(), paths.Usernet()} {
		if err := writable(path); err != nil {
			return report, err
		}
	}
	err = w.ids(p, &report)
	if err == nil {
		err = w.nics(p, &report)
	}
	if err == nil && p.uid != 1<<32-1 {
		err = errors.Join(h.unbridge(w, p, &report), w.unbound(p, &report))
	}
	report.finish(w.User)
	if report.Result != Nothing {
		leftovers(&report)
	}
	return report, err
}

// formerly is a user, or who lines mean by a name or id that no account has any more, as far as anybody can tell.
func (h Host) formerly(text string, r *Report) (person, error) {
	p, err := h.person(text)
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.ID != unknownUser {
		return p, err
	}
	var unknown *account.UnknownError
	if errors.As(err, &unknown) {
		r.remark("Other names of this user, and the user ID, are not known: " + unknown.Error() + ". Lines with these are left.")
	}
	if subid.IsUID(text) {
		uid, err := strconv.ParseUint(text, 10, 32)
		if err != nil || text == choice.Nobody {
			return p, refusal
		}
		return person{text, uint32(uid), nil}, nil
	}
	return person{text, 1<<32 - 1, []string{text}}, nil
}

// ids takes the lines out of subuid(5) and subgid(5).
func (w Withdrawal) ids(p person, r *Report) error {
	if w.DryRun {
		_, err := w.planned(p, r)
		return err
	}
	locks, err := shadow.Suite().Lock(paths.Subuid(), paths.Subgid())
	if err != nil {
		return err
	}
	defer locks.Unlock()
	changes, err := w.planned(p, r)
	if err == nil {
		err = shadow.Rewrite(changes...)
	}
	if err != nil {
		r.Lines = nil
	}
	return err
}

// planned is what the files become.
func (w Withdrawal) planned(p person, r *Report) ([]shadow.Change, error) {
	var changes []shadow.Change
	for _, kind := range kinds() {
		file, err := shadow.Read(fileOf(kind))
		if err != nil {
			return nil, refusedFile(fileOf(kind), err)
		}
		if text := w.without(file.Text, kind, p, r); !bytes.Equal(text, file.Text) {
			changes = append(changes, shadow.Change{File: file, Text: text})
		}
	}
	return changes, nil
}

// without is the text of a file without what a person has.
func (w Withdrawal) without(text []byte, kind idmap.Kind, p person, r *Report) []byte {
	owners := p.owners()
	mine := make(map[int]slips.Entry)
	_, _ = slips.Inspect(bytes.NewReader(text), nil, func(e slips.Entry) {
		if slices.Contains(owners, e.Owner) && e.Owner != choice.Nobody {
			mine[e.Line] = e
		}
	})
	return edit.Lines(text, func(n int, line string) (string, bool) {
		e, is := mine[n]
		if !is {
			return line, true
		}
		gone := Line{fileOf(kind), line, Removed, p.name, e.Range.Start(), e.Range.Count()}
		if keep := w.Keep && !e.Range.Empty(); keep {
			gone.Text, gone.Change = choice.Nobody+line[len(e.Owner):], Reserved
		}
		r.Lines = append(r.Lines, gone)
		return gone.Text, gone.Change == Reserved
	})
}

// nics takes the lines out of lxc-usernet(5).
func (w Withdrawal) nics(p person, r *Report) error {
	if !account.Present(paths.Usernet()) {
		return nil
	}
	before := len(r.Lines)
	err := rewriteUsernet(w.DryRun, func(text []byte) []byte {
		changed, lines := edit.Disallow(text, p.names)
		for _, line := range lines {
			r.Lines = append(r.Lines, Line{File: paths.Usernet(), Text: line, Change: Removed, User: p.name})
		}
		return changed
	})
	if err != nil {
		r.Lines = r.Lines[:before]
	}
	return err
}

// leftovers says where the IDs may still be in use: processes that live, and files, for which no list exists.
func leftovers(r *Report) {
	seen := make(map[[2]uint64]bool)
	for _, l := range r.Lines {
		if l.Count == 0 || seen[[2]uint64{l.First, l.Count}] {
			continue
		}
		seen[[2]uint64{l.First, l.Count}] = true
		if n := living(l.First, l.First+l.Count); n > 0 {
			r.remark(strconv.Itoa(n) + " processes with IDs from " + decimal(l.First) + " to " + decimal(l.First+l.Count-1) + " are still running.")
		}
		r.remark("Files keep these IDs, and whoever is granted the IDs next owns those files. To find them: " + search(l.First, l.First+l.Count))
	}
}

// search is the command for files of user IDs in [from, end).
func search(from, end uint64) string {
	above := ""
	if from > 0 {
		above = " -uid +" + decimal(from-1)
	}
	return "find / -xdev" + above + " -uid -" + decimal(end)
}

// living is how many processes have a user id in [from, end).
func living(from, end uint64) int {
	names, _ := readdir.Names("/proc")
	n := 0
	for _, name := range names {
		var stat unix.Stat_t
		if subid.IsUID(name) && unix.Stat("/proc/"+name, &stat) == nil && from <= uint64(stat.Uid) && uint64(stat.Uid) < end {
			n++
		}
	}
	return n
}
