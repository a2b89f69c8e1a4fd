package privilege

import (
	"runtime"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/entry"
)

// spread lets this thread, and the programs that it executes, run on all processors of the caller's choice again, of which
// the entry point left one for the start.
func spread() {
	if processors := entry.Processors(); processors.Count() > 0 {
		_ = unix.SchedSetaffinity(0, &processors)
	}
}

// spreadOthers does the same for the other threads: what works here may have to wait for one of them to give back the
// right to run Go code, and whoever keeps its processor busy would keep both. It needs as many capabilities as they have
// (cap_task_setscheduler() in security/commoncap.c).
//
// The kernel hands out numbers in order, so that those of the threads, which began right after the process, nearly always
// are the next ones; tgkill(2) says which are this process's. Only where these are not all does it read the directory of
// threads, for which the kernel makes an inode for each: ten times the work.
func spreadOthers() {
	if processors := entry.Processors(); processors.Count() > 0 {
		others(&processors, usuallyNear)
	}
}

// usuallyNear is how far from the process's own number those of the runtime's threads are looked for.
const usuallyNear = 16

// others lets the other threads run on processors. A new thread has the processors of the one that starts
// it, which may be one that was not reached yet: where there are other threads than before it begins again.
func others(processors *unix.CPUSet, near int) {
	for range oftenEnough {
		before := otherThreads()
		reach(processors, near, before)
		if otherThreads() == before {
			return
		}
	}
}

// oftenEnough is more often than the runtime starts threads in a row.
const oftenEnough = 8

// reach lets the other threads run on processors, of which there are so many.
func reach(processors *unix.CPUSet, near, missing int) {
	process, self := unix.Getpid(), unix.Gettid() // another one than the first where the goroutine was locked late
	for thread := process; missing > 0 && thread <= process+near; thread++ {
		if thread != self && unix.Tgkill(process, thread, 0) == nil && unix.SchedSetaffinity(thread, processors) == nil {
			missing--
		}
	}
	if missing == 0 {
		return
	}
	threads, err := unix.Open(threadsOfSelf, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(threads)
	_ = numbers(threads, func(thread int) { _ = unix.SchedSetaffinity(thread, processors) })
}

// threadsOfSelf is the directory of this process's threads, proc_pid_task(5).
const threadsOfSelf = "/proc/self/task"

// otherThreads is how many threads there are besides this one: each that the runtime has begun to start.
func otherThreads() int {
	n, _ := runtime.ThreadCreateProfile(nil)
	return n - 1
}
