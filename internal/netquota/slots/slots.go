package slots

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/netquota"
)

// mostSlots bounds a allotment whatever its quota says: a Linux bridge ends at 1023 ports, a read stays at 8 MiB.
const mostSlots = 1 << 16

// slots are the slots of one allotment, or of a limit: a file of records. A process that changes a record holds the lock on
// its bytes.
type slots struct {
	fd        int
	path      string // for messages
	allotment netquota.Allotment
	records   []record     // as last read; what counts is read again under the lock
	crowded   bool         // a living interface that counts is in none of the slots
	busy      bool         // another process was at work on a slot when none was free
	stuck     map[int]bool // slots that could not be emptied: they are taken
	full      error        // what to say when none is free; nil for a allotment
}

// isLimit reports whether the slots are those of a limit.
func (s *slots) isLimit() bool { return s.full != nil }

// load reads all records.
func (s *slots) load() error {
	data, err := readRecords(s.fd)
	if err != nil {
		return about(s.path, err)
	}
	s.records = s.records[:0]
	for ; len(data) >= recordSize; data = data[recordSize:] {
		s.records = append(s.records, parseRecord(data[:recordSize]))
	}
	return nil
}

// quota is the number of slots that may be used.
func (s *slots) quota() int { return int(min(s.allotment.Quota, mostSlots)) }

// record is the record of slot i as last read.
func (s *slots) record(i int) record {
	if i < len(s.records) {
		return s.records[i]
	}
	return record{}
}

// lock tries to take slot i, and reads it again if it could: nobody else changes it until unlock or the end of this
// process.
func (s *slots) lock(i int) (bool, error) {
	held, err := try(s.fd, exclusive, int64(i)*recordSize, recordSize)
	if !held {
		return false, about(s.path, err)
	}
	text := make([]byte, recordSize)
	n, err := unix.Pread(s.fd, text, int64(i)*recordSize)
	if err != nil {
		return false, about(s.path, err)
	}
	s.remember(i, parseRecord(text[:n]))
	return true, nil
}

// unlock gives slot i back.
func (s *slots) unlock(i int) error {
	_, err := try(s.fd, none, int64(i)*recordSize, recordSize)
	return err
}

// write makes r the record of slot i, whose lock is held.
func (s *slots) write(i int, r record) error {
	if err := writeRecord(s.fd, i, r.text()); err != nil {
		return about(s.path, err)
	}
	s.remember(i, r)
	return nil
}

func (s *slots) remember(i int, r record) {
	for len(s.records) <= i {
		s.records = append(s.records, record{})
	}
	s.records[i] = r
}

// holds reports whether one of the first n slots has name.
func (s *slots) holds(name string, n int) bool {
	for _, r := range s.records[:min(n, len(s.records))] {
		if r.Name == name {
			return true
		}
	}
	return false
}

// lives reports whether an interface lives. Its name is asked for first: that costs least, and others rarely change it. But
// it is only a name.
func lives(n netquota.Nic, links Links) (bool, error) {
	if n.Index != 0 {
		name, err := links.NameOf(n.Index)
		if err != nil || name == n.Name {
			return err == nil, err
		}
	}
	alive, err := links.Exists(n.Name)
	if alive || err != nil || n.IsNameOnly() {
		return alive, err
	}
	return links.Survives(n), nil
}

// mayLive is false for an interface that does not live, or has been moved to another network namespace; it costs little.
func mayLive(n netquota.Nic, links Links) (bool, error) {
	if n.Index == 0 {
		return false, nil
	}
	name, err := links.NameOf(n.Index)
	return name != "", err
}
