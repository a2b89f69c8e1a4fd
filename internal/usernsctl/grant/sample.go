package grant

import (
	"errors"
	"time"

	"userns-helpers/internal/account"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/usernsctl/grant/choice"
)

// sample asks the name services of this host for accounts among IDs that were chosen: for some of them, since each question may
// go over a network. It is asked before a lock is taken, so that a name service which hangs holds up nobody else.
type sample struct {
	directory account.Directory
	getent    bool // it alone is asked: for many IDs at once
	end       time.Time
	silent    error          // why nothing more is asked
	free      idmap.Set      // ranges without an account, as far as was asked
	taken     []choice.Claim // ranges with one
}

// Between the IDs that are asked for, and how long all questions may take: a name service that does not answer is waited
// for as long as package account waits for one answer.
const (
	step         = 4096
	patience     = 5 * time.Second
	patienceMany = time.Minute
)

// errLate is why the rest is not asked for.
var errLate = errors.New("there was no time to ask for all")

// ask looks at chosen ranges, and reports whether all are clear. It does not ask twice.
func (s *sample) ask(chosen []idmap.Range, progress func(done, all int)) bool {
	none := true
	for i, r := range chosen {
		progress(i+1, len(chosen))
		if s.free.Covers(r) {
			continue
		}
		if who, found := s.first(r); found {
			s.taken = append(s.taken, choice.Claim{Range: r, Rule: choice.Sample, Who: who})
			none = false
			continue
		}
		s.free.Add(r)
	}
	return none
}

// covers reports whether all ranges have been asked about, or nothing more is asked.
func (s *sample) covers(chosen []idmap.Range) bool {
	for _, r := range chosen {
		if !s.free.Covers(r) && s.silent == nil {
			return false
		}
	}
	return true
}

// first is an account with one of the IDs of r that are asked for: the first one, the last one, every 4096th between.
func (s *sample) first(r idmap.Range) (string, bool) {
	ids := []uint32{uint32(r.End() - 1)}
	for id := r.Start(); id < r.End()-1; id += step {
		ids = append(ids, uint32(id))
	}
	if who, found, asked := s.together(ids); asked {
		return who, found
	}
	for _, id := range ids {
		users, err := s.users(id)
		if len(users) > 0 {
			return "the user " + users[0].Name + " (" + decimal(uint64(id)) + ")", true
		}
		s.note(err)
	}
	groups, err := s.groups(ids)
	if len(groups) > 0 {
		return "the group " + groups[0].Name + " (" + decimal(uint64(groups[0].ID)) + ")", true
	}
	s.note(err)
	return "", false
}

// together asks for all IDs in two runs of getent, where that is what knows them; 34 runs a range were most of what a grant
// took.
func (s *sample) together(ids []uint32) (who string, found, asked bool) {
	if !s.getent || s.over() {
		return "", false, false
	}
	for _, d := range []database{users(), groups()} {
		a, known, asked := d.together(ids, time.Until(s.end))
		switch {
		case !asked:
			s.getent = false
			return "", false, false
		case known:
			return "the " + d.kind + " " + a.Name + " (" + decimal(uint64(a.ID)) + ")", true, true
		}
	}
	return "", false, true
}

func (s *sample) users(id uint32) ([]account.Account, error) {
	if s.over() {
		return nil, nil
	}
	return s.directory.Users(id)
}

func (s *sample) groups(ids []uint32) ([]account.Account, error) {
	if s.over() {
		return nil, nil
	}
	return s.directory.Groups(ids)
}

// over reports whether nothing more is asked.
func (s *sample) over() bool {
	if s.silent == nil && time.Now().After(s.end) {
		s.silent = errLate
	}
	return s.silent != nil
}

// note remembers why there was no answer. That nobody knows an account is one, whether or not each name service runs.
func (s *sample) note(err error) {
	var unknown *account.UnknownError
	if err != nil && !errors.As(err, &unknown) {
		s.silent = err
	}
}
