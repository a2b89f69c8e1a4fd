//go:build system

package hostile

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// attack makes this process one of the attacker's, where it was started as one. Otherwise it returns.
func attack() {
	if len(os.Args) < 3 {
		return
	}
	switch os.Args[1] {
	case "hostile-probe":
		probe(os.Args[2], os.Args[3:])
	case "hostile-peek":
		peek(os.Args[2], os.Args[3:])
	case "hostile-wrap":
		wrap(os.Args[2], os.Args[3:])
	case "hostile-filter":
		filter(os.Args[2], os.Args[3:])
	case "hostile-unfixed":
		unfixed(os.Args[2:])
	case "hostile-hold":
		holdDirectory(os.Args[2], os.Args[3:])
	case "hostile-list":
		list(os.Args[2], os.Args[3])
	case "hostile-make":
		_ = unix.Mkdir(os.Args[2], 0o755)
	case "hostile-ask":
		asker(os.Args[2], os.Args[3], os.Args[4:])
	case "hostile-flood":
		flood(os.Args[2])
	case "hostile-audit":
		audit(os.Args[2])
	default:
		return
	}
	os.Exit(0)
}

// tell prints what was permitted.
func tell(what string, err error) {
	if err == nil {
		fmt.Println(what)
	}
}

// probe prints a line for everything that this process may do to another one, by the ids of its threads.
func probe(pid string, tids []string) {
	id, _ := strconv.Atoi(pid)
	for number := syscall.Signal(0); number <= 64; number++ {
		tell(fmt.Sprintf("kill(%d)", number), unix.Kill(id, number))
		for _, t := range tids {
			tid, _ := strconv.Atoi(t)
			tell(fmt.Sprintf("tgkill(%d)", number), unix.Tgkill(id, tid, number))
		}
	}
	if pidfd, err := unix.PidfdOpen(id, 0); err == nil {
		tell("pidfd_send_signal", unix.PidfdSendSignal(pidfd, unix.SIGSTOP, nil, 0))
	}
	for _, t := range append(tids, pid) {
		tid, _ := strconv.Atoi(t)
		tell("setpriority", unix.Setpriority(unix.PRIO_PROCESS, tid, 19))
		tell("sched_setattr", unix.SchedSetAttr(tid, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0))
		var set unix.CPUSet
		set.Set(0)
		tell("sched_setaffinity", unix.SchedSetaffinity(tid, &set))
		const whoProcess, idle = 1, 3 << 13
		_, _, errno := unix.Syscall(unix.SYS_IOPRIO_SET, whoProcess, uintptr(tid), idle)
		tell("ioprio_set", wrong(errno))
	}
	peek(pid, tids)
}

// peek prints a line for every way in which this process can get into another one: its memory, descriptors, limits.
func peek(pid string, tids []string) {
	id, _ := strconv.Atoi(pid)
	if pidfd, err := unix.PidfdOpen(id, 0); err == nil {
		_, err := unix.PidfdGetfd(pidfd, 0, 0)
		tell("pidfd_getfd", err)
	}
	for _, t := range append(tids, pid) {
		tid, _ := strconv.Atoi(t)
		tell("ptrace", ptrace(unix.PTRACE_SEIZE, tid, 0, 0))
	}
	tell("prlimit", unix.Prlimit(id, unix.RLIMIT_FSIZE, &unix.Rlimit{}, nil))
	buffer := make([]byte, 8)
	local := unix.Iovec{Base: &buffer[0]}
	local.SetLen(len(buffer))
	_, err := unix.ProcessVMReadv(id, []unix.Iovec{local}, []unix.RemoteIovec{{Base: 0x400000, Len: len(buffer)}}, 0)
	tell("process_vm_readv", err)
	for _, name := range []string{"mem", "environ", "auxv", "syscall", "fd/0", "maps", "root", "cwd", "exe", "ns/net"} {
		_, err := os.ReadFile("/proc/" + pid + "/" + name)
		tell("read "+name, err)
	}
	for _, name := range []string{"oom_score_adj", "comm", "timerslack_ns", "coredump_filter", "clear_refs", "sched", "autogroup"} {
		tell("write "+name, os.WriteFile("/proc/"+pid+"/"+name, []byte("1"), 0))
	}
}

func wrong(errno syscall.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}

