package slots

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"userns-helpers/internal/netquota"
)

// model drives several processes of two users, one operation at a time, in any order, with deaths at any question to the
// kernel, interfaces that go, and files that are destroyed. Whatever happens:
//
//   - no more live than the quota that was in force when they were made (world.create takes note);
//   - at the end, when every process has ended, what lives and what can still be made add up to the quota.
type model struct {
	*world
	t         *testing.T
	processes []*process
	serial    byte
}

// members are the users with the allotments of each.
var members = []struct {
	who        netquota.Account
	allotments []netquota.Allotment
}{
	{alice, []netquota.Allotment{ofAlice, students}},
	{bob, []netquota.Allotment{students}},
}

// run runs one step of a process, which may die in it, and returns whether it did.
func (m *model) run(r *rapid.T, p *process, f func() error) (died bool) {
	p.asked, p.endAt = 0, rapid.IntRange(0, 40).Draw(r, "dies at")
	before := openFiles(r)
	defer func() {
		p.endAt = 0
		switch recovered := recover(); recovered {
		case nil:
		case ended{}:
			m.closeSince(r, before)
			died = true
		default:
			panic(recovered)
		}
	}()
	if err := f(); err != nil && !isFull(err) {
		r.Fatal(err)
	}
	return died
}

// drop ends a process.
func (m *model) drop(p *process) {
	p.exit()
	m.processes = slices.DeleteFunc(m.processes, func(q *process) bool { return q == p })
}

// start claims a slot for a new process.
func (m *model) start(r *rapid.T) {
	member := rapid.SampledFrom(members).Draw(r, "member")
	p := m.open(m.t)
	p.book.pause = 0
	m.processes = append(m.processes, p)
	died := m.run(r, p, func() (err error) {
		p.claim, err = p.book.Claim(member.who, member.allotments, m.limits, p)
		return err
	})
	if died || p.claim == nil {
		m.drop(p)
		return
	}
	p.asked = 0
}

// some picks a process in a stage of its work, or skips.
func (m *model) some(r *rapid.T) *process {
	if len(m.processes) == 0 {
		r.Skip("no process")
	}
	return rapid.SampledFrom(m.processes).Draw(r, "process")
}

// proceed takes a process one stage on: row, interface, complete, end; or it changes its mind, or its output fails.
func (m *model) proceed(r *rapid.T) {
	p := m.some(r)
	stage := p.done
	if rapid.IntRange(0, 5).Draw(r, "gives up") == 0 {
		m.run(r, p, func() error {
			if err := p.Remove(p.claim.Nic, lan); err != nil {
				return err
			}
			return p.claim.Abandon()
		})
		m.drop(p)
		return
	}
	m.serial++
	died := m.run(r, p, func() error {
		switch stage {
		case 0:
			_, err := p.claim.Reserve(netquota.MAC{2, m.serial})
			return errors.Join(err, p.claim.Record())
		case 1:
			p.born()
		case 2:
			return p.claim.Complete()
		}
		return nil
	})
	p.done++
	if died || stage == 3 {
		m.drop(p)
	}
}

// gone ends an interface that is complete, or any.
func (m *model) gone(r *rapid.T) {
	var names []string
	for name := range m.living {
		names = append(names, name)
	}
	if len(names) == 0 {
		r.Skip("nothing lives")
	}
	slices.Sort(names)
	m.kill(rapid.SampledFrom(names).Draw(r, "nic"))
}

// rename gives an interface another name, one that looks like its user's or not, or moves it away.
func (m *model) rename(r *rapid.T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for name := range m.living {
		names = append(names, name)
	}
	if len(names) == 0 {
		r.Skip("nothing lives")
	}
	slices.Sort(names)
	name := rapid.SampledFrom(names).Draw(r, "nic")
	m.serial++
	m.renamed[name] = rapid.SampledFrom([]string{
		"", "ctr" + decimal(uint32(m.serial)), netquota.HostName(userOf(name), netquota.Suffixes-1-uint32(m.serial)),
	}).Draw(r, "to")
}

