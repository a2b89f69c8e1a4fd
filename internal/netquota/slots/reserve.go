package slots

import (
	"encoding/binary"
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/netquota"
)

// errNoName says that the random names ran into taken ones, which takes millions of interfaces.
var errNoName = errors.New("no free interface name was found")

// freeName picks a random name of the user's that no interface and no slot has, and claims it against other processes.
func (b *Book) freeName(l *look) (string, error) {
	for range 100 {
		n, err := random()
		if err != nil {
			return "", err
		}
		name := netquota.HostName(l.UID, n)
		held, err := b.claim(nameByte(l.UID, n))
		if err != nil {
			return "", err
		}
		isNamed := func(f *file) bool { return f.isLower(name, len(f.Seen)) }
		if !held || slices.ContainsFunc(l.files, isNamed) {
			continue
		}
		if !l.exists(name) {
			return name, l.err
		}
	}
	return "", errNoName
}

// random is a number of a name, from the kernel's generator.
func random() (uint32, error) {
	var bytes [8]byte
	if _, err := unix.Getrandom(bytes[:], 0); err != nil {
		return 0, err
	}
	return uint32(binary.NativeEndian.Uint64(bytes[:]) % netquota.Suffixes), nil
}

// Rename picks another name, if the claim's turns out to be taken after all. Errors: errNoName, those of files and kernel.
func (c *Claim) Rename() error {
	name, err := c.book.freeName(c.look)
	if err != nil {
		return err
	}
	c.Name = name
	return c.write(netquota.Pending)
}

// Reserve makes mac the address of the claim and reports whether it could: not if a process that still runs has reserved
// it, or a living interface of the account has it. The lock comes first, so that whoever had it has written it already. An
// interface that is about to go is waited for, within the bound of the whole call: a container that is started again at
// once is to get its address again. Errors: those of the files and the kernel.
func (c *Claim) Reserve(mac netquota.MAC) (bool, error) {
	held, err := c.book.claim(macByte(mac))
	if !held || err != nil {
		return false, err
	}
	for {
		user, taken, err := c.look.user(mac)
		if err != nil {
			return false, err
		}
		if !taken {
			c.MAC = mac
			return true, c.write(netquota.Pending)
		}
		if !c.look.links.Leaving(user) || !c.book.wait() {
			return false, nil
		}
	}
}

// user is the living interface of the account that has an address, if there is one.
func (l *look) user(mac netquota.MAC) (netquota.Nic, bool, error) {
	for _, f := range l.files {
		if err := f.load(); err != nil {
			return netquota.Nic{}, false, err
		}
		for _, s := range f.records {
			if s.Name != "" && s.MAC == mac && l.lives(s.Nic) {
				return s.Nic, true, l.err
			}
		}
	}
	return netquota.Nic{}, false, l.err
}
