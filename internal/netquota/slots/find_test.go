package slots

import (
	"errors"
	"os"
	"testing"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/ledger"
)

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
			err = book.ledger.Write([]ledger.Row{{Owner: "alice", Place: lan, Nic: "x"}}, &ledger.Reading{}, nil)
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
