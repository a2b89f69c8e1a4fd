#include "textflag.h"

// The kernel starts a program with nothing but a stack (System V ABI, AMD64 supplement, "Initial Stack and Register
// State"), here with each word's offset from SP:
//
//	0             argc
//	8             argv[0] … argv[argc-1], NULL
//	8(argc+2)     envp[0] …, NULL
//	              auxv
//
// The auxiliary vector stays where it is, since the runtime looks for it behind envp's NULL. Two words are needed for
// two variables: argc and argv move down by two words, into the unused stack, and leave room in front of envp. The words
// of envp that the caller filled then point to an empty string, which is no variable for anybody.
//
// Before:  argc argv… NULL      |              env…  NULL auxv
// After:   argc argv… NULL GOMAXPROCS=1 GOGC=off ""… NULL auxv
//
// SP moves by 16 and stays aligned. There are no signal handlers yet (execve(2) resets them), so nothing else uses the
// stack. No register is the caller's: the kernel cleared them.
TEXT userns_helpers_start(SB),NOSPLIT|NOFRAME,$0
	MOVQ	SP, SI			// from here
	SUBQ	$16, SP
	MOVQ	SP, DI			// to here
	MOVQ	(SI), CX
	INCQ	CX			// argc itself, and argv[0] … argv[argc-1]
copy:
	MOVQ	(SI), AX
	MOVQ	AX, (DI)
	ADDQ	$8, SI
	ADDQ	$8, DI
	DECQ	CX
	JNZ	copy

	// SI is at argv's old NULL, DI two words before it.
	MOVQ	$0, (DI)
	LEAQ	gomaxprocs<>(SB), AX
	MOVQ	AX, 8(DI)
	LEAQ	gogc<>(SB), AX
	MOVQ	AX, 16(DI)

	LEAQ	empty<>(SB), AX
blank:
	ADDQ	$8, SI
	CMPQ	(SI), $0
	JEQ	done
	MOVQ	AX, (SI)
	JMP	blank
done:
	JMP	_rt0_amd64_linux(SB)

DATA	gomaxprocs<>+0(SB)/8, $"GOMAXPRO"
DATA	gomaxprocs<>+8(SB)/8, $"CS=1\x00\x00\x00\x00"
GLOBL	gomaxprocs<>(SB), RODATA|NOPTR, $16

DATA	gogc<>+0(SB)/8, $"GOGC=off"
DATA	gogc<>+8(SB)/8, $"\x00\x00\x00\x00\x00\x00\x00\x00"
GLOBL	gogc<>(SB), RODATA|NOPTR, $16

DATA	empty<>+0(SB)/8, $"\x00\x00\x00\x00\x00\x00\x00\x00"
GLOBL	empty<>(SB), RODATA|NOPTR, $8
