package addresses

import (
	"bytes"
	"hash/fnv"
	"net/netip"
	"strconv"
	"strings"

	"userns-helpers/internal/netquota"
)

// A record is what the file has of an address: 128 bytes of text. It begins like that of a slot, netquota.Slot.Record: with
// the interface that has the address, or had it last. Behind that are the address and a number for the owner of the allotment
// that the interface was charged to. The last 32 bytes are a note, written on its own: of which interface it was seen that it
// lives no more, and how many seconds after the machine was started. A note about another one than the record's says nothing.
const (
	recordSize = netquota.RecordSize
	noteAt     = 96
	noteSize   = recordSize - noteAt
)

// Record is an address, and who has it or had it last.
type Record struct {
	Address netip.Addr // invalid: there is none
	Owner   uint32
	Nic     netquota.Nic
	note    note
}

// note says when an interface was seen not to live.
type note struct {
	of string // its name
	at uint64 // seconds since the machine was started
}

// Where the words are that a slot's record does not have.
const (
	wordAddress = 7
	wordOwner   = 8
	words       = 9
)

// text is the record without its note.
func (r Record) text() []byte {
	text := netquota.Slot{Nic: r.Nic, State: netquota.Living}.Record()
	end := len(bytes.TrimRight(text[:noteAt], " "))
	copy(text[end:noteAt-1], " "+r.Address.String()+" "+strconv.FormatUint(uint64(r.Owner), 16))
	text[noteAt-1] = '\n'
	return text[:noteAt]
}

// text is the note.
func (n note) text() []byte {
	text := bytes.Repeat([]byte{' '}, noteSize)
	copy(text, n.of+" "+strconv.FormatUint(n.at, 10))
	text[noteSize-1] = '\n'
	return text
}

// parse understands a record, as far as it is one.
func parse(text []byte) Record {
	if len(text) < noteAt || text[noteAt-1] != '\n' {
		return Record{}
	}
	whole := bytes.Repeat([]byte{' '}, recordSize)
	copy(whole, text[:noteAt-1])
	whole[recordSize-1] = '\n'
	slot := netquota.ParseRecord(whole)
	found := strings.Fields(string(text[:noteAt]))
	if slot.Name == "" || len(found) != words {
		return Record{}
	}
	address, err := netip.ParseAddr(found[wordAddress])
	owner, bad := strconv.ParseUint(found[wordOwner], 16, 32)
	if err != nil || bad != nil || !address.Is4() {
		return Record{}
	}
	return Record{Address: address, Owner: uint32(owner), Nic: slot.Nic, note: parseNote(text[noteAt:])}
}

// parseNote understands a note; the zero value is none.
func parseNote(text []byte) note {
	found := strings.Fields(string(text))
	if len(text) != noteSize || text[noteSize-1] != '\n' || len(found) != 2 {
		return note{}
	}
	at, err := strconv.ParseUint(found[1], 10, 63)
	if err != nil {
		return note{}
	}
	return note{found[0], at}
}

// OwnerOf is the number of an allotment's owner. That two owners have the same costs them a share.
func OwnerOf(owner string) uint32 {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(owner))
	return hash.Sum32()
}