// spoil does to the ledger what the original and administrators do.
func (m *model) spoil(r *rapid.T) {
	switch rapid.IntRange(0, 3).Draw(r, "damage") {
	case 0:
		_ = os.Remove(m.ledger())
	case 1:
		_ = os.Truncate(m.ledger(), 0)
	case 2:
		_ = os.Truncate(m.ledger(), 10)
	case 3:
		text, err := os.ReadFile(m.ledger())
		if err == nil {
			_ = os.WriteFile(m.ledger()+".sed", text, 0o644)
			_ = os.Rename(m.ledger()+".sed", m.ledger())
		}
	}
}

// settle ends every process and compares.
func (m *model) settle(r *rapid.T) {
	for len(m.processes) > 0 {
		m.drop(m.processes[0])
	}
	for _, of := range members {
		p := m.open(m.t) // whoever comes next tidies up
		p.book.pause = 0
		var err error
		p.claim, err = p.book.Claim(of.who, of.allotments, m.limits, p)
		p.exit()
		if err != nil && !isFull(err) {
			r.Fatal(err)
		}
	}
}

func TestModel(t *testing.T) {
	testModel(t, func(*rapid.T) netquota.Limits { return netquota.Limits{} })
}

// TestModelLimits is the same with limits: what lives never exceeds them either, and in the end a user has no room left
// because of a limit or because of the quotas, and of nothing else.
func TestModelLimits(t *testing.T) {
	testModel(t, func(r *rapid.T) netquota.Limits {
		limit := func(name string) netquota.Limit {
			most := rapid.IntRange(-1, 4).Draw(r, name)
			return netquota.Limit{Set: most >= 0, Most: uint64(max(most, 0))}
		}
		return netquota.Limits{User: limit("of a user"), Member: limit("of a member")}
	})
}

func testModel(t *testing.T, limits func(*rapid.T) netquota.Limits) {
	t.Helper()
	rapid.Check(t, func(r *rapid.T) {
		m := &model{world: newWorld(t), t: t}
		m.limits = limits(r)
		defer func() {
			for len(m.processes) > 0 {
				m.drop(m.processes[0])
			}
			_ = os.RemoveAll(filepath.Join(m.folder, "lxc"))
		}()
		actions := map[string]func(*rapid.T){
			"start": m.start, "start again": m.start, "proceed": m.proceed, "proceed again": m.proceed, "proceed once more": m.proceed,
			"gone": m.gone, "rename": m.rename, "spoil": m.spoil, "": func(r *rapid.T) { m.check(r) },
		}
		r.Repeat(actions)
		m.settle(r)
		m.accountFor(r)
	})
}

// accountFor makes as many as can be made, and expects the quotas to be used up exactly.
func (m *model) accountFor(r *rapid.T) {
	m.room(m.t, alice, ofAlice, students)
	m.room(m.t, bob, students)
	m.check(r)
	if m.limits != (netquota.Limits{}) {
		m.accountForLimits(r)
		return
	}
	for _, c := range []netquota.Allotment{ofAlice, students} {
		if n := m.alive(c); n != int(c.Quota) {
			text, _ := os.ReadFile(filepath.Join(m.slots(), FileName(c)))
			r.Fatalf("%d live that are charged to %s, the quota is %d: %v, slots\n%s", n, c.Owner, c.Quota, m.living, text)
		}
	}
}

// accountForLimits expects each user to be stopped by something.
func (m *model) accountForLimits(r *rapid.T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, of := range members {
		if m.limits.User.Set && m.countOf(of.who.UID, "") == int(m.limits.User.Most) {
			continue
		}
		for _, c := range of.allotments {
			isShare := m.limits.Member.Set && c.Owner[0] == '@' && m.countOf(of.who.UID, c.Owner) == int(m.limits.Member.Most)
			if !isShare && m.count(c) != int(c.Quota) {
				r.Fatalf("%s: %d of %s, limits %+v: %v", of.who.Names[0], m.count(c), c.Owner, m.limits, m.living)
			}
		}
	}
}
