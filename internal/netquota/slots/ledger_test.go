package slots

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"userns-helpers/internal/netquota"
)

// put records rows, for a process that finds the interfaces of dead in the ledger and not alive.
func (p *process) put(rows []Row, dead ...string) error {
	gone := make(map[string]bool)
	for _, nic := range dead {
		gone[nic] = true
	}
	s := p.sheet(gone)
	return p.book.record(rows, s, gone)
}

// sheet reads the ledger and takes note of the rows of dead.
func (p *process) sheet(dead map[string]bool) *sheet {
	s := &sheet{}
	err := p.book.read(s, func(row []byte, at int64) {
		for nic := range dead {
			if names(row, nic) {
				s.note(nic, row, at)
			}
		}
	})
	if err != nil {
		panic(err)
	}
	return s
}

// TestLedgerManyAtOnce: rows are added and dropped by users who are at it at once; no row is lost, none is torn. The rows
// are of many lengths.
func TestLedgerManyAtOnce(t *testing.T) {
	w := newWorld(t)
	var group sync.WaitGroup
	const users, each = 8, 40
	for u := range users {
		group.Add(1)
		go func() {
			defer group.Done()
			var dead []string // each call finds all that are left of it
			for i := range each {
				p := w.open(t)
				err := p.put([]Row{{"u", lan, fmt.Sprintf("live%d_%d", u, i)}}, dead...)
				dead = append(dead, fmt.Sprintf("dead%d_%d", u, i))
				err = errors.Join(err, p.put([]Row{{"u", lan, dead[i]}}))
				if err != nil {
					t.Error(err)
				}
				p.exit()
			}
		}()
	}
	group.Wait()
	rows := w.rows(t)
	for u := range users {
		for i := range each {
			if want := fmt.Sprintf("u veth lxcbr0 live%d_%d", u, i); !slices.Contains(rows, want) {
				t.Errorf("lost: %s", want)
			}
		}
	}
	if dead := len(rows) - users*each; dead > users+1 { // the last of each
		t.Errorf("%d dead rows were left", dead)
	}
	for _, row := range rows {
		if words := strings.Fields(row); len(words) != 4 || words[0] != "u" {
			t.Errorf("torn: %q", row)
		}
	}
}

// TestRowsAreWhole: places change hands all the time, between owners whose names have one length; a reader never has the
// beginning of one row and the end of another, nor misses a row that does not change.
func TestRowsAreWhole(t *testing.T) {
	const writers, turns = 6, 300
	w := newWorld(t)
	const stays = "stays veth lxcbr0 stays_0000\n"
	p := w.open(t)
	defer p.exit()
	write(t, w.ledger(), strings.Repeat("\n", 4090)+stays) // the rows lie over the ends of pages
	done := make(chan error)
	for u := range writers {
		go func() {
			p := w.open(t)
			defer p.exit()
			var err error
			var dead []string // as a call finds them, that one included which another process was at work on before
			for i := range turns {
				owner := fmt.Sprintf("user%d", (u+i)%10)
				nic := fmt.Sprintf("%s_%d%03d", owner, u, i%1000)
				err = errors.Join(err, p.put([]Row{{owner, lan, nic}}, dead...))
				dead = append(dead, nic)
			}
			done <- err
		}()
	}
	for ended := 0; ended < writers; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			ended++
		default:
		}
		found := false
		if err := p.book.read(&sheet{}, func(row []byte, _ int64) {
			owner, rest, _ := strings.Cut(string(row), " ")
			if !strings.HasPrefix(rest, "veth lxcbr0 "+owner+"_") || len(row) != len(stays)-1 {
				t.Errorf("torn: %q", row)
			}
			found = found || string(row)+"\n" == stays
		}); err != nil || !found {
			t.Fatalf("the row that stays: %v, %v", found, err)
		}
	}
	if n := len(w.rows(t)); n > 1+2*writers {
		t.Errorf("%d rows are left", n)
	}
}

