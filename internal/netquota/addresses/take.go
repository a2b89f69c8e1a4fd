package addresses

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/pool"
)

// Held is an address that this process has for an interface that it is about to make. It ends with Complete or Abandon; if
// the process dies before, the address is its hardware address's, in use if the interface lives, and idle otherwise.
type Held struct {
	Address netip.Addr
	book    *Book
	record  int
	owner   uint32
	before  []byte // what the record was
	name    string // of the interface that it has been written for
}

// Take takes the address that a pool chooses for an interface. What is known of the interface is its name and its hardware
// address, which this process alone has. Errors: *pool.Exhausted, *pool.Taken, in which cases none is taken; those of the file
// and the kernel.
func (b *Book) Take(s pool.Space, w pool.Wanted, nic netquota.Nic) (*Held, error) {
	for {
		if err := b.look(); err != nil {
			return nil, err
		}
		held, refused, err := b.attempt(s, w, nic)
		if held != nil || err != nil {
			return held, err
		}
		b.busy = nil
		if !b.isBusy() || !b.Wait() {
			return nil, refused
		}
	}
}

// isBusy reports whether an address may be given back soon: some process is at work on it.
func (b *Book) isBusy() bool {
	for i, h := range b.holders {
		if h.State == pool.InUse && h.Address.IsValid() {
			if atWork, err := lockfile.Locked(b.fd, int64(i)*recordSize, noteAt); atWork && err == nil {
				return true
			}
		}
	}
	return false
}

// attempt takes what is chosen. What another process takes at the same time is in use from then on, and there is another
// choice: one less to choose from each time.
func (b *Book) attempt(s pool.Space, w pool.Wanted, nic netquota.Nic) (held *Held, refused, err error) {
	for {
		choice, refused := s.Choose(b.held(), w)
		if refused != nil {
			return nil, refused, nil
		}
		if choice.Holder == pool.New {
			held, err = b.takeNew(choice.Address, choice.Owner, nic)
		} else {
			held, err = b.takeOver(choice.Holder, choice.Owner, nic)
		}
		if held != nil || err != nil {
			return held, nil, err
		}
	}
}

// takeNew takes an address that nobody had. Its lock comes first: whoever had it has written a record by now, or never will.
func (b *Book) takeNew(a netip.Addr, owner uint32, nic netquota.Nic) (*Held, error) {
	free, err := lockfile.Try(b.fd, lockfile.Exclusive, addressByte(a), 1)
	if err != nil {
		return nil, lockfile.About(b.path, err)
	}
	if !free {
		b.busy = append(b.busy, pool.Holder{Address: a})
		return nil, nil
	}
	if err := b.load(); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(b.records, func(r Record) bool { return r.Address == a }) {
		return nil, b.look()
	}
	for i := range netquota.MostSlots {
		if i < len(b.records) && b.records[i].Address.IsValid() {
			continue
		}
		held, err := b.take(i, a, owner, nic)
		if held != nil || err != nil {
			return held, err
		}
	}
	return nil, lockfile.About(b.path, errFull)
}

// addressByte is the byte of a file whose lock is that on an address. Records are far below.
func addressByte(a netip.Addr) int64 {
	bytes := a.As4()
	return 1<<40 | int64(binary.BigEndian.Uint32(bytes[:]))
}

// takeOver takes the address of a record.
func (b *Book) takeOver(i int, owner uint32, nic netquota.Nic) (*Held, error) {
	held, err := b.take(i, b.records[i].Address, owner, nic)
	if held == nil && err == nil {
		b.holders[i].State = pool.InUse
	}
	return held, err
}

// take locks a record, reads it again, and makes it that of the interface, unless it is not what it was. Whether the interface
// that had it lives is asked under the lock: a note of a process that its user had frozen may be about an older one of that
// name.
func (b *Book) take(i int, a netip.Addr, owner uint32, nic netquota.Nic) (*Held, error) {
	locked, err := b.lock(i, lockfile.Exclusive)
	if !locked || err != nil {
		return nil, err
	}
	before, err := lockfile.ReadAt(b.fd, make([]byte, noteAt), int64(i)*recordSize)
	seen := Record{}
	if i < len(b.records) {
		seen = b.records[i]
	}
	is := parse(before)
	lives := false
	if err == nil && is.Address.IsValid() {
		lives, err = b.Lives(is.Nic)
	}
	if lives || is.Nic != seen.Nic || is.Address != seen.Address || err != nil {
		_, bad := b.lock(i, lockfile.None)
		return nil, lockfile.About(b.path, firstOf(err, bad))
	}
	h := &Held{Address: a, book: b, record: i, owner: owner, before: before}
	return h, h.Write(nic)
}

// lock changes the lock on a record. Its note needs none.
func (b *Book) lock(i int, kind int16) (bool, error) {
	held, err := lockfile.Try(b.fd, kind, int64(i)*recordSize, noteAt)
	return held, lockfile.About(b.path, err)
}

// Write writes what is known of the interface now. Errors: those of the file.
func (h *Held) Write(nic netquota.Nic) error {
	h.name = nic.Name
	text := Record{Address: h.Address, Owner: h.owner, Nic: nic}.text()
	return lockfile.About(h.book.path, lockfile.WriteAt(h.book.fd, text, int64(h.record)*recordSize))
}

// Complete says that the interface is made, and lets go of the record: the address is in use as long as the interface lives.
// Errors: those of the file.
func (h *Held) Complete(nic netquota.Nic) error {
	if err := h.Write(nic); err != nil {
		return err
	}
	_, err := h.book.lock(h.record, lockfile.None)
	return err
}

// Abandon gives the address back to whoever had it before. The interface must no longer live, and nobody must have been told
// that the address is its: then it stays, and is idle. Errors: those of the file.
func (h *Held) Abandon() error {
	locked, err := h.book.lock(h.record, lockfile.Exclusive)
	if !locked || err != nil {
		return err
	}
	at := int64(h.record) * recordSize
	is, err := lockfile.ReadAt(h.book.fd, make([]byte, noteAt), at)
	if err == nil && parse(is).Nic.Name == h.name {
		err = lockfile.WriteAt(h.book.fd, blank(h.before), at)
	}
	_, bad := h.book.lock(h.record, lockfile.None)
	return lockfile.About(h.book.path, firstOf(err, bad))
}
