#include "go_asm.h"
#include "textflag.h"

// The same as start_linux_amd64.s, step by step, which explains it; the stack at the start is laid out alike on arm64.

// CALL makes a system call: arguments in R0 to R4, result in R0. It changes no other register but R8.
#define CALL(number) MOVD $number, R8; SVC

TEXT userns_helpers_newuidmap(SB),NOSPLIT|NOFRAME,$0
	MOVD	$const_Newuidmap, R19
	B	privileged<>(SB)

TEXT userns_helpers_newgidmap(SB),NOSPLIT|NOFRAME,$0
	MOVD	$const_Newgidmap, R19
	B	privileged<>(SB)

TEXT userns_helpers_usernic(SB),NOSPLIT|NOFRAME,$0
	MOVD	$const_Usernic, R19
	B	privileged<>(SB)

TEXT userns_helpers_helperd(SB),NOSPLIT|NOFRAME,$0
	MOVD	$const_Helperd, R19
	B	privileged<>(SB)

// privileged gives up what is not in R19, the program's own capabilities, all of which are below 32.
TEXT privileged<>(SB),NOSPLIT|NOFRAME,$0
	MOVD	$·found(SB), R20
	MOVW	R19, state_Own(R20)

	// capget(2).
	MOVD	$const_version, R9
	MOVW	R9, state_Header(R20)
	ADD	$state_Header, R20, R0
	ADD	$state_Sets, R20, R1
	CALL(const_capget)
	MOVWU	(state_Sets+4)(R20), R21	// permitted until now

	// geteuid(2), CAP_SETUID, setresuid(2).
	CALL(const_geteuid)
	CBNZ	R0, own
	TBZ	$7, R21, own
	MOVD	ZR, R0
	MOVD	ZR, R1
	MOVD	ZR, R2
	CALL(const_setresuid)
own:
	// capset(2).
	MOVWU	(state_Sets+0)(R20), R9
	AND	R19, R9, R9
	MOVW	R9, (state_Sets+0)(R20)
	AND	R19, R21, R9
	MOVW	R9, (state_Sets+4)(R20)
	MOVWU	(state_Sets+8)(R20), R9
	AND	R19, R9, R9
	MOVW	R9, (state_Sets+8)(R20)
	MOVW	ZR, (state_Sets+12)(R20)
	MOVW	ZR, (state_Sets+16)(R20)
	MOVW	ZR, (state_Sets+20)(R20)
	ADD	$state_Header, R20, R0
	ADD	$state_Sets, R20, R1
	CALL(const_capset)

	// getresuid(2).
	MOVD	$-1, R9
	MOVW	R9, (state_IDs+0)(R20)
	MOVW	R9, (state_IDs+4)(R20)
	MOVW	R9, (state_IDs+8)(R20)
	ADD	$(state_IDs+0), R20, R0
	ADD	$(state_IDs+4), R20, R1
	ADD	$(state_IDs+8), R20, R2
	CALL(const_getresuid)

	// getcpu(2), sched_getaffinity(2), sched_setaffinity(2).
	ADD	$state_Processor, R20, R0
	MOVD	ZR, R1
	MOVD	ZR, R2
	CALL(const_getcpu)
	MOVD	ZR, R0
	MOVD	$const_maskSize, R1
	ADD	$state_Processors, R20, R2
	CALL(const_getaffinity)
	CMP	$0, R0
	BLE	files
	MOVWU	state_Processor(R20), R9
	CMP	$(8*const_maskSize), R9
	BHS	files
	LSR	$6, R9, R10		// the word of the mask
	ADD	$state_Only, R20, R2
	ADD	R10<<3, R2, R10
	MOVD	$1, R11
	LSL	R9, R11, R11		// the bit in it: a shift counts modulo 64
	MOVD	R11, (R10)
	MOVD	ZR, R0
	MOVD	$const_maskSize, R1
	CALL(const_setaffinity)

files:
	// prlimit(2).
	MOVD	ZR, R0
	MOVD	$const_filesLimit, R1
	MOVD	ZR, R2
	ADD	$state_Files, R20, R3
	CALL(const_prlimit)
	MOVD	state_Files(R20), R9
	CMP	$3, R9
	BLS	slack
	MOVD	$3, R9
	MOVD	R9, state_Fewer(R20)
	MOVD	(state_Files+8)(R20), R9
	MOVD	R9, (state_Fewer+8)(R20)
	MOVD	ZR, R0
	MOVD	$const_filesLimit, R1
	ADD	$state_Fewer, R20, R2
	MOVD	ZR, R3
	CALL(const_prlimit)

slack:
	// prctl(2).
	MOVD	$const_setSlack, R0
	MOVD	$const_startSlack, R1
	MOVD	ZR, R2
	MOVD	ZR, R3
	MOVD	ZR, R4
	CALL(const_prctl)
	B	userns_helpers_plain(SB)

// userns_helpers_plain notes which of the descriptors 2, 1 and 0 are closed, fcntl(2), and replaces the environment.
TEXT userns_helpers_plain(SB),NOSPLIT|NOFRAME,$0
	MOVD	$·found(SB), R20
	MOVD	$1, R9
	MOVW	R9, state_Ran(R20)
	MOVD	$2, R19			// the descriptor
	MOVD	ZR, R21			// the bits of those that are closed
descriptor:
	MOVD	R19, R0
	MOVD	$const_getFD, R1
	CALL(const_fcntl)
	CMN	$const_badFD, R0	// is R0 -EBADF?
	BNE	open
	LSL	R19, R9, R10
	ORR	R10, R21, R21
open:
	SUBS	$1, R19, R19
	BGE	descriptor
	MOVW	R21, state_Closed(R20)

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
	MOVD	·cstrings+0(SB), R5	// GOMAXPROCS=1
	MOVD	R5, 8(R3)
	MOVD	·cstrings+16(SB), R5	// GOGC=off
	MOVD	R5, 16(R3)
	MOVD	·cstrings+32(SB), R5	// ""
blank:
	ADD	$8, R2
	MOVD	(R2), R6
	CBZ	R6, auxiliary
	MOVD	R5, (R2)
	B	blank

auxiliary:
	// AT_UID, AT_EUID, AT_GID.
	MOVD	$-1, R9
	MOVW	R9, (state_Executed+0)(R20)
	MOVW	R9, (state_Executed+4)(R20)
	MOVW	R9, (state_Executed+8)(R20)
	ADD	$8, R2
	ADD	$state_Executed, R20, R3
pair:
	MOVD	0(R2), R4
	MOVD	8(R2), R5
	ADD	$16, R2
	CBZ	R4, done
	SUB	$const_atUID, R4
	CMP	$3, R4
	BHS	pair
	ADD	R4<<2, R3, R4
	MOVW	R5, (R4)
	B	pair
done:
	B	_rt0_arm64_linux(SB)