// TestTornReadings: what the first of two readings says counts where the second says the same, the newline in front
// included.
func TestTornReadings(t *testing.T) {
	for name, c := range map[string]struct{ first, second, want string }{
		"calm":                                 {"a veth b x\nb veth b y\n", "a veth b x\nb veth b y\n", "0 a veth b x, 11 b veth b y"},
		"nothing":                              {"", "", ""},
		"one owner's beginning, another's end": {"mary veth b vethLIVE\n", "anne veth b vethLIVE\n", ""},
		"one name's beginning, another's end":  {"mary veth b vethLIFE\n", "mary veth b vethLIVE\n", ""},
		"the end of a longer row":              {"domain\nuser veth b x\n", "domain user veth b x\n", ""},
		"half written":                         {"a veth b x\nb ve\n\n\n\n\n\n", "a veth b x\nb veth b y\n", "0 a veth b x"},
		"dropped":                              {"a veth b x\nb veth b y\n", "a veth b x\n\n\n\n\n\n\n\n\n\n\n\n", "0 a veth b x"},
		"cut":                                  {"a veth b x\nb veth b y\n", "a veth b x\nb ve", "0 a veth b x"},
		"appended":                             {"a veth b x\n", "a veth b x\nb veth b y\n", "0 a veth b x"},
		"no last newline":                      {"a veth b x\nb veth b y", "a veth b x\nb veth b y", "0 a veth b x, 11 b veth b y"},
		"no last newline, and grown":           {"a veth b x\nb veth b y", "a veth b x\nb veth b yz", "0 a veth b x, 11 b veth b y"},
		"free places":                          {"\n\na veth b x\n\n\n", "\n\na veth b x\n\n\n", "2 a veth b x"},
		"too long":                             {strings.Repeat("y", 2000) + "\na\n", strings.Repeat("y", 2000) + "\na\n", "2001 a"},
	} {
		var got []string
		s := &sheet{}
		s.walk([]byte(c.first), []byte(c.second), func(row []byte, at int64) { got = append(got, fmt.Sprintf("%d %s", at, row)) })
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
	}
}

// TestPlaces: what a new row, which has 11 bytes, is written over.
func TestPlaces(t *testing.T) {
	const row, free = "a veth b N\n", "\n\n\n\n\n\n\n\n\n\n\n"
	for name, c := range map[string]struct{ before, after string }{
		"nothing":                  {"", row},
		"no room":                  {"b veth b y\n", "b veth b y\n" + row},
		"no last newline":          {"b veth b y", "b veth b y\n" + row},
		"a dead row":               {"b veth b y\na veth b D\nb veth b z\n", "b veth b y\n" + row + "b veth b z\n"},
		"a longer one":             {"a veth bridge D\nb veth b z\n", row + "\n\n\n\n\nb veth b z\n"},
		"a shorter one":            {"a v b D\n", row},
		"a shorter one, and room":  {"a v b D\n" + free, row},
		"more than one":            {"a veth b D\nb veth b y\na veth b D x\n", "(one is filled, the other freed)"},
		"a free place":             {"b veth b y\n" + free + "b veth b z\n", "b veth b y\n" + row + "b veth b z\n"},
		"at the beginning":         {free + "b veth b z\n", row + "b veth b z\n"},
		"at the end":               {"b veth b z\n" + free + "\n", "b veth b z\n" + row},
		"one that is too small":    {"b veth b y\n" + free[1:] + "b veth b z\n", "b veth b y\n" + free[1:] + "b veth b z\n" + row},
		"a dead one, unterminated": {"b veth b y\na veth b D", "b veth b y\n" + row},
		"a dead and a free one":    {free + "a veth b D\n", row},
	} {
		w := newWorld(t)
		p := w.open(t)
		write(t, w.ledger(), c.before)
		if err := p.put([]Row{{"a", netquota.Place{Type: "veth", Bridge: "b"}, "N"}}, "D"); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(w.ledger())
		if err != nil {
			t.Fatal(err)
		}
		if name == "more than one" {
			if len(text) > len(c.before) || strings.Count(string(text), row) != 1 || strings.Contains(string(text), "D") {
				t.Errorf("%s: %q", name, text)
			}
		} else if string(text) != c.after {
			t.Errorf("%s: %q, want %q", name, text, c.after)
		}
		p.exit()
	}
}

// TestHole: a process that was frozen over a place at the end, which was cut off meanwhile, leaves NUL bytes in front of its
// row. They are a free place like any other: the rows around them are read, and a new row is written over them.
func TestHole(t *testing.T) {
	const row = "a veth b N\n"
	hole := func(n int) string { return strings.Repeat("\x00", n) }
	for name, c := range map[string]struct{ before, after string }{
		"as long as a row":          {"b veth b y\n" + hole(len(row)) + "b veth b z\n", "b veth b y\n" + row + "b veth b z\n"},
		"with newlines":             {"b veth b y\n" + hole(len(row)-3) + "\n\n\nb veth b z\n", "b veth b y\n" + row + "b veth b z\n"},
		"newlines first":            {"b veth b y\n\n\n" + hole(len(row)-2) + "b veth b z\n", "b veth b y\n" + row + "b veth b z\n"},
		"at the beginning":          {hole(len(row)) + "b veth b z\n", row + "b veth b z\n"},
		"beside a dead row":         {"b veth b y\na v b D\n" + hole(3) + "b veth b z\n", "b veth b y\n" + row + "b veth b z\n"},
		"too short":                 {"b veth b y\n" + hole(3) + "b veth b z\n", "b veth b y\n\n\n\nb veth b z\n" + row},
		"longer than a row":         {"b veth b y\n" + hole(len(row)+3) + "b veth b z\n", "b veth b y\n" + row + "\n\n\nb veth b z\n"},
		"in front of a dead row":    {"b veth b y\n" + hole(3) + "a veth b D\nb veth b z\n", "b veth b y\n" + row + "\n\n\nb veth b z\n"},
		"at the end":                {"b veth b y\n" + hole(100), "b veth b y\n" + row},
		"at the end, with newlines": {"b veth b y\n" + hole(50) + "\n\n" + hole(50), "b veth b y\n" + row},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.open(t)
			defer p.exit()
			write(t, w.ledger(), c.before)
			var read []string
			if err := p.book.read(&sheet{}, func(row []byte, _ int64) { read = append(read, string(row)) }); err != nil {
				t.Fatal(err)
			}
			want := strings.FieldsFunc(c.before, func(r rune) bool { return r == '\n' || r == 0 })
			if !slices.Equal(read, want) {
				t.Errorf("read: %q, want %q", read, want)
			}
			if err := p.put([]Row{{"a", netquota.Place{Type: "veth", Bridge: "b"}, "N"}}, "D"); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(w.ledger())
			if err != nil {
				t.Fatal(err)
			}
			if string(text) != c.after {
				t.Errorf("%q, want %q", text, c.after)
			}
		})
	}
}

