package netquota

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"userns-helpers/internal/text/ifname"
)

// A record is what a file has of a slot: 128 bytes of text, so that an administrator can read it and slot n begins at byte
// 128n. An empty slot is blanks.
//
// Its words are the version of what follows, the state (- pending, + complete), the interface's name, the address of the
// container's end, the index of the host's end, the id of the container's network namespace and the index of the end there;
// - stands for what is not known. After them is room for words that a later version adds, and that this one passes over.
const (
	RecordSize    = 128
	RecordVersion = "1"
	recordWords   = 7
	unknown       = "-"
	pending       = "-"
	complete      = "+"
)

// Record is the record of a slot.
func (s Slot) Record() []byte {
	text := bytes.Repeat([]byte{' '}, RecordSize)
	text[RecordSize-1] = '\n'
	if s.Name == "" {
		return text
	}
	state := complete
	if s.State.IsPending() {
		state = pending
	}
	words := []string{
		RecordVersion, state, s.Name, hex.EncodeToString(s.MAC[:]), orUnknown(s.Index, s.Index > 0),
		orUnknown(s.Namespace, s.Namespace >= 0), orUnknown(s.Peer, s.Peer > 0),
	}
	copy(text, strings.Join(words, " "))
	return text
}

func orUnknown(n int, known bool) string {
	if !known {
		return unknown
	}
	return strconv.Itoa(n)
}

// ParseRecord understands a record: Empty, Pending or Unasked, as far as it says. What text does not yield is an empty slot: a
// record is written whole before its interface is made, so a damaged one has none.
func ParseRecord(text []byte) Slot {
	if len(text) != RecordSize || text[RecordSize-1] != '\n' {
		return Slot{}
	}
	words := strings.SplitN(string(text[:RecordSize-1]), " ", recordWords+1) // the rest is room
	if len(words) < recordWords || words[0] != RecordVersion || len(words[2]) > ifname.Longest || slices.Contains(words[:recordWords], "") {
		return Slot{}
	}
	s := Slot{Nic: Named(words[2])}
	switch words[1] {
	case pending:
		s.State = Pending
	case complete:
		s.State = Unasked
	default:
		return Slot{}
	}
	mac, err := hex.DecodeString(words[3])
	if err != nil || len(mac) != len(s.MAC) {
		return Slot{}
	}
	s.MAC = MAC(mac)
	s.Index = number(words[4], 0)
	s.Namespace = number(words[5], NoNamespace)
	s.Peer = number(words[6], 0)
	return s
}

// number is a word that is a number, or otherwise what stands for one that is not known.
func number(word string, otherwise int) int {
	n, err := strconv.ParseUint(word, 10, 31)
	if err != nil {
		return otherwise
	}
	return int(n)
}
