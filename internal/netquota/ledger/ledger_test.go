package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
)

var (
	lan     = netquota.Place{Type: "veth", Bridge: "lxcbr0"}
	ofAlice = netquota.Allotment{Owner: "alice", Place: lan, Quota: 2, Line: 1}
)

// host is where a ledger is.
type host struct{ folder string }

func newHost(t *testing.T) host { return host{t.TempDir()} }

func (w host) ledger() string { return filepath.Join(w.folder, "nics") }

// process is one with the ledger open.
type process struct{ *Ledger }

func (w host) open(t testing.TB) process {
	t.Helper()
	locks, err := unix.Open(w.folder+"/claims", unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return process{At(w.ledger(), locks, uint32(os.Getuid()))}
}

// exit frees the locks.
func (p process) exit() { lockfile.Close(p.locks) }

// rows are the lines of the ledger.
func (w host) rows(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile(w.ledger())
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
}

// size is that of the ledger, in bytes.
func (w host) size(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile(w.ledger())
	if err != nil {
		t.Fatal(err)
	}
	return len(text)
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// put records rows, for a process that finds the interfaces of dead in the ledger and not alive.
func (p process) put(rows []Row, dead ...string) error {
	r, err := p.reading(dead...)
	if err != nil {
		return err
	}
	return p.Write(rows, r, r.Rows)
}

// reading reads the ledger, and wants the rows of dead.
func (p process) reading(dead ...string) (*Reading, error) {
	return p.Read(func(row []byte) bool {
		return slices.ContainsFunc(dead, func(nic string) bool { return names(row, nic) })
	})
}

// TestLedgerManyAtOnce: rows are added and dropped by users who are at it at once; no row is lost, none is torn. The rows
// are of many lengths.
func TestLedgerManyAtOnce(t *testing.T) {
	w := newHost(t)
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
	w := newHost(t)
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
		r, err := p.Read(func([]byte) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range r.Rows {
			row := line.Text()
			owner, rest, _ := strings.Cut(string(row), " ")
			if !strings.HasPrefix(rest, "veth lxcbr0 "+owner+"_") || len(row) != len(stays)-1 {
				t.Errorf("torn: %q", row)
			}
			found = found || string(row)+"\n" == stays
		}
		if !found {
			t.Fatal("the row that stays is missing")
		}
	}
	if n := len(w.rows(t)); n > 1+2*writers {
		t.Errorf("%d rows are left", n)
	}
}

// readings2 is what is believed of two readings, where all rows are wanted.
func readings2(t *testing.T, first, second []byte) *Reading {
	t.Helper()
	r := parse(first, func([]byte) bool { return true })
	_, err := r.confirm(func(buffer []byte, at int64) ([]byte, error) {
		if at > int64(len(second)) {
			return nil, nil
		}
		return buffer[:copy(buffer, second[at:])], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
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
		for _, line := range readings2(t, []byte(c.first), []byte(c.second)).Rows {
			got = append(got, fmt.Sprintf("%d %s", line.at, line.Text()))
		}
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
		w := newHost(t)
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

// TestHole: a process that was frozen over a place at the end, which was cut off since, leaves NUL bytes in front of its
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
			w := newHost(t)
			p := w.open(t)
			defer p.exit()
			write(t, w.ledger(), c.before)
			var read []string
			r, err := p.Read(func([]byte) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range r.Rows {
				read = append(read, string(line.Text()))
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
	w := newHost(t)
	p := w.open(t)
	defer p.exit()
	if err := p.Forget("gone"); err != nil { // there is no ledger yet
		t.Fatal(err)
	}
	write(t, w.ledger(), before)
	if err := os.Chmod(w.ledger(), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := p.Forget("gone"); err != nil {
		t.Fatal(err)
	}
	if rows := w.rows(t); !slices.Equal(rows, after) || w.size(t) != len(before) {
		t.Fatalf("%q", rows)
	}
	stat, err := os.Stat(w.ledger())
	if err != nil || stat.Mode() != 0o640 {
		t.Fatal(stat.Mode(), err)
	}
	entries, err := os.ReadDir(w.folder)
	if err != nil || len(entries) != 2 {
		t.Fatal(entries, err)
	}
}

// TestReplacedLedger: an administrator's sed -i, or an editor, comes between the reading and the writing. The row is in
// what is the ledger then, and nothing of others is written over.
func TestReplacedLedger(t *testing.T) {
	const before = "a veth b dead\na veth b two\n"
	for name, c := range map[string]struct {
		replace func(w host)
		rows    []string
	}{
		"sed -i": {func(w host) {
			write(t, w.ledger()+".sed", "a veth b five\na veth b two\n")
			if err := os.Rename(w.ledger()+".sed", w.ledger()); err != nil {
				t.Fatal(err)
			}
		}, []string{"a veth b five", "a veth b two", "a veth b new"}},
		"in place": {func(w host) { write(t, w.ledger(), "a veth b four more\na veth b two\n") }, []string{"a veth b four more", "a veth b two", "a veth b new"}},
		"shifted":  {func(w host) { write(t, w.ledger(), "a a veth b dead\na veth b two\n") }, []string{"a a veth b dead", "a veth b two", "a veth b new"}},
		"emptied":  {func(w host) { write(t, w.ledger(), "") }, []string{"a veth b new"}},
		"removed":  {func(w host) { remove(t, w.ledger()) }, []string{"a veth b new"}},
	} {
		w := newHost(t)
		p := w.open(t)
		write(t, w.ledger(), before)
		r, err := p.reading("dead")
		if err != nil {
			t.Fatal(err)
		}
		c.replace(w)
		if err := p.Write([]Row{{"a", netquota.Place{Type: "veth", Bridge: "b"}, "new"}}, r, r.Rows); err != nil {
			t.Fatal(name, err)
		}
		if rows := w.rows(t); !slices.Equal(rows, c.rows) {
			t.Errorf("%s: %q", name, rows)
		}
		p.exit()
	}
}

func FuzzLedger(f *testing.F) {
	f.Add([]byte("alice veth lxcbr0 veth2001_AAAA\nbob veth lxcbr0 veth1002_BBBB"), []byte("alice veth lxcbr0 veth2001_CCCC\n"))
	f.Add([]byte("alalice veth lxcbr0 veth1001_Z3un"), []byte("\n\n\x00\n"))
	f.Add([]byte("\n\x00\nalice veth lxcbr0 veth2001_AAAA\n\x00"), []byte("\n\x00\nalice veth lxcbr0 veth2001_AAAA\n\x00"))
	f.Add([]byte("@students veth lxcbr0 x y\n  a veth"), []byte("alice veth lxcbr0 "))
	f.Add([]byte("\n\nalice veth lxcbr0 veth2001_AAAA\n\n"), []byte("\n\nalice veth lxcbr0 veth2001_AAAB\n\n"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		r := readings2(t, first, second)
		for _, line := range r.Rows {
			row, at := line.Text(), line.at
			if !bytes.Equal(row, first[at:int(at)+len(row)]) || at+int64(len(row)) > int64(len(second)) || !bytes.Equal(row, second[at:int(at)+len(row)]) {
				t.Fatalf("%q is not at %d of both", row, at)
			}
			if nic := ChargedTo(ofAlice)(row); strings.Contains(nic, " ") || nic != "" && OwnerOf(lan, nic, row) == "" {
				t.Fatalf("%q is of %q", row, nic)
			}
		}
		for _, g := range r.gaps {
			if len(g.text) == 0 || len(bytes.Trim(g.text, gap)) > 0 || g.at > 0 && first[g.at-1] != '\n' {
				t.Fatalf("%q at %d is a gap", g.text, g.at)
			}
		}
	})
}
