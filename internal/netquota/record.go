package netquota

import (
	"bytes"
	"encoding/hex"
)

// MAC is an EUI-48 address; the zero value stands for none.
type MAC [6]byte

// state of the interface in a slot.
type state byte

const (
	pending  state = '-' // being made; a process that still runs holds the slot's lock, or it died here
	complete state = '+' // made as it should be
)

// record is what a slot holds: 32 bytes of text, so that an administrator can read it and slot n begins at byte 32n.
// The zero value is a free slot, written as blanks.
type record struct {
	name  string
	state state
	mac   MAC
}

const (
	recordSize  = 32
	nameWidth   = 16
	stateColumn = nameWidth + 1
	macColumn   = stateColumn + 2
)

// text is the record as the file has it.
func (r record) text() []byte {
	text := bytes.Repeat([]byte{' '}, recordSize)
	text[recordSize-1] = '\n'
	if r.name == "" {
		return text
	}
	copy(text[:nameWidth], r.name)
	text[stateColumn] = byte(r.state)
	hex.Encode(text[macColumn:recordSize-1], r.mac[:])
	return text
}

// parseRecord understands a record. What text does not yield is a free slot: a record is written whole before its
// interface is made, so a damaged one has none.
func parseRecord(text []byte) record {
	if len(text) != recordSize || text[recordSize-1] != '\n' {
		return record{}
	}
	r := record{name: string(bytes.TrimRight(text[:nameWidth], " ")), state: state(text[stateColumn])}
	_, err := hex.Decode(r.mac[:], text[macColumn:recordSize-1])
	if err != nil || r.name == "" || r.state != pending && r.state != complete {
		return record{}
	}
	return r
}
