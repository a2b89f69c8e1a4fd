package slots

import (
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/netquota"
)

// errNoName says that the random names ran into taken ones, which takes millions of interfaces.
var errNoName = errors.New("no free interface name was found")

// freeName picks a random name of the user's that no interface and no slot has, and claims it against other processes.
func (b *Book) freeName(s *survey, links Links) (string, error) {
	for range 100 {
		n, err := random()
		if err != nil {
			return "", err
		}
		name := netquota.HostName(s.who.UID, n)
		held, err := try(b.claims, exclusive, nameByte(s.who.UID, n), 1)
		if err != nil {
			return "", err
		}
		if !held || s.isNamed(name) {
			continue
		}
		alive, err := links.Exists(name)
		if !alive || err != nil {
			return name, err
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

// Rename picks another name, for when the kernel says that somebody took the claim's name after all.
func (c *Claim) Rename(links Links) error {
	name, err := c.book.freeName(c.survey, links)
	if err != nil {
		return err
	}
	c.Name = name
	return c.write(pending)
}

// Reserve makes mac the address of the claim and reports whether it could: not if a process that still runs has reserved
// it, or a living interface of the account has it. The lock comes first, so that who had it has written it by then. An
// interface that is about to go is waited for, within the bound of the whole call: a container that is started again at once is
// to get its address again.
func (c *Claim) Reserve(mac netquota.MAC, links Links) (bool, error) {
	held, err := try(c.book.claims, exclusive, macByte(mac), 1)
	if !held || err != nil {
		return false, err
	}
	for {
		user, taken, err := c.user(mac, links)
		if err != nil {
			return false, err
		}
		if !taken {
			c.MAC = mac
			return true, c.write(pending)
		}
		if !links.Leaving(user) || !c.book.wait() {
			return false, nil
		}
	}
}

// user is the living interface of the account that has an address, if there is one.
func (c *Claim) user(mac netquota.MAC, links Links) (netquota.Nic, bool, error) {
	if err := c.survey.reload(); err != nil {
		return netquota.Nic{}, false, err
	}
	return c.survey.user(mac, links)
}
