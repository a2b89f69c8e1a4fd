package netquota

import (
	"bytes"
	"errors"

	"golang.org/x/sys/unix"
)

// Owner returns to whom the interface is charged at the place, as the ledger says or, where that has lost the row, a slot
// of one of the account's own charges; "" if it is not recorded.
func (b *Book) Owner(who Account, place Place, nic string) (string, error) {
	var owner string
	suffix := []byte(" " + place.Type + " " + place.Bridge + " " + nic)
	err := b.read(&sheet{}, func(row []byte, _ int64) {
		before, after, found := bytes.Cut(row, suffix)
		if found && len(before) > 0 && (len(after) == 0 || after[0] == ' ') {
			owner = string(before)
		}
	})
	if owner != "" || err != nil {
		return owner, err
	}
	for _, candidate := range who.owners() {
		has, err := b.slotHas(Charge{Owner: candidate, Place: place}, nic)
		if has || err != nil {
			return candidate, err
		}
	}
	return "", nil
}

// owners are the owners that lines can have that apply to the account.
func (a Account) owners() []string {
	owners := append([]string(nil), a.Names...)
	for _, g := range a.Groups {
		owners = append(owners, "@"+g)
	}
	return owners
}

// slotHas reports whether a slot of the charge has the interface.
func (b *Book) slotHas(charge Charge, nic string) (bool, error) {
	fd, err := unix.Openat(b.folder, fileName(charge), unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer closeFile(fd)
	file := &slots{fd: fd, charge: charge}
	if err := file.load(); err != nil {
		return false, err
	}
	return file.holds(nic, len(file.records)), nil
}
