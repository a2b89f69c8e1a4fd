package ledger

import (
	"bytes"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/text/ifname"
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

// longestRow bounds a row: a name of 255 bytes, "@", a type, two names of 15 bytes, and what others put after them.
const longestRow = 1024

// ChargedTo returns what finds the interface in a row that is charged to an allotment, "" in others. What follows the fourth
// word is ignored, as LXC's helper does.
func ChargedTo(a netquota.Allotment) func(row []byte) string {
	prefix := []byte(a.Owner + " " + a.Place.Type + " " + a.Place.Bridge + " ")
	return func(row []byte) string {
		if !bytes.HasPrefix(row, prefix) {
			return ""
		}
		return firstWord(row[len(prefix):])
	}
}

// OwnedBy returns what finds the interface in a row that is charged to one of a user's names, at whatever place, "" in others.
func OwnedBy(name string) func(row []byte) string {
	prefix := []byte(name + " " + ifname.Veth + " ")
	return func(row []byte) string {
		if !bytes.HasPrefix(row, prefix) {
			return ""
		}
		_, nic, _ := bytes.Cut(row[len(prefix):], []byte(" "))
		return firstWord(nic)
	}
}

func firstWord(text []byte) string {
	word, _, _ := bytes.Cut(text, []byte(" "))
	return string(word)
}

// OwnerOf returns the owner in a row of an interface at a place, or "".
func OwnerOf(place netquota.Place, nic string, row []byte) string {
	owner, rest, found := bytes.Cut(row, []byte(" "+place.Type+" "+place.Bridge+" "+nic))
	if !found || len(rest) > 0 && rest[0] != ' ' {
		return ""
	}
	return string(owner)
}

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
