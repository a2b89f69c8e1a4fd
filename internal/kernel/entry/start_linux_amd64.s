#include "go_asm.h"
#include "textflag.h"

// The entry points of the programs. The kernel starts a program with one thread and nothing but a stack (System V ABI,
// AMD64 supplement, "Initial Stack and Register State"); no register is the caller's. There are no signal handlers yet
// (execve(2) resets them), so that a signal kills, stops, or does nothing, and nothing else uses the stack.
//
// Nothing here looks whether a system call succeeded: what they left is in ·found, which package privilege compares with
// what has to be, and which is zero where the kernel wrote nothing. Names with const_ and state_ are those of Go's files.

// CALL makes a system call: arguments in DI, SI, DX, R10, R8, result in AX. It changes CX and R11, and no other register.
#define CALL(number) MOVL $number, AX; SYSCALL

TEXT userns_helpers_newuidmap(SB),NOSPLIT|NOFRAME,$0
	MOVL	$const_Newuidmap, BX
	JMP	privileged<>(SB)

TEXT userns_helpers_newgidmap(SB),NOSPLIT|NOFRAME,$0
	MOVL	$const_Newgidmap, BX
	JMP	privileged<>(SB)

TEXT userns_helpers_usernic(SB),NOSPLIT|NOFRAME,$0
	MOVL	$const_Usernic, BX
	JMP	privileged<>(SB)

TEXT userns_helpers_helperd(SB),NOSPLIT|NOFRAME,$0
	MOVL	$const_Helperd, BX
	JMP	privileged<>(SB)

// privileged gives up what is not in BX, the program's own capabilities, all of which are below 32.
TEXT privileged<>(SB),NOSPLIT|NOFRAME,$0
	LEAQ	·found(SB), R12
	MOVL	BX, state_Own(R12)

	// capget(2) of this thread: effective, permitted and inheritable capabilities below 32, then those above.
	MOVL	$const_version, state_Header(R12)
	LEAQ	state_Header(R12), DI
	LEAQ	state_Sets(R12), SI
	CALL(const_capget)
	MOVL	(state_Sets+4)(R12), R13	// permitted until now

	// With effective user id 0 and the right to leave it again (CAP_SETUID, 7), the real and the saved one become 0 as well:
	// kill(2) lets a sender reach a process whose real or saved id is the sender's.
	CALL(const_geteuid)
	TESTL	AX, AX
	JNE	own
	BTL	$7, R13
	JCC	own
	XORL	DI, DI
	XORL	SI, SI
	XORL	DX, DX
	CALL(const_setresuid)
own:
	// capset(2): of each set, what is the program's own.
	ANDL	BX, (state_Sets+0)(R12)
	ANDL	BX, (state_Sets+4)(R12)
	ANDL	BX, (state_Sets+8)(R12)
	MOVL	$0, (state_Sets+12)(R12)
	MOVL	$0, (state_Sets+16)(R12)
	MOVL	$0, (state_Sets+20)(R12)
	LEAQ	state_Header(R12), DI
	LEAQ	state_Sets(R12), SI
	CALL(const_capset)

	// getresuid(2): what became of the ids, over what is nobody's.
	MOVL	$-1, (state_IDs+0)(R12)
	MOVL	$-1, (state_IDs+4)(R12)
	MOVL	$-1, (state_IDs+8)(R12)
	LEAQ	(state_IDs+0)(R12), DI
	LEAQ	(state_IDs+4)(R12), SI
	LEAQ	(state_IDs+8)(R12), DX
	CALL(const_getresuid)

	// Until privilege.Begin the threads that the runtime makes stay on this processor: getcpu(2), sched_getaffinity(2),
	// sched_setaffinity(2). Nothing changes where the machine has more processors than fit into a mask.
	LEAQ	state_Processor(R12), DI
	XORL	SI, SI
	XORL	DX, DX
	CALL(const_getcpu)
	XORL	DI, DI
	MOVL	$const_maskSize, SI
	LEAQ	state_Processors(R12), DX
	CALL(const_getaffinity)
	TESTQ	AX, AX
	JLE	files
	MOVL	state_Processor(R12), CX
	CMPL	CX, $(8*const_maskSize)
	JCC	files
	BTSQ	CX, state_Only(R12)
	XORL	DI, DI
	MOVL	$const_maskSize, SI
	LEAQ	state_Only(R12), DX
	CALL(const_setaffinity)

