package guard

import (
	"fmt"
	"strings"
)

// Text is a filter in words and instructions, as bpf_asm of the kernel's tools writes them: A is what was loaded last, X a
// length; a comparison goes to the first number where it is true, and to the second where not.
func (f Filter) Text() string {
	var out strings.Builder
	for i, l := range f.lines {
		if l.words != "" {
			out.WriteString(l.words + "\n")
		}
		out.WriteString(fmt.Sprintf("%6d  ", i) + l.text(i) + "\n")
	}
	return out.String()
}

// text is the instruction with a number.
func (i Instruction) text(number int) string {
	switch class := i.Op & 7; class {
	case opReturn:
		return map[uint32]string{pass: "ret pass", drop: "ret drop"}[i.K]
	case opJump:
		return i.jump(number)
	case opStore:
		return fmt.Sprintf("st   M[%d]", i.K)
	case opMisc:
		return map[uint16]string{miscToX: "tax", miscFromX: "txa"}[i.Op&0xf8]
	case opALU:
		name := map[uint16]string{aluAdd: "add", aluSub: "sub", aluAnd: "and", aluLeft: "lsh"}[i.Op&0xf0]
		if i.Op&withX != 0 {
			return name + "  x"
		}
		return fmt.Sprintf("%s  #%#x", name, i.K)
	}
	return i.load()
}

func (i Instruction) jump(number int) string {
	if i.Op&0xf0 == jumpAlways {
		return fmt.Sprintf("ja   %d", number+1+int(i.K))
	}
	name := map[uint16]string{jumpEqual: "jeq ", jumpAtLeast: "jge ", jumpAnyOf: "jset"}[i.Op&0xf0]
	return fmt.Sprintf("%s #%#x, %d, %d", name, i.K, number+1+int(i.JT), number+1+int(i.JF))
}

func (i Instruction) load() string {
	name := map[uint16]string{sizeWord: "ld  ", sizeHalf: "ldh ", sizeByte: "ldb "}[i.Op&0x18]
	if i.Op&7 == opLoadX {
		name = "ldx "
	}
	switch mode := i.Op & 0xe0; {
	case i.K == tagPresent:
		return name + " vlan_tag_present"
	case mode == modeInd:
		return fmt.Sprintf("%s [x + %d]", name, i.K)
	case mode == modeMem:
		return fmt.Sprintf("%s M[%d]", name, i.K)
	case mode == modeLen:
		return name + " len"
	case mode == modeImm:
		return fmt.Sprintf("%s #%d", name, i.K)
	case mode == modeMSH:
		return fmt.Sprintf("%s 4*([%d] & 0xf)", name, i.K)
	}
	return fmt.Sprintf("%s [%d]", name, i.K)
}