// TestForget drops the rows of an interface and no other, keeps permissions, and leaves no file behind.
func TestForget(t *testing.T) {
	const before = "alice veth lxcbr0 gone\nbob veth lxcbr0 goner\n\ngone veth lxcbr0 stays\ndomain user veth lxcbr0 gone\nshort\nalice veth lxcbr0 gone extra\nalice veth lxcbr0 last"
	after := []string{"bob veth lxcbr0 goner", "gone veth lxcbr0 stays", "short", "alice veth lxcbr0 last"}
	w := newWorld(t)
	p := w.open(t)
	defer p.exit()
	if err := p.book.Forget("gone"); err != nil { // there is no ledger yet
		t.Fatal(err)
	}
	write(t, w.ledger(), before)
	if err := os.Chmod(w.ledger(), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := p.book.Forget("gone"); err != nil {
		t.Fatal(err)
	}
	if rows := w.rows(t); !slices.Equal(rows, after) || w.size(t) != len(before) {
		t.Fatalf("%q", rows)
	}
	stat, err := os.Stat(w.ledger())
	if err != nil || stat.Mode() != 0o640 {
		t.Fatal(stat.Mode(), err)
	}
	entries, err := os.ReadDir(w.slots())
	if err != nil || len(entries) != 1 {
		t.Fatal(entries, err)
	}
}

// TestReplacedLedger: an administrator's sed -i, or an editor, comes between the reading and the writing. The row is in
// what is the ledger then, and nothing of others is written over.
func TestReplacedLedger(t *testing.T) {
	const before = "a veth b dead\na veth b two\n"
	for name, c := range map[string]struct {
		replace func(w *world)
		rows    []string
	}{
		"sed -i": {func(w *world) {
			write(t, w.ledger()+".sed", "a veth b five\na veth b two\n")
			if err := os.Rename(w.ledger()+".sed", w.ledger()); err != nil {
				t.Fatal(err)
			}
		}, []string{"a veth b five", "a veth b two", "a veth b new"}},
		"in place": {func(w *world) { write(t, w.ledger(), "a veth b four more\na veth b two\n") }, []string{"a veth b four more", "a veth b two", "a veth b new"}},
		"shifted":  {func(w *world) { write(t, w.ledger(), "a a veth b dead\na veth b two\n") }, []string{"a a veth b dead", "a veth b two", "a veth b new"}},
		"emptied":  {func(w *world) { write(t, w.ledger(), "") }, []string{"a veth b new"}},
		"removed":  {func(w *world) { remove(t, w.ledger()) }, []string{"a veth b new"}},
	} {
		w := newWorld(t)
		p := w.open(t)
		write(t, w.ledger(), before)
		dead := map[string]bool{"dead": true}
		s := p.sheet(dead)
		c.replace(w)
		if err := p.book.record([]Row{{"a", netquota.Place{Type: "veth", Bridge: "b"}, "new"}}, s, dead); err != nil {
			t.Fatal(name, err)
		}
		if rows := w.rows(t); !slices.Equal(rows, c.rows) {
			t.Errorf("%s: %q", name, rows)
		}
		p.exit()
	}
}

// TestUnsafeFiles: what somebody else could have written is refused.
func TestUnsafeFiles(t *testing.T) {
	for name, spoil := range map[string]func(w *world) error{
		"ledger writable by others": func(w *world) error { return os.Chmod(w.ledger(), 0o666) },
		"ledger writable by group":  func(w *world) error { return os.Chmod(w.ledger(), 0o664) },
		"ledger is a link":          func(w *world) error { return errors.Join(os.Remove(w.ledger()), os.Symlink("/etc/passwd", w.ledger())) },
		"ledger is a folder":        func(w *world) error { return errors.Join(os.Remove(w.ledger()), os.Mkdir(w.ledger(), 0o755)) },
		"slots writable by group":   func(w *world) error { return os.Chmod(w.slots(), 0o770) },
		"claims writable by others": func(w *world) error { return os.Chmod(w.slots()+"/claims", 0o602) },
		"folder writable by others": func(w *world) error { return os.Chmod(w.folder+"/lxc", 0o777) },
		"slots are a link": func(w *world) error {
			return errors.Join(os.RemoveAll(w.slots()), os.Symlink("/tmp", w.slots()))
		},
	} {
		w := newWorld(t)
		p := w.open(t)
		write(t, w.ledger(), "")
		if err := spoil(w); err != nil {
			t.Fatal(err)
		}
		p.exit()
		book, err := openOwned(w.ledger(), w.slots(), uint32(os.Getuid()))
		if err == nil {
			err = book.record([]Row{{"alice", lan, "x"}}, &sheet{}, nil)
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	w := newWorld(t)
	if _, err := openOwned(w.ledger(), w.slots(), uint32(os.Getuid())+1); err == nil {
		t.Error("another owner: no error")
	}
}

// TestFind: the ledger's word, then the slots'; only whole names at the very place.
func TestFind(t *testing.T) {
	w := newWorld(t)
	p := w.open(t)
	defer p.exit()
	if err := p.make(alice, []netquota.Allotment{students}, netquota.MAC{2}, 5); err != nil {
		t.Fatal(err)
	}
	write(t, w.ledger(), "bob veth lxcbr0 bobs extra\ndomain user veth lxcbr0 his\n veth lxcbr0 nobodys\nbob veth lxcbr0 bobs2\n")
	for nic, want := range map[string]string{
		p.claim.Name: "@students", "bobs": "bob", "his": "domain user", "nobodys": "", "bob": "", "obs": "", "": "", "bobs2": "bob",
	} {
		if got, err := p.book.Find(alice, lan, nic, 0); got.Owner != want || err != nil || got.Nic.Name != nic {
			t.Errorf("%q: %v %v, want %q", nic, got, err, want)
		}
	}
	if got, err := p.book.Find(alice, netquota.Place{Type: "veth", Bridge: "lxcbr"}, "bobs", 0); got.Owner != "" || err != nil {
		t.Error(got, err)
	}
	got, err := p.book.Find(alice, lan, "renamed", p.claim.Index)
	if got.Owner != "@students" || got.Nic != p.claim.Nic || err != nil {
		t.Error(got, err)
	}
	if got, err := p.book.Find(alice, lan, "other", p.claim.Index+1); got.Owner != "" || err != nil {
		t.Error(got, err)
	}
}

func FuzzLedger(f *testing.F) {
	f.Add([]byte("alice veth lxcbr0 veth2001_AAAA\nbob veth lxcbr0 veth1002_BBBB"), []byte("alice veth lxcbr0 veth2001_CCCC\n"))
	f.Add([]byte("alalice veth lxcbr0 veth1001_Z3un"), []byte("\n\n\x00\n"))
	f.Add([]byte("\n\x00\nalice veth lxcbr0 veth2001_AAAA\n\x00"), []byte("\n\x00\nalice veth lxcbr0 veth2001_AAAA\n\x00"))
	f.Add([]byte("@students veth lxcbr0 x y\n  a veth"), []byte("alice veth lxcbr0 "))
	f.Add([]byte("\n\nalice veth lxcbr0 veth2001_AAAA\n\n"), []byte("\n\nalice veth lxcbr0 veth2001_AAAB\n\n"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		s := &survey{who: alice, allotments: []netquota.Allotment{ofAlice}, listed: make([][]string, 1), others: make(map[string]bool)}
		s.sheet.walk(first, second, func(row []byte, at int64) {
			if !bytes.Equal(row, first[at:int(at)+len(row)]) || at+int64(len(row)) > int64(len(second)) || !bytes.Equal(row, second[at:int(at)+len(row)]) {
				t.Fatalf("%q is not at %d of both", row, at)
			}
			s.row(row, at)
		})
		for nic, places := range s.sheet.rows {
			for _, p := range places {
				if strings.Contains(nic, " ") || chargedTo(ofAlice, bytes.TrimSuffix(p.text, []byte("\n"))) != nic {
					t.Fatalf("%q is noted for %q", p.text, nic)
				}
			}
		}
		for _, p := range s.sheet.free {
			if len(p.text) == 0 || len(bytes.Trim(p.text, free)) > 0 || p.at > 0 && first[p.at-1] != '\n' {
				t.Fatalf("%q at %d is free", p.text, p.at)
			}
		}
	})
}
