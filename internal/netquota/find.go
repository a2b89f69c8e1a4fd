package netquota

import (
	"bytes"
	"errors"

	"golang.org/x/sys/unix"
)

// Holding is an interface, and to whom it is charged.
type Holding struct {
	Owner string // "" if that is not recorded
	Nic   Nic    // Name is what its row has; the rest is known if a slot has it
}

// Find returns to whom an interface is charged at the place, as the ledger says or, where that has lost the row, a slot of
// one of the account's own charges. It is named as it was made, or as it is now: index is that of the interface now called
// nic, 0 if there is none, and a slot that has it tells the name that it was made with.
func (b *Book) Find(who Account, place Place, nic string, index int) (Holding, error) {
	owner, err := b.listedOwner(place, nic)
	if err != nil {
		return Holding{}, err
	}
	owners := who.owners()
	if owner != "" {
		owners = []string{owner}
	}
	for _, candidate := range owners {
		found, has, err := b.slotOf(Charge{Owner: candidate, Place: place}, nic, index)
		if has || err != nil {
			return Holding{candidate, found}, err
		}
	}
	return Holding{owner, named(nic)}, nil
}

// listedOwner is the owner in the row of an interface at the place, "" if there is none.
func (b *Book) listedOwner(place Place, nic string) (owner string, err error) {
	suffix := []byte(" " + place.Type + " " + place.Bridge + " " + nic)
	err = b.read(&sheet{}, func(row []byte, _ int64) {
		before, after, found := bytes.Cut(row, suffix)
		if found && len(before) > 0 && (len(after) == 0 || after[0] == ' ') {
			owner = string(before)
		}
	})
	return owner, err
}

// owners are the owners that lines can have that apply to the account.
func (a Account) owners() []string {
	owners := append([]string(nil), a.Names...)
	for _, g := range a.Groups {
		owners = append(owners, "@"+g)
	}
	return owners
}

// slotOf is the interface in a slot of the charge that was made with a name, or else has an index.
func (b *Book) slotOf(charge Charge, name string, index int) (Nic, bool, error) {
	fd, err := unix.Openat(b.folder, fileName(charge), unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return Nic{}, false, nil
	}
	if err != nil {
		return Nic{}, false, err
	}
	defer closeFile(fd)
	file := &slots{fd: fd, charge: charge}
	if err := file.load(); err != nil {
		return Nic{}, false, err
	}
	for _, is := range []func(Nic) bool{
		func(n Nic) bool { return n.Name == name },
		func(n Nic) bool { return n.Name != "" && n.Index == index && index != 0 },
	} {
		for _, r := range file.records {
			if is(r.Nic) {
				return r.Nic, true, nil
			}
		}
	}
	return Nic{}, false, nil
}
