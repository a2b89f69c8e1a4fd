// Package addresses keeps who has which IPv4 address on a bridge where each interface has one of its own.
//
// It promises that no two interfaces that live have the same: whatever processes are killed or frozen at whatever
// instruction, and however many ask at once. An address that nobody had is taken under a lock on the address, which the
// process holds to its end; one that somebody had, under a lock on its record. Either is tried and never waited for: where
// it is held, another address is chosen. The record is written before the interface is made, and says what that is; so
// whoever reads it can ask the kernel whether the interface lives.
//
// An address stays with its hardware address when the interface is gone, until package pool gives it to another one.
package addresses

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/pool"
)

// Lease is how long a DHCP server may keep an address for an interface that is gone: what is handed to dnsmasq says so, in
// seconds. It is short, as an address that goes to another container can be had only after it.
const Lease = 600

// Place is where the files are, and what they need of the book of slots.
type Place struct {
	Directory int    // a descriptor; -1: there is none
	Path      string // of it, for messages
	Owner     uint32 // of all files: root; tests are run by others
	Reads     bool   // nothing is changed
	// Lives reports whether an interface lives.
	Lives func(netquota.Nic) (bool, error)
	// Wait waits between two looks, and reports whether there may be another.
	Wait func() bool
	// Now is the time since the machine was started, in nanoseconds.
	Now func() uint64
}

// Prefix begins the names of the files, one for each bridge. It is in no other name among the slots.
const Prefix = "address."

// format ends them: it stands for the size of a record, as for slots.
const format = "+" + netquota.RecordVersion

// FileName is the name of a bridge's file. What names an interface names a file too, but for what has a meaning here.
func FileName(bridge string) string { return Prefix + bridge + format }

// BridgeOf is the bridge of a file; "" of files of other kinds.
func BridgeOf(name string) string {
	bridge, is := strings.CutPrefix(name, Prefix)
	bridge, whole := strings.CutSuffix(bridge, format)
	if !is || !whole {
		return ""
	}
	return bridge
}

// Book is the addresses of one bridge.
type Book struct {
	Place
	fd      int // -1: there is none
	path    string
	records []Record
	holders []pool.Holder // of each record
	busy    []pool.Holder // addresses that other processes are about to write
}

// Open opens the addresses of a bridge, and makes the file if there is none. Errors: *lockfile.UnsafeError, *lockfile.Error.
func Open(p Place, bridge string) (*Book, error) {
	b := &Book{Place: p, fd: -1, path: p.Path + "/" + FileName(bridge)}
	flags, mode := unix.O_RDWR, uint32(0o600)
	if p.Reads {
		flags, mode = unix.O_RDONLY, 0
	}
	if p.Directory < 0 {
		return b, nil
	}
	var err error
	b.fd, _, err = lockfile.Open(p.Directory, FileName(bridge), b.path, flags, mode, p.Owner)
	return b, err
}

// Close closes the file, which lets go of the locks on records.
func (b *Book) Close() { lockfile.Close(b.fd) }

// Records are those of addresses that somebody has or had. Errors: those of the file.
func (b *Book) Records() ([]Record, error) {
	err := b.load()
	var found []Record
	for _, r := range b.records {
		if r.Address.IsValid() {
			found = append(found, r)
		}
	}
	return found, err
}

// Look judges who has what. It is for those who take none: where nothing may be changed, nothing is noted. Errors: those of the
// file and the kernel.
func (b *Book) Look() ([]pool.Holder, error) {
	err := b.look()
	return b.held(), err
}

// held are the holders that there are: those of records, and the processes that have none yet. An empty record is one that
// holds no address, which Choose passes over.
func (b *Book) held() []pool.Holder {
	all := b.holders[:len(b.holders):len(b.holders)]
	for _, h := range b.busy {
		if !slices.ContainsFunc(b.holders, func(o pool.Holder) bool { return o.Address == h.Address }) {
			all = append(all, h)
		}
	}
	return all
}

// load reads all records.
func (b *Book) load() error {
	b.records = nil
	if b.fd < 0 {
		return nil
	}
	buffer := make([]byte, 32*recordSize)
	for at := int64(0); len(b.records) < netquota.MostSlots; {
		text, err := lockfile.ReadAt(b.fd, buffer, at)
		if len(text) == 0 || err != nil {
			return lockfile.About(b.path, err)
		}
		at += int64(len(text))
		for ; len(text) >= noteAt; text = text[min(recordSize, len(text)):] {
			b.records = append(b.records, parse(text[:min(recordSize, len(text))]))
		}
		if len(text) > 0 {
			return nil
		}
	}
	return nil
}

// look reads all records and asks who lives.
func (b *Book) look() error {
	if err := b.load(); err != nil {
		return err
	}
	b.holders = make([]pool.Holder, len(b.records))
	now := b.Now()
	for i, r := range b.records {
		if !r.Address.IsValid() {
			continue
		}
		idle, err := b.idle(i, now)
		if err != nil {
			return err
		}
		b.holders[i] = pool.Holder{Address: r.Address, MAC: r.Nic.MAC, Owner: r.Owner, State: stateOf(idle), Idle: idle}
	}
	return nil
}

// stateOf is that of an address that has been idle for so long.
func stateOf(idle uint64) pool.State {
	switch {
	case idle == 0:
		return pool.InUse
	case idle <= Lease*second:
		return pool.Leased
	}
	return pool.Expired
}

const second = 1_000_000_000

// idle is how long the interface of a record has not lived, 1 at least, in nanoseconds; 0: it lives, or is about to. That it
// lives no more is noted by the first who sees it; nobody locks anything for that, as a note names the interface, and its name
// is never that of another.
func (b *Book) idle(i int, now uint64) (uint64, error) {
	r := b.records[i]
	if r.note.of == r.Nic.Name {
		seen := r.note.at * second
		if seen > now { // the machine was started again
			return now + 1, nil
		}
		return now - seen + 1, nil
	}
	if lives, err := b.Lives(r.Nic); lives || err != nil {
		return 0, err
	}
	atWork, err := lockfile.Locked(b.fd, int64(i)*recordSize, noteAt)
	if atWork || err != nil {
		return 0, lockfile.About(b.path, err)
	}
	// Whoever made it has let go since it was asked for: it may have come to life before that.
	if lives, err := b.Lives(r.Nic); lives || err != nil {
		return 0, err
	}
	if b.Reads {
		return 1, nil
	}
	dead := note{r.Nic.Name, now / second}
	return 1, lockfile.About(b.path, lockfile.WriteAt(b.fd, dead.text(), int64(i)*recordSize+noteAt))
}
