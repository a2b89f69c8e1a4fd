#include "textflag.h"

// The same as start_linux_amd64.s, which explains it; the stack at the start is laid out alike on arm64.
TEXT userns_helpers_start(SB),NOSPLIT|NOFRAME,$0
	MOVD	RSP, R2			// from here
	SUB	$16, RSP
	MOVD	RSP, R3			// to here
	MOVD	(R2), R4
	ADD	$1, R4			// argc itself, and argv[0] … argv[argc-1]
copy:
	MOVD.P	8(R2), R5
	MOVD.P	R5, 8(R3)
	SUB	$1, R4
	CBNZ	R4, copy

	// R2 is at argv's old NULL, R3 two words before it.
	MOVD	ZR, (R3)
	MOVD	$gomaxprocs<>(SB), R5
	MOVD	R5, 8(R3)
	MOVD	$gogc<>(SB), R5
	MOVD	R5, 16(R3)

	MOVD	$empty<>(SB), R5
blank:
	ADD	$8, R2
	MOVD	(R2), R6
	CBZ	R6, done
	MOVD	R5, (R2)
	B	blank
done:
	B	_rt0_arm64_linux(SB)

DATA	gomaxprocs<>+0(SB)/8, $"GOMAXPRO"
DATA	gomaxprocs<>+8(SB)/8, $"CS=1\x00\x00\x00\x00"
GLOBL	gomaxprocs<>(SB), RODATA|NOPTR, $16

DATA	gogc<>+0(SB)/8, $"GOGC=off"
DATA	gogc<>+8(SB)/8, $"\x00\x00\x00\x00\x00\x00\x00\x00"
GLOBL	gogc<>(SB), RODATA|NOPTR, $16

DATA	empty<>+0(SB)/8, $"\x00\x00\x00\x00\x00\x00\x00\x00"
GLOBL	empty<>(SB), RODATA|NOPTR, $8
