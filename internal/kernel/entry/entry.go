// Package entry is what runs before the Go runtime does: it takes the privilege that a program does not need, and the
// caller's environment.
//
// A setuid program has all of root's capabilities, and the caller as its real user, who may signal it. To change that
// later means to change each of the runtime's threads. And a Go program reads its environment before main: GODEBUG,
// GOMAXPROCS, GOGC, GOMEMLIMIT, GOTRACEBACK decide how many threads there are, what is printed, whether it starts at all;
// the standard library reads TZ, USER, HOME, TMPDIR later. AT_SECURE changes next to nothing of that, and what was read
// before main cannot be undone in main.
//
// So the programs are linked with ELF entry points of our own (-ldflags -E=userns_helpers_PROGRAM, see the assembly files
// beside this one). While there is one thread, they make the real and saved user id 0 and give up all capabilities but the
// program's own: no thread of the runtime is born with more, and none is born that the caller can signal. They have the
// runtime start on one processor, open no file, and not hurry its threads; privilege.Begin puts that back. They note
// which of the descriptors 0 to 2 are closed. They replace every string of the environment by an empty one, put
// GOMAXPROCS=1 and GOGC=off in front, and go on to the runtime's entry point. One processor is all that these programs
// use; without garbage collection no thread is needed on the way, whatever the caller's limit on them is.
//
// Where there is no such entry point, on other architectures or in a build without the linker's flag, Clean executes the
// program again with that environment, before any id changes, and privilege.Begin does the rest. What the runtime did with
// the caller's variables before that (print traces, fail to start) harms nobody but the caller; what the program does
// afterwards does not depend on them.
package entry

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"
)

// environment is what a program runs with: environ(7).
var environment = [...]string{"GOMAXPROCS=1", "GOGC=off"}

// secure is what the runtime itself adds where the kernel says AT_SECURE, as in every setuid program (runtime.secureEnv).
const secure = "GOTRACEBACK=none"

// Clean makes sure that the environment is empty but for the two variables above. It is the first thing a program does;
// arguments are those of the process. It does not return if the program is executed again, which keeps the setuid bit's
// effect and the caller's real ids (execve(2)). A program whose entry point ran is not: its real user is root by now, and
// would be the caller of another run. If there is an error the program must not go on.
func Clean(arguments []string) error {
	if clean(unix.Environ()) {
		return nil
	}
	if found.Ran != 0 {
		return ErrMisbuilt
	}
	return unix.Exec("/proc/self/exe", arguments, environment[:])
}

// ErrMisbuilt says that the entry point ran, and left another environment than its own.
var ErrMisbuilt = errors.New("the program is not built as it has to be: its entry point ran, and left another environment")

// clean reports whether nothing but ours, and what the runtime adds, is in an environment. A variable that it does not
// expect in a program that was executed again would execute it again and again.
func clean(variables []string) bool {
	for _, v := range variables {
		if v != secure && !slices.Contains(environment[:], v) {
			return false
		}
	}
	return true
}
