package netquota

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLedgerManyAtOnce: rows are added and dropped by users who are at it at once; no row is lost, none is torn.
func TestLedgerManyAtOnce(t *testing.T) {
	w := newWorld(t)
	var group sync.WaitGroup
	const users, each = 8, 40
	for u := range users {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range each {
				p := w.open(t)
				dead := map[string]bool{fmt.Sprintf("dead%d_%d", u, i-1): true}
				err := errors.Join(
					p.book.record(uint32(u%4), []Row{{"u", lan, fmt.Sprintf("live%d_%d", u, i)}}, dead),
					p.book.record(uint32(u%4), []Row{{"u", lan, fmt.Sprintf("dead%d_%d", u, i)}}, nil))
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
	for _, row := range rows {
		if words := strings.Fields(row); len(words) != 4 || words[0] != "u" {
			t.Errorf("torn: %q", row)
		}
	}
}

// TestRowsAreWhole: the kernel shows half of what is being written; a reader never has half a row, and misses none. The
// rows are of many pages, so that there is often half of one.
func TestRowsAreWhole(t *testing.T) {
	const rows = 500
	row := strings.Repeat("a", 100_000-1) + "\n"
	w := newWorld(t)
	p := w.open(t)
	defer p.exit()
	write(t, w.ledger(), "")
	fd, err := p.book.openLedger(unix.O_RDONLY)
	if err != nil {
		t.Fatal(err)
	}
	defer closeFile(fd)
	written := make(chan error)
	go func() {
		var err error
		for range rows {
			err = errors.Join(err, p.book.add([]byte(row)))
		}
		written <- err
	}()
	size := 0
	for done := false; !done; {
		select {
		case err := <-written:
			if err != nil {
				t.Fatal(err)
			}
			done = true
		default:
		}
		if _, err := unix.Seek(fd, int64(size), unix.SEEK_SET); err != nil {
			t.Fatal(err)
		}
		read, err := readRows(fd)
		if err != nil || string(read) != strings.Repeat(row, len(read)/len(row)) {
			t.Fatalf("%d bytes after %d: %v", len(read), size, err)
		}
		size += len(read)
	}
	if size != rows*len(row) {
		t.Fatalf("%d bytes, want %d", size, rows*len(row))
	}
}

// TestRowWithoutNewline: an editor may leave the last row so.
func TestRowWithoutNewline(t *testing.T) {
	for text, want := range map[string]string{"": "", "\n": "\n", "a\n": "a\n", "a": "a\n", "a\nb": "a\nb\n"} {
		name := t.TempDir() + "/nics"
		write(t, name, text)
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := readRows(int(file.Fd())); string(rows) != want || err != nil {
			t.Errorf("%q: %q %v", text, rows, err)
		}
		_ = file.Close()
	}
}

// TestForget drops the rows of an interface and no other, keeps permissions, and leaves no file behind.
func TestForget(t *testing.T) {
	const before = "alice veth lxcbr0 gone\nbob veth lxcbr0 goner\n\ngone veth lxcbr0 stays\ndomain user veth lxcbr0 gone\nshort\nalice veth lxcbr0 gone extra\nalice veth lxcbr0 last"
	const after = "bob veth lxcbr0 goner\n\ngone veth lxcbr0 stays\nshort\nalice veth lxcbr0 last\n"
	w := newWorld(t)
	p := w.open(t)
	defer p.exit()
	if err := p.book.Forget(1, map[string]bool{"gone": true}); err != nil { // there is no ledger yet
		t.Fatal(err)
	}
	write(t, w.ledger(), before)
	if err := os.Chmod(w.ledger(), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := p.book.Forget(1, map[string]bool{"gone": true}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(w.ledger())
	if err != nil || string(text) != after {
		t.Fatalf("%q %v", text, err)
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

// TestExchangeCarriesOver: rows that came between reading and exchanging, into the file that was read or into another
// one that was put in its place.
func TestExchangeCarriesOver(t *testing.T) {
	for _, replaced := range []bool{false, true} {
		w := newWorld(t)
		p := w.open(t)
		write(t, w.ledger(), "a veth b one\na veth b two")
		fd, err := p.book.openLedger(unix.O_RDONLY)
		if err != nil {
			t.Fatal(err)
		}
		content, err := readRows(fd)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.book.makeReplacement("next", fd, without(content, map[string]bool{"one": true})); err != nil {
			t.Fatal(err)
		}
		if replaced {
			remove(t, w.ledger())
		}
		if err := p.book.add([]byte("a veth b three\n")); err != nil {
			t.Fatal(err)
		}
		if done, err := p.book.exchange("next", content); !done || err != nil {
			t.Fatal(done, err)
		}
		if rows := w.rows(t); !slices.Equal(rows, []string{"a veth b two", "a veth b three"}) {
			t.Fatalf("replaced %v: %q", replaced, rows)
		}
		closeFile(fd)
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
			err = book.record(1, []Row{{"alice", lan, "x"}}, nil)
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
	if err := p.make(alice, []Charge{students}, MAC{2}, 5); err != nil {
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
	if got, err := p.book.Find(alice, Place{"veth", "lxcbr"}, "bobs", 0); got.Owner != "" || err != nil {
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
	f.Add([]byte("@students veth lxcbr0 x y\n  a veth"), []byte("alice veth lxcbr0 "))
	f.Fuzz(func(t *testing.T, before, more []byte) {
		dead := map[string]bool{"veth2001_AAAA": true}
		kept := without(append(slices.Clone(before), '\n'), dead) // as readRows gives them
		if len(kept) > 0 && kept[len(kept)-1] != '\n' || !bytes.Equal(without(kept, dead), kept) {
			t.Fatalf("%q: kept %q", before, kept)
		}
		after := append(slices.Clone(before), more...)
		for line := range bytes.Lines(added(before, after)) {
			if !bytes.Contains(after, bytes.TrimSuffix(line, []byte("\n"))) {
				t.Fatalf("added %q out of nowhere", line)
			}
		}
		s := &survey{who: alice, charges: []Charge{ofAlice}, listed: make([][]string, 1), others: make(map[string]bool)}
		for line := range bytes.Lines(before) {
			s.row(bytes.TrimSuffix(line, []byte("\n")))
			if nic := ofAlice.nicOf(line); strings.Contains(nic, " ") {
				t.Fatalf("%q", nic)
			}
		}
	})
}