files:
	// And no file is opened, but in place of the descriptors 0 to 2: prlimit(2), soft limit only.
	XORL	DI, DI
	MOVL	$const_filesLimit, SI
	XORL	DX, DX
	LEAQ	state_Files(R12), R10
	CALL(const_prlimit)
	CMPQ	state_Files(R12), $3
	JLS	slack
	MOVQ	$3, state_Fewer(R12)
	MOVQ	(state_Files+8)(R12), AX
	MOVQ	AX, (state_Fewer+8)(R12)
	XORL	DI, DI
	MOVL	$const_filesLimit, SI
	LEAQ	state_Fewer(R12), DX
	XORL	R10, R10
	CALL(const_prlimit)

slack:
	// And threads that wait need not wake up in time: prctl(2).
	MOVL	$const_setSlack, DI
	MOVL	$const_startSlack, SI
	XORL	DX, DX
	XORL	R10, R10
	XORL	R8, R8
	CALL(const_prctl)
	JMP	userns_helpers_plain(SB)

// userns_helpers_plain is the entry point of programs without privilege, and the rest of the others'. It notes which of
// the descriptors 2, 1 and 0 are closed, for which the runtime opens /dev/null: fcntl(2) says EBADF.
TEXT userns_helpers_plain(SB),NOSPLIT|NOFRAME,$0
	LEAQ	·found(SB), R12
	MOVL	$1, state_Ran(R12)
	MOVL	$2, DI
descriptor:
	MOVL	$const_getFD, SI
	CALL(const_fcntl)
	CMPQ	AX, $-const_badFD
	JNE	open
	BTSL	DI, state_Closed(R12)
open:
	DECL	DI
	JGE	descriptor

	// The environment. On the stack, with each word's offset from SP:
	//
	//	0             argc
	//	8             argv[0] … argv[argc-1], NULL
	//	8(argc+2)     envp[0] …, NULL
	//	              auxv
	//
	// The auxiliary vector stays where it is, since the runtime looks for it after envp's NULL. Two words are needed for
	// two variables: argc and argv move down by two words, into the unused stack, and leave room in front of envp. The words
	// of envp that the caller filled then point to an empty string, which is no variable for anybody.
	//
	// Before:  argc argv… NULL      |              env…  NULL auxv
	// After:   argc argv… NULL GOMAXPROCS=1 GOGC=off ""… NULL auxv
	//
	// SP moves by 16 and stays aligned.
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

	// SI is at argv's old NULL, DI two words before it. A string of Go's is two words, address and length.
	MOVQ	$0, (DI)
	MOVQ	·cstrings+0(SB), AX	// GOMAXPROCS=1
	MOVQ	AX, 8(DI)
	MOVQ	·cstrings+16(SB), AX	// GOGC=off
	MOVQ	AX, 16(DI)
	MOVQ	·cstrings+32(SB), AX	// ""
blank:
	ADDQ	$8, SI
	CMPQ	(SI), $0
	JEQ	auxiliary
	MOVQ	AX, (SI)
	JMP	blank

auxiliary:
	// The auxiliary vector, pairs of a type and a value up to type AT_NULL, 0. AT_UID, AT_EUID and AT_GID, 11 to 13, are the
	// ids with which the kernel executed the program: kept over what is nobody's.
	MOVL	$-1, (state_Executed+0)(R12)
	MOVL	$-1, (state_Executed+4)(R12)
	MOVL	$-1, (state_Executed+8)(R12)
	ADDQ	$8, SI
pair:
	MOVQ	0(SI), CX
	MOVQ	8(SI), DX
	ADDQ	$16, SI
	TESTQ	CX, CX
	JEQ	done
	SUBQ	$const_atUID, CX
	CMPQ	CX, $3
	JCC	pair
	MOVL	DX, state_Executed(R12)(CX*4)
	JMP	pair
done:
	JMP	_rt0_amd64_linux(SB)
