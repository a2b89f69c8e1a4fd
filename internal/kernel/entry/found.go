package entry

//lint:file-ignore U1000 the assembly uses what Go does not

import "golang.org/x/sys/unix"

// The capabilities of each program, below 32 all of them: what it has from the entry point on, on every thread, until it
// gives up more. docs/process.md has what each is for.
const (
	begin     = 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID | 1<<unix.CAP_SYS_RESOURCE | 1<<unix.CAP_SYS_NICE | 1<<unix.CAP_AUDIT_WRITE
	Newuidmap = begin | 1<<unix.CAP_SETFCAP | 1<<unix.CAP_DAC_READ_SEARCH
	Newgidmap = begin | 1<<unix.CAP_DAC_READ_SEARCH
	Usernic   = begin | 1<<unix.CAP_NET_ADMIN | 1<<unix.CAP_DAC_OVERRIDE
	Maps      = Newuidmap | Newgidmap // of those of userns-helperd, what its socket for maps needs
	Helperd   = Maps | Usernic
)

// What the assembly says to the kernel.
const (
	version     = unix.LINUX_CAPABILITY_VERSION_3
	capget      = unix.SYS_CAPGET
	capset      = unix.SYS_CAPSET
	geteuid     = unix.SYS_GETEUID
	setresuid   = unix.SYS_SETRESUID
	getresuid   = unix.SYS_GETRESUID
	getcpu      = unix.SYS_GETCPU
	maskSize    = 128 // bytes of a unix.CPUSet
	getaffinity = unix.SYS_SCHED_GETAFFINITY
	setaffinity = unix.SYS_SCHED_SETAFFINITY
	filesLimit  = unix.RLIMIT_NOFILE
	prlimit     = unix.SYS_PRLIMIT64
	prctl       = unix.SYS_PRCTL
	setSlack    = unix.PR_SET_TIMERSLACK
	startSlack  = 10_000_000 // nanoseconds
	fcntl       = unix.SYS_FCNTL
	getFD       = unix.F_GETFD
	badFD       = 9  // EBADF
	atUID       = 11 // AT_UID, getauxval(3); AT_EUID and AT_GID follow
)

// cstrings are the variables of environment, as C has them, and an empty string.
var cstrings = [...]string{"GOMAXPROCS=1\x00", "GOGC=off\x00", "\x00"}

// state is what the entry point found and left. All is zero where it did not run.
type state struct {
	Own        uint32             // the program's own capabilities, if it gave up the others and saw to the user ids
	Ran        uint32             // 1 if it ran
	Closed     uint32             // bit n: descriptor n was closed
	Processor  uint32             // where it ran
	IDs        [3]uint32          // real, effective and saved user id at its end; -1 where the kernel did not say
	Executed   [3]uint32          // real and effective user id, real group id at execve(2); -1 likewise
	Header     unix.CapUserHeader // of Sets
	Sets       [2]unix.CapUserData
	Files      unix.Rlimit // RLIMIT_NOFILE as it found it
	Fewer      unix.Rlimit // and as it left it
	Processors unix.CPUSet // those of the caller's choice; empty if they are too many
	Only       unix.CPUSet // the one where it ran
}

// found is written by the assembly, before there is any Go, and by nothing else.
var found state

// Own is the set of capabilities that the entry point has left, the user ids seen to; 0 if none did.
func Own() uint32 { return found.Own }

// IDs are the real, effective and saved user id that the entry point left.
func IDs() (ruid, euid, suid uint32) { return found.IDs[0], found.IDs[1], found.IDs[2] }

// Executed are the real and effective user id, and the real group id, with which the kernel executed this program: -1 if it
// did not say, and not known where the entry point did not run. The kernel wrote them into memory of this process; no filter
// of system calls can answer in its place.
func Executed() (uid, euid, gid uint32) {
	return found.Executed[0], found.Executed[1], found.Executed[2]
}

// Processors are those on which the caller lets this process run, of which the entry point has left one; empty if it did
// not.
func Processors() unix.CPUSet { return found.Processors }
