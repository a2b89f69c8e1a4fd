package privilege

import (
	"errors"

	"golang.org/x/sys/unix"
)

// ErrPendingSignals says that the caller left no room for pending signals, and that the limit cannot be raised.
var ErrPendingSignals = errors.New("too few signals can be queued: raise RLIMIT_SIGPENDING (ulimit -i), or end what holds queued signals")

// mostThreads is more than a program with one processor has, which is four or five.
const mostThreads = 8

// tried is SIGRTMAX, which the Go runtime takes and forgets.
const tried = unix.Signal(64)

// roomForSignals makes sure that the Go runtime can reach its threads to change the ids and capabilities of each. It does
// so by one real-time signal for each (runtime.sigPerThreadSyscall), which counts against RLIMIT_SIGPENDING; one that is
// lost it would wait for, for ever. So as many are queued for this thread, where the limit could not be raised.
//
// Another process of the caller's can take that room in the next moment. What spins then is ended by RLIMIT_CPU.
func roomForSignals() error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_SIGPENDING, &limit); err != nil || limit.Cur == unix.RLIM_INFINITY {
		return err
	}
	var all, before unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &all, &before); err != nil {
		return err
	}
	queued := queue()
	take()
	return errors.Join(queued, unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil))
}

// queue sends this thread, which blocks them, as many signals as the runtime sends at most.
func queue() error {
	process, thread := unix.Getpid(), unix.Gettid()
	for range mostThreads {
		err := unix.Tgkill(process, thread, tried)
		if errors.Is(err, unix.EAGAIN) {
			return ErrPendingSignals
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// siginfo is the size of what a signalfd tells of a signal, signalfd(2).
const siginfo = 128

// take takes the queued signals back, which costs less than to be interrupted by each. Those that it cannot take, as
// where no descriptor is left, interrupt when the mask ends.
func take() {
	var only unix.Sigset_t
	only.Val[0] = 1 << (tried - 1)
	fd, err := unix.Signalfd(-1, &only, unix.SFD_CLOEXEC|unix.SFD_NONBLOCK)
	if err != nil {
		return
	}
	var taken [mostThreads * siginfo]byte
	_, _ = unix.Read(fd, taken[:])
	_ = unix.Close(fd)
}