// wrap prepares this process in one of an attacker's ways and becomes a program.
func wrap(how string, argv []string) {
	runtime.LockOSThread()
	var err error
	switch how {
	case "timers":
		for _, which := range []unix.ItimerWhich{unix.ITIMER_REAL, unix.ITIMER_VIRTUAL, unix.ITIMER_PROF} {
			_, err = unix.Setitimer(which, unix.Itimerval{Interval: unix.Timeval{Usec: 100}, Value: unix.Timeval{Usec: 1500}})
		}
	case "block-all":
		err = unix.PthreadSigmask(unix.SIG_SETMASK, &unix.Sigset_t{Val: [16]uint64{^uint64(0)}}, nil)
	case "pending": // and not of those that end a Go program at its start
		err = pend(unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU, unix.SIGALRM, unix.SIGVTALRM, unix.SIGPIPE, unix.SIGUSR1, unix.SIGIO)
	case "pending-hup":
		err = pend(unix.SIGHUP)
	case "ignore-all":
		for s := syscall.Signal(1); s <= 64; s++ {
			signal.Ignore(s)
		}
	case "files":
		for fd := 3; fd <= 1000; fd++ {
			err = unix.Dup2(1, fd)
		}
	case "no-files":
		err = unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: 3})
	case "closed":
		for fd := range 3 {
			_ = unix.Close(fd)
		}
	case "umask":
		unix.Umask(0o777)
	case "idle":
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, 19)
		err = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0)
	case "oom":
		err = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	case "slack":
		err = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(callersSlack), 0, 0, 0)
	case "domain":
		_, _, errno := unix.RawSyscall(unix.SYS_PERSONALITY, uname26|noRandom, 0, 0)
		err = wrong(errno)
	case "folder":
		err = unix.Chdir("/proc/self/fd")
	default:
		err = unix.EINVAL
	}
	if err == nil {
		err = syscall.Exec(argv[0], argv, []string{})
	}
	fmt.Fprintln(os.Stderr, "wrap:", how, err)
	os.Exit(124)
}

// pend blocks all signals and sends this thread some.
func pend(signals ...syscall.Signal) error {
	all := unix.Sigset_t{Val: [16]uint64{^uint64(0)}}
	err := unix.PthreadSigmask(unix.SIG_SETMASK, &all, nil)
	for _, s := range signals {
		_ = unix.Tgkill(os.Getpid(), unix.Gettid(), s)
	}
	return err
}

// audit sets the kernel's audit to on (1) or off (0) and prints what it was.
func audit(value string) {
	number, err := strconv.ParseUint(value, 10, 32)
	if err == nil {
		var before uint32
		if before, err = auditEnabled(); err == nil {
			fmt.Println(before)
			if before != 2 && before != uint32(number) {
				err = setAudit(uint32(number))
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "audit:", err)
		os.Exit(1)
	}
}

// auditStatus is struct audit_status of linux/audit.h, as long as it was in Linux 2.6.
type auditStatus struct{ mask, enabled, failure, pid, rate, backlogLimit, lost, backlog uint32 }

const auditGet, auditSet = 1000, 1001

func auditEnabled() (uint32, error) {
	answer, err := askAudit(auditGet, nil)
	if err != nil || len(answer) < 8 {
		return 0, fmt.Errorf("the kernel's audit does not answer: %d bytes, %w", len(answer), err)
	}
	return binary.NativeEndian.Uint32(answer[4:]), nil
}

func setAudit(enabled uint32) error {
	status := auditStatus{mask: 1, enabled: enabled}
	_, err := askAudit(auditSet, (*[unsafe.Sizeof(status)]byte)(unsafe.Pointer(&status))[:])
	return err
}

// askAudit sends one request and returns the body of the first answer that is no acknowledgement.
func askAudit(kind uint16, body []byte) ([]byte, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_AUDIT)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	message := make([]byte, unix.SizeofNlMsghdr, 64)
	binary.NativeEndian.PutUint32(message, uint32(unix.SizeofNlMsghdr+len(body)))
	binary.NativeEndian.PutUint16(message[4:], kind)
	binary.NativeEndian.PutUint16(message[6:], unix.NLM_F_REQUEST|unix.NLM_F_ACK)
	if err := unix.Sendto(fd, append(message, body...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, err
	}
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1})
	var found []byte
	for range 2 {
		buffer := make([]byte, 4096)
		n, _, err := unix.Recvfrom(fd, buffer, 0)
		if err != nil || n < unix.SizeofNlMsghdr {
			break
		}
		text := buffer[unix.SizeofNlMsghdr:n]
		if binary.NativeEndian.Uint16(buffer[4:]) != unix.NLMSG_ERROR {
			found = text
		} else if code := int32(binary.NativeEndian.Uint32(text)); code != 0 {
			return nil, syscall.Errno(-code)
		} else if kind == auditSet {
			break
		}
	}
	return found, nil
}
