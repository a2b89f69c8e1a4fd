package slots

import (
	"bytes"
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/netquota"
)

// Recorded is an interface, and to whom it is charged.
type Recorded struct {
	Owner string       // "" if that is not recorded
	Nic   netquota.Nic // Name is what its row has; the rest is known if a slot has it
}

// Find returns to whom an interface is charged at the place, as the ledger says or, where that has lost the row, a slot of
// one of the account's own allotments. It is named as it was made, or as it is now: index is that of the interface now called
// nic, 0 if there is none, and a slot that has it tells the name that it was made with.
func (b *Book) Find(who netquota.Account, place netquota.Place, nic string, index int) (Recorded, error) {
	owner, err := b.listedOwner(place, nic)
	if err != nil {
		return Recorded{}, err
	}
	owners := who.Owners()
	if owner != "" {
		owners = []string{owner}
	}
	for _, candidate := range owners {
		found, has, err := b.slotOf(netquota.Allotment{Owner: candidate, Place: place}, nic, index)
		if has || err != nil {
			return Recorded{candidate, found}, err
		}
	}
	return Recorded{owner, netquota.Named(nic)}, nil
}

// listedOwner is the owner in the row of an interface at the place, "" if there is none.
func (b *Book) listedOwner(place netquota.Place, nic string) (owner string, err error) {
	suffix := []byte(" " + place.Type + " " + place.Bridge + " " + nic)
	err = b.read(&sheet{}, func(row []byte, _ int64) {
		before, after, found := bytes.Cut(row, suffix)
		if found && len(before) > 0 && (len(after) == 0 || after[0] == ' ') {
			owner = string(before)
		}
	})
	return owner, err
}

// slotOf is the interface in a slot of the allotment that was made with a name, or else has an index.
func (b *Book) slotOf(allotment netquota.Allotment, name string, index int) (netquota.Nic, bool, error) {
	fd, err := unix.Openat(b.folder, fileName(allotment), unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return netquota.Nic{}, false, nil
	}
	if err != nil {
		return netquota.Nic{}, false, err
	}
	defer closeFile(fd)
	file := &slots{fd: fd, allotment: allotment}
	if err := file.load(); err != nil {
		return netquota.Nic{}, false, err
	}
	for _, is := range []func(netquota.Nic) bool{
		func(n netquota.Nic) bool { return n.Name == name },
		func(n netquota.Nic) bool { return n.Name != "" && n.Index == index && index != 0 },
	} {
		for _, r := range file.records {
			if is(r.Nic) {
				return r.Nic, true, nil
			}
		}
	}
	return netquota.Nic{}, false, nil
}
