// Package bookview reads the slots and the ledger, for reports. It changes nothing.
package bookview

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/addresses"
	"userns-helpers/internal/netquota/ledger"
	"userns-helpers/internal/netquota/slots"
	"userns-helpers/internal/text/ifname"
)

// Slot is what a slot says that names an interface, living or not.
type Slot struct {
	Owner string // as in netquota.Allotment; a name of more than 63 bytes is cut, and has # and a hash after it
	Place netquota.Place
	Slot  int
	netquota.Nic
	Complete bool // false: it is being made, or its process died
}

// Rows returns the rows of the ledger at an absolute path. A ledger that does not exist has none; what is no row is
// passed over. Errors: *lockfile.UnsafeError, those of the system calls.
func Rows(path string) ([]ledger.Row, error) { return rows(path, 0) }

func rows(path string, owner uint32) ([]ledger.Row, error) {
	r, err := ledger.At(path, -1, owner).Read(func([]byte) bool { return true })
	if err != nil {
		return nil, err
	}
	var all []ledger.Row
	for _, line := range r.Rows {
		if row, ok := parseRow(line.Text()); ok {
			all = append(all, row)
		}
	}
	return all, nil
}

// parseRow understands a row. The owner may hold blanks, so it is all that stands before the type.
func parseRow(text []byte) (ledger.Row, bool) {
	words := bytes.Fields(text)
	for i := 1; i+2 < len(words); i++ {
		if string(words[i]) != ifname.Veth {
			continue
		}
		owner, _, _ := bytes.Cut(text, append([]byte{' '}, append(words[i], ' ')...))
		place := netquota.Place{Type: string(words[i]), Bridge: string(words[i+1])}
		return ledger.Row{Owner: string(owner), Place: place, Nic: string(words[i+2])}, len(owner) > 0
	}
	return ledger.Row{}, false
}

// Slots returns the slots in the directory at an absolute path that name an interface. A directory that does not exist has
// none. Errors: EACCES for everybody but root; *lockfile.UnsafeError, those of the system calls.
func Slots(directory string) ([]Slot, error) { return slotsIn(directory, 0) }

func slotsIn(directory string, owner uint32) ([]Slot, error) {
	var all []Slot
	err := eachIn(directory, func(fd int, name string) error {
		of, ok := parseFileName(name)
		if !ok {
			return nil
		}
		records, err := slots.Records(fd, name, directory, owner)
		for i, s := range records {
			if s.Name != "" {
				all = append(all, Slot{of.Owner, of.Place, i, s.Nic, s.State == netquota.Unasked})
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Addresses returns the own IPv4 addresses that are recorded in the directory of slots at an absolute path, by the name that
// the interface was made with; those of interfaces that are gone too. Errors: as Slots.
func Addresses(directory string) (map[string]netip.Addr, error) { return addressesIn(directory, 0) }

func addressesIn(directory string, owner uint32) (map[string]netip.Addr, error) {
	all := make(map[string]netip.Addr)
	err := eachIn(directory, func(fd int, name string) error {
		bridge := addresses.BridgeOf(name)
		if bridge == "" {
			return nil
		}
		book, err := addresses.Open(addresses.Place{Directory: fd, Path: directory, Owner: owner, Reads: true}, bridge)
		if err != nil {
			return err
		}
		defer book.Close()
		records, err := book.Records()
		for _, r := range records {
			all[r.Nic.Name] = r.Address
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// eachIn calls see with each name in a directory at an absolute path, and the directory, until it fails. One that does not
// exist has none.
func eachIn(directory string, see func(fd int, name string) error) error {
	fd, err := unix.Open(directory, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return err
	}
	defer lockfile.Close(fd)
	names, err := entries(fd)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := see(fd, name); err != nil {
			return err
		}
	}
	return nil
}

// entries are the names in an open directory.
func entries(fd int) ([]string, error) {
	var names []string
	buffer := make([]byte, 64*1024)
	for {
		n, err := unix.ReadDirent(fd, buffer)
		if n <= 0 || err != nil {
			return names, err
		}
		_, _, names = unix.ParseDirent(buffer[:n], -1, names)
	}
}

// parseFileName is the allotment of a file of slots, without its quota; false for other files of the directory.
func parseFileName(name string) (netquota.Allotment, bool) {
	name, current := strings.CutSuffix(name, slots.Format)
	parts := strings.Split(name, ":")
	if !current || len(parts) != 3 {
		return netquota.Allotment{}, false
	}
	for i := range parts {
		var ok bool
		if parts[i], ok = unescape(parts[i]); !ok || parts[i] == "" {
			return netquota.Allotment{}, false
		}
	}
	return netquota.Allotment{Owner: parts[2], Place: netquota.Place{Type: parts[0], Bridge: parts[1]}}, true
}

// unescape is the inverse of escape.
func unescape(s string) (string, bool) {
	const digits = "0123456789ABCDEF"
	var out []byte
	for ; s != ""; s = s[1:] {
		if s[0] != '%' {
			out = append(out, s[0])
			continue
		}
		if len(s) < 3 {
			return "", false
		}
		high, low := strings.IndexByte(digits, s[1]), strings.IndexByte(digits, s[2])
		if high < 0 || low < 0 {
			return "", false
		}
		out = append(out, byte(high<<4|low))
		s = s[2:]
	}
	return string(out), true
}
