package slots

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/ledger"
)

// Recorded is an interface, and to whom it is charged.
type Recorded struct {
	Owner string       // "" if that is not recorded
	Nic   netquota.Nic // Name is what its row has; the rest is known if a slot has it
}

// Find returns to whom an interface is charged at the place, as the ledger says or, where that has lost the row, a slot of
// one of the account's own allotments. It is named as it was made, or as it is now: index is that of the interface now
// called nic, 0 if there is none, and a slot that has it tells the name it was made with. Errors: those of the files.
func (b *Book) Find(who netquota.Account, place netquota.Place, nic string, index int) (Recorded, error) {
	r, err := b.ledger.Read(func(row []byte) bool { return ledger.OwnerOf(place, nic, row) != "" })
	if err != nil {
		return Recorded{}, err
	}
	owner, owners := "", who.Owners()
	if last := len(r.Rows) - 1; last >= 0 {
		owner = ledger.OwnerOf(place, nic, r.Rows[last].Text())
		owners = []string{owner}
	}
	for _, candidate := range owners {
		records, err := Records(b.dir, FileName(netquota.Allotment{Owner: candidate, Place: place}), b.path, b.owner)
		if err != nil {
			return Recorded{}, err
		}
		if found, has := findIn(records, nic, index); has {
			return Recorded{candidate, found}, nil
		}
	}
	return Recorded{owner, netquota.Named(nic)}, nil
}

// Records are the records of a file of slots in a directory. One that does not exist has none. Errors:
// *lockfile.UnsafeError, those of the system calls.
func Records(directory int, name, path string, owner uint32) ([]netquota.Slot, error) {
	f := file{path: path + "/" + name}
	var err error
	f.fd, _, err = lockfile.Open(directory, name, f.path, unix.O_RDONLY, 0, owner)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	if err == nil {
		err = f.load()
		lockfile.Close(f.fd)
	}
	return f.records, err
}

// findIn is the interface in a slot that was made with a name, or else has an index.
func findIn(records []netquota.Slot, name string, index int) (found netquota.Nic, has bool) {
	for _, s := range records {
		if s.Name == name && name != "" {
			return s.Nic, true
		}
		if s.Name != "" && s.Index == index && index != 0 && !has {
			found, has = s.Nic, true
		}
	}
	return found, has
}
