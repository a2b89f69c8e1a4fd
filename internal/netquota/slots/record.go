package slots

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/text/ifname"
)

// state of the interface in a slot.
type state byte

const (
	pending  state = '-' // being made; a process that still runs holds the slot's lock, or it died here
	complete state = '+' // made as it should be
)

// record is what a slot holds: 128 bytes of text, so that an administrator can read it and slot n begins at byte 128n.
// The zero value is a free slot, written as blanks.
//
// Its words are the version of what follows, the state, the interface's name, the address of the container's end, the index
// of the host's end, the id of the container's network namespace and the index of the end there; - stands for what is not
// known. Behind them is room for words that a later version adds, and that this one passes over.
type record struct {
	netquota.Nic
	state state
}

const (
	recordSize    = 128
	recordVersion = "1"
	recordWords   = 7
	unknown       = "-"
)

// text is the record as the file has it.
func (r record) text() []byte {
	text := bytes.Repeat([]byte{' '}, recordSize)
	text[recordSize-1] = '\n'
	if r.Name == "" {
		return text
	}
	words := []string{
		recordVersion, string(r.state), r.Name, hex.EncodeToString(r.MAC[:]), orUnknown(r.Index, r.Index > 0),
		orUnknown(r.Namespace, r.Namespace >= 0), orUnknown(r.Peer, r.Peer > 0),
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

// parseRecord understands a record. What text does not yield is a free slot: a record is written whole before its
// interface is made, so a damaged one has none.
func parseRecord(text []byte) record {
	if len(text) != recordSize || text[recordSize-1] != '\n' {
		return record{}
	}
	words := strings.Split(string(text[:recordSize-1]), " ")
	if len(words) < recordWords || words[0] != recordVersion || len(words[1]) != 1 || len(words[2]) > ifname.Longest || slices.Contains(words[:recordWords], "") {
		return record{}
	}
	r := record{Nic: netquota.Nic{Name: words[2]}, state: state(words[1][0])}
	mac, err := hex.DecodeString(words[3])
	r.Index = number(words[4], 0)
	r.Namespace = number(words[5], netquota.NoNamespace)
	r.Peer = number(words[6], 0)
	if err != nil || len(mac) != len(r.MAC) || r.state != pending && r.state != complete {
		return record{}
	}
	r.MAC = netquota.MAC(mac)
	return r
}

// number is a word that is a number, or otherwise what stands for one that is not known.
func number(word string, otherwise int) int {
	n, err := strconv.ParseUint(word, 10, 31)
	if err != nil {
		return otherwise
	}
	return int(n)
}
