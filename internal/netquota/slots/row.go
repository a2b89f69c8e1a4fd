package slots

import (
	"bytes"

	"userns-helpers/internal/netquota"
)

// Row is a row of the ledger: "owner type bridge nic".
type Row struct {
	Owner string
	Place netquota.Place
	Nic   string
}

// text is the row as the file has it.
func (r Row) text() []byte {
	return []byte(r.Owner + " " + r.Place.Type + " " + r.Place.Bridge + " " + r.Nic + "\n")
}

// chargedTo returns the interface of a row that is charged to c, or "". What follows the fourth word is ignored, as LXC's
// helper does.
func chargedTo(c netquota.Allotment, row []byte) string {
	rest, ok := bytes.CutPrefix(row, []byte(c.Owner+" "+c.Place.Type+" "+c.Place.Bridge+" "))
	if !ok {
		return ""
	}
	nic, _, _ := bytes.Cut(rest, []byte(" "))
	return string(nic)
}

// ownedBy returns the interface of a row that is charged to the user, at whatever place, or "".
func ownedBy(a netquota.Account, row []byte) string {
	for _, name := range a.Names {
		rest, ok := bytes.CutPrefix(row, []byte(name+" veth "))
		if !ok {
			continue
		}
		_, nic, _ := bytes.Cut(rest, []byte(" "))
		nic, _, _ = bytes.Cut(nic, []byte(" "))
		return string(nic)
	}
	return ""
}

// longestRow bounds a row: a name of 255 bytes, "@", a type, two names of 15 bytes, and what others put behind.
const longestRow = 1024

// names reports whether a row names an interface. The owner's name may hold blanks, so the interface is not always the
// fourth word.
func names(row []byte, nic string) bool {
	words := bytes.Fields(row)
	for _, w := range words[min(3, len(words)):] {
		if string(w) == nic {
			return true
		}
	}
	return false
}
