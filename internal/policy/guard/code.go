package guard

import (
	"encoding/binary"
	"math"
	"slices"
)

// Instruction is struct sock_filter of linux/filter.h.
type Instruction struct {
	Op     uint16
	JT, JF uint8
	K      uint32
}

// Filter is a program, with its words.
type Filter []Line

// Line is an instruction, and what begins with it, in words.
type Line struct {
	Instruction
	Words string
}

// code is a piece of a program. It jumps forward within itself, or to what follows it; so pieces can be put in a row.
type code []Line

// Of linux/bpf_common.h and linux/filter.h.
const (
	opLoad      = 0x00 // BPF_LD
	opLoadX     = 0x01 // BPF_LDX
	opStore     = 0x02 // BPF_ST
	opALU       = 0x04 // BPF_ALU, with a constant
	opJump      = 0x05 // BPF_JMP, with a constant
	opReturn    = 0x06 // BPF_RET, a constant
	opMisc      = 0x07 // BPF_MISC
	sizeWord    = 0x00 // BPF_W
	sizeHalf    = 0x08 // BPF_H
	sizeByte    = 0x10 // BPF_B
	modeImm     = 0x00 // BPF_IMM
	modeAbs     = 0x20 // BPF_ABS
	modeInd     = 0x40 // BPF_IND: X is added to the offset
	modeMem     = 0x60 // BPF_MEM
	modeLen     = 0x80 // BPF_LEN
	modeMSH     = 0xa0 // BPF_MSH: four times the low half of a byte, the length of an IPv4 header
	aluAdd      = 0x00 // BPF_ADD
	aluSub      = 0x10 // BPF_SUB
	aluAnd      = 0x50 // BPF_AND
	aluLeft     = 0x60 // BPF_LSH
	withX       = 0x08 // BPF_X: X, not a constant
	jumpAlways  = 0x00 // BPF_JA
	jumpEqual   = 0x10 // BPF_JEQ
	jumpAtLeast = 0x30 // BPF_JGE
	jumpAnyOf   = 0x40 // BPF_JSET
	miscToX     = 0x00 // BPF_TAX
	miscFromX   = 0x80 // BPF_TXA
)

// TagPresent is the offset at which a load tells whether the frame has a VLAN tag.
const TagPresent = math.MaxUint32 - 0x1000 + 1 + 48 // SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT

// What a filter returns in direct action: TC_ACT_* of linux/pkt_cls.h.
const (
	pass = 0 // TC_ACT_OK
	drop = 2 // TC_ACT_SHOT
)

// longestJump is what fits the field of a conditional jump.
const longestJump = math.MaxUint8

func one(op uint16, k uint32) code { return code{{Instruction: Instruction{Op: op, K: k}}} }

// at loads what is at an offset in the frame.
func at(size uint16, offset uint32) code { return one(opLoad|size|modeAbs, offset) }

// beyond loads what is at an offset after X bytes.
func beyond(size uint16, offset uint32) code { return one(opLoad|size|modeInd, offset) }

// length loads the length of the frame.
func length() code { return one(opLoad|sizeWord|modeLen, 0) }

func alu(op uint16, k uint32) code { return one(opALU|op, k) }

func toX() code { return one(opMisc|miscToX, 0) }

// next is the variable for the number of the header at X: setNext puts A there, getNext loads it again.
const next = 0

func setNext() code { return one(opStore, next) }
func getNext() code { return one(opLoad|sizeWord|modeMem, next) }

// ret ends the program.
func ret(verdict uint32) code { return one(opReturn, verdict) }

// equal, other, below and anyOf run a body where A is k, is not, is less, and has one of the bits of k.
func equal(k uint32, body code) code { return branch(jumpEqual, k, true, body) }
func other(k uint32, body code) code { return branch(jumpEqual, k, false, body) }
func below(k uint32, body code) code { return branch(jumpAtLeast, k, false, body) }
func anyOf(k uint32, body code) code { return branch(jumpAnyOf, k, true, body) }

// branch runs a body where a comparison comes out as wanted, and goes on after it otherwise: over an unconditional jump,
// where that is too far for a conditional one.
func branch(comparison uint16, k uint32, wanted bool, body code) code {
	way := code{}
	skip, enter := uint8(0), uint8(0)
	if len(body) <= longestJump {
		skip = uint8(len(body))
	} else {
		way, enter = one(opJump|jumpAlways, uint32(len(body))), 1
	}
	jump := Instruction{Op: opJump | comparison, JT: enter, JF: skip, K: k}
	if !wanted {
		jump.JT, jump.JF = skip, enter
	}
	return slices.Concat(code{{Instruction: jump}}, way, body)
}

// slack is more than X ever is, so that a difference from it does not wrap.
const slack = 1 << 12

// fits drops a frame that does not have n bytes after its Ethernet header and X more. A is lost.
func fits(n uint32) code {
	return slices.Concat(length(), alu(aluAdd, slack), alu(aluSub|withX, 0), below(slack+ethernetHeader+n, ret(drop)))
}

// shorter drops a frame that has n bytes or more after its Ethernet header and X more. A is lost.
func shorter(n uint32) code {
	return slices.Concat(length(), alu(aluAdd, slack), alu(aluSub|withX, 0), branch(jumpAtLeast, slack+ethernetHeader+n, true, ret(drop)))
}

// say says what a piece does, in words.
func say(words string, pieces ...code) code {
	all := slices.Concat(pieces...)
	all[0].Words = words
	return all
}

// word and half are four and two bytes as BPF loads them.
func word(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
func half(b []byte) uint32 { return uint32(binary.BigEndian.Uint16(b)) }
