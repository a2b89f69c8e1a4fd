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
	return errors.Join(queue(), unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil))
}

// queue sends this thread, which blocks them, as many signals as the runtime sends at most. They arrive with the mask.
func queue() error {
	for range mostThreads {
		err := unix.Tgkill(unix.Getpid(), unix.Gettid(), tried)
		if errors.Is(err, unix.EAGAIN) {
			return ErrPendingSignals
		}
		if err != nil {
			return err
		}
	}
	return nil
}
