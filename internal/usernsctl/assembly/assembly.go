// Package assembly shows filters of classic BPF.
package assembly

import (
	"fmt"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"userns-helpers/internal/policy/guard"
)

// Text is a filter in words and instructions, as bpf_asm of the kernel's tools writes them: A is what was loaded last, X a
// length; a comparison goes to the first number where it is true, and to the second where not.
func Text(f guard.Filter) string {
	var out strings.Builder
	for i, l := range f {
		if l.Words != "" {
			out.WriteString(l.Words + "\n")
		}
		out.WriteString(fmt.Sprintf("%6d  ", i) + text(i, l.Instruction) + "\n")
	}
	return out.String()
}

// text is the instruction with a number.
func text(number int, i guard.Instruction) string {
	switch class := i.Op & 7; class {
	case unix.BPF_RET:
		return map[netlink.TcAct]string{netlink.TC_ACT_OK: "ret pass", netlink.TC_ACT_SHOT: "ret drop"}[netlink.TcAct(i.K)]
	case unix.BPF_JMP:
		return jump(number, i)
	case unix.BPF_ST:
		return fmt.Sprintf("st   M[%d]", i.K)
	case unix.BPF_MISC:
		return map[uint16]string{unix.BPF_TAX: "tax", unix.BPF_TXA: "txa"}[i.Op&0xf8]
	case unix.BPF_ALU:
		name := map[uint16]string{unix.BPF_ADD: "add", unix.BPF_SUB: "sub", unix.BPF_AND: "and", unix.BPF_LSH: "lsh"}[i.Op&0xf0]
		if i.Op&unix.BPF_X != 0 {
			return name + "  x"
		}
		return fmt.Sprintf("%s  #%#x", name, i.K)
	}
	return load(i)
}

func jump(number int, i guard.Instruction) string {
	if i.Op&0xf0 == unix.BPF_JA {
		return fmt.Sprintf("ja   %d", number+1+int(i.K))
	}
	name := map[uint16]string{unix.BPF_JEQ: "jeq ", unix.BPF_JGE: "jge ", unix.BPF_JSET: "jset"}[i.Op&0xf0]
	return fmt.Sprintf("%s #%#x, %d, %d", name, i.K, number+1+int(i.JT), number+1+int(i.JF))
}

func load(i guard.Instruction) string {
	name := map[uint16]string{unix.BPF_W: "ld  ", unix.BPF_H: "ldh ", unix.BPF_B: "ldb "}[i.Op&0x18]
	if i.Op&7 == unix.BPF_LDX {
		name = "ldx "
	}
	switch mode := i.Op & 0xe0; {
	case i.K == guard.TagPresent:
		return name + " vlan_tag_present"
	case mode == unix.BPF_IND:
		return fmt.Sprintf("%s [x + %d]", name, i.K)
	case mode == unix.BPF_MEM:
		return fmt.Sprintf("%s M[%d]", name, i.K)
	case mode == unix.BPF_LEN:
		return name + " len"
	case mode == unix.BPF_IMM:
		return fmt.Sprintf("%s #%d", name, i.K)
	case mode == unix.BPF_MSH:
		return fmt.Sprintf("%s 4*([%d] & 0xf)", name, i.K)
	}
	return fmt.Sprintf("%s [%d]", name, i.K)
}
