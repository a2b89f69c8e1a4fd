package slots

import (
	"bytes"
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/netquota"
)

// Slot is what a slot says that names an interface, living or not.
type Slot struct {
	Owner string // as in Allotment; a name of more than 63 bytes is cut, and has # and a hash behind
	Place netquota.Place
	Slot  int
	netquota.Nic
	Complete bool // false: it is being made, or its process died
}

// reader is a book that is only read. No file of it is made.
func reader(ledger string) *Book { return &Book{ledger: ledger, folder: -1} }

// ReadRows returns the rows of the ledger at an absolute path. A ledger that does not exist has none; what is no row is
// passed over. Errors: *UnsafeError, those of the system calls.
func ReadRows(ledger string) ([]Row, error) { return reader(ledger).rows() }

func (b *Book) rows() ([]Row, error) {
	var rows []Row
	err := b.read(&sheet{}, func(text []byte, _ int64) {
		if row, ok := parseRow(text); ok {
			rows = append(rows, row)
		}
	})
	return rows, err
}

// parseRow understands a row. The owner may hold blanks, so it is all that stands before the type.
func parseRow(text []byte) (Row, bool) {
	words := bytes.Fields(text)
	for i := 1; i+2 < len(words); i++ {
		if string(words[i]) != "veth" { // the type veth, with which all names begin too
			continue
		}
		owner, _, _ := bytes.Cut(text, append([]byte{' '}, append(words[i], ' ')...))
		return Row{string(owner), netquota.Place{Type: string(words[i]), Bridge: string(words[i+1])}, string(words[i+2])}, len(owner) > 0
	}
	return Row{}, false
}

// ReadSlots returns the slots in the folder at an absolute path that name an interface. A folder that does not exist has
// none. Errors: EACCES for everybody but root; *UnsafeError, those of the system calls.
func ReadSlots(folder string) ([]Slot, error) {
	fd, err := openSlots(folder)
	if fd < 0 {
		return nil, err
	}
	defer closeFile(fd)
	names, err := entries(fd)
	if err != nil {
		return nil, err
	}
	b := &Book{folder: fd}
	var all []Slot
	for _, name := range names {
		allotment, ok := parseFileName(name)
		if !ok {
			continue
		}
		held, err := b.held(name, allotment)
		if err != nil {
			return nil, err
		}
		all = append(all, held...)
	}
	return all, nil
}

// openSlots opens the folder of the slots; -1 without an error if there is none.
func openSlots(folder string) (int, error) {
	fd, err := unix.Open(folder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.ENOENT):
		return -1, nil
	case err != nil:
		return -1, err
	}
	return fd, nil
}

// entries are the names in an open folder.
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

// held are the slots of one file.
func (b *Book) held(name string, allotment netquota.Allotment) ([]Slot, error) {
	file, err := b.openToRead(name, allotment)
	if err != nil {
		return nil, err
	}
	defer closeFile(file.fd)
	var held []Slot
	for i, r := range file.records {
		if r.Name != "" {
			held = append(held, Slot{allotment.Owner, allotment.Place, i, r.Nic, r.state == complete})
		}
	}
	return held, nil
}

// openToRead opens a file of slots and reads it. One that does not exist has no record.
func (b *Book) openToRead(name string, allotment netquota.Allotment) (*slots, error) {
	none := &slots{fd: -1, allotment: allotment}
	if b.folder < 0 {
		return none, nil
	}
	fd, err := unix.Openat(b.folder, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return none, nil
	}
	if err != nil {
		return none, err
	}
	file := &slots{fd: fd, allotment: allotment}
	return file, file.load()
}

// parseFileName is the allotment of a file of slots, without its quota; false for other files of the folder.
func parseFileName(name string) (netquota.Allotment, bool) {
	name, current := strings.CutSuffix(name, format)
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
