package slots

import (
	"slices"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
)

// file is the slots of an allotment or of a limit: a file of records. A process that changes a record holds the lock on its
// bytes. A slot of a limit is never pending: it counts what lives, half made or not. The slot of the allotment says what is
// to be removed, and where.
type file struct {
	netquota.Slots
	fd      int // -1: there is none
	path    string
	records []netquota.Slot // as last read, Empty, Pending or Unasked; what counts is read again under the lock
}

// load reads all records. What was dead stays dead, as long as its record stays.
func (f *file) load() error {
	data, err := readRecords(f.fd, netquota.RecordSize)
	if err != nil {
		return lockfile.About(f.path, err)
	}
	before, seen := f.records, f.Seen
	f.records, f.Seen = nil, nil
	for i := 0; len(data) >= netquota.RecordSize; i++ {
		slot := netquota.ParseRecord(data[:netquota.RecordSize])
		data = data[netquota.RecordSize:]
		f.records = append(f.records, slot)
		if i < len(before) && before[i] == slot && (seen[i].State == netquota.Dead || seen[i].State == netquota.Stuck) {
			slot.State = seen[i].State
		}
		f.Seen = append(f.Seen, slot)
	}
	return nil
}

// readRecords reads a file of records of some size, as far as there may be any.
func readRecords(fd, size int) ([]byte, error) {
	if fd < 0 {
		return nil, nil
	}
	var data []byte
	for len(data) < netquota.MostSlots*size {
		if len(data) == cap(data) {
			data = slices.Grow(data, 16*size)
		}
		more, err := lockfile.ReadAt(fd, data[len(data):cap(data)], int64(len(data)))
		if len(more) == 0 || err != nil {
			return data, err
		}
		data = data[:len(data)+len(more)]
	}
	return data, nil
}

// judge tells the pending slots whose process has died, and those that a lower slot has too.
func (f *file) judge() error {
	for i, s := range f.Seen {
		switch {
		case s.State == netquota.Pending:
			held, err := lockfile.Locked(f.fd, int64(i)*netquota.RecordSize, netquota.RecordSize)
			if err != nil {
				return lockfile.About(f.path, err)
			}
			if !held {
				f.Seen[i].State = netquota.Abandoned
			}
		case s.Name != "" && f.isLower(s.Name, i):
			f.Seen[i].State = netquota.Duplicate
		}
	}
	return nil
}

// isLower reports whether a slot below i has a name.
func (f *file) isLower(name string, i int) bool {
	return slices.ContainsFunc(f.Seen[:i], func(s netquota.Slot) bool { return s.Name == name })
}

// ask asks which slots of those that may be used live, until some are known to be free.
func (f *file) ask(free int, lives func(netquota.Nic) bool) {
	for i := range f.Within() {
		if free <= 0 {
			return
		}
		if state := f.askOne(i, lives); state.IsFree() || state == netquota.Abandoned {
			free--
		}
	}
}

// askOne asks whether slot i lives, if that has not been asked, and returns its state.
func (f *file) askOne(i int, lives func(netquota.Nic) bool) netquota.State {
	s := &f.Seen[i]
	if s.State == netquota.Unasked {
		s.State = netquota.Dead
		if lives(s.Nic) {
			s.State = netquota.Living
		}
	}
	return s.State
}

// has reports whether a slot that may be used has a living interface. One that only seems to is asked: an address comes
// again when its interface is gone.
func (f *file) has(nic netquota.Nic, lives func(netquota.Nic) bool) bool {
	for i, s := range f.Within() {
		if s.Name != nic.Name && s.Is(nic) {
			f.askOne(i, lives)
		}
	}
	return f.Has(nic)
}

// lock takes slot i if it is still as it was seen, and reports whether it could. If not, some process is at work on it.
// Nobody else changes it until unlock or the end of this process.
func (f *file) lock(i int) (bool, error) {
	slot, held, err := f.read(i)
	if err != nil {
		return false, err
	}
	if held && slot == f.record(i) {
		return true, nil
	}
	f.set(i, netquota.Slot{Nic: f.record(i).Nic, State: netquota.Pending}, f.record(i))
	if held {
		err = f.unlock(i)
	}
	return false, err
}

// read takes the lock of slot i and reads its record under it.
func (f *file) read(i int) (slot netquota.Slot, held bool, err error) {
	held, err = lockfile.Try(f.fd, lockfile.Exclusive, int64(i)*netquota.RecordSize, netquota.RecordSize)
	if !held {
		return slot, false, lockfile.About(f.path, err)
	}
	text, err := lockfile.ReadAt(f.fd, make([]byte, netquota.RecordSize), int64(i)*netquota.RecordSize)
	return netquota.ParseRecord(text), true, lockfile.About(f.path, err)
}

// unlock gives slot i back.
func (f *file) unlock(i int) error {
	_, err := lockfile.Try(f.fd, lockfile.None, int64(i)*netquota.RecordSize, netquota.RecordSize)
	return lockfile.About(f.path, err)
}

// write makes s the record of slot i, whose lock is held, in one write that no page ends in.
func (f *file) write(i int, s netquota.Slot) error {
	text := s.Record()
	if err := lockfile.WriteAt(f.fd, text, int64(i)*netquota.RecordSize); err != nil {
		return lockfile.About(f.path, err)
	}
	f.set(i, s, netquota.ParseRecord(text))
	return nil
}

// record is the record of slot i as last read.
func (f *file) record(i int) netquota.Slot {
	if i < len(f.records) {
		return f.records[i]
	}
	return netquota.Slot{}
}

// set takes note of what slot i is, and its record.
func (f *file) set(i int, seen, record netquota.Slot) {
	f.Put(i, seen)
	for len(f.records) <= i {
		f.records = append(f.records, netquota.Slot{})
	}
	f.records[i] = record
}
