// Package entry keeps the caller's environment from the Go runtime and from the program.
//
// A Go program reads its environment before main: GODEBUG, GOMAXPROCS, GOGC, GOMEMLIMIT, GOTRACEBACK decide how many
// threads there are, what is printed, whether it starts at all; the standard library reads TZ, USER, HOME, TMPDIR later.
// A setuid program gets it from its caller, and AT_SECURE changes next to nothing of that. What was read before main
// cannot be undone in main.
//
// So the programs are linked with an ELF entry point of our own (-ldflags -E=userns_helpers_start, see the assembly
// files beside this one), which runs before the runtime does: it replaces every string of the environment by an empty
// one, puts GOMAXPROCS=1 and GOGC=off in front, and goes on to the runtime's entry point. One processor is all that
// these programs use, and saves threads and page faults; without garbage collection no thread is needed on the way,
// whatever the caller's limit on them is.
//
// Where there is no such entry point, on other architectures or in a build without the linker's flag, Clean executes the
// program again with that environment. What the runtime did with the caller's variables before that (print traces, fail
// to start) harms nobody but the caller; what the program does afterwards does not depend on them.
package entry

import (
	"slices"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/text/verdict"
)

// environment is what a program runs with: environ(7). The assembly has it too.
var environment = [...]string{"GOMAXPROCS=1", "GOGC=off"}

// secure is what the runtime itself adds where the kernel says AT_SECURE, as in every setuid program (runtime.secureEnv).
const secure = "GOTRACEBACK=none"

// Clean makes sure that the environment is empty but for the two variables above. It is the first thing a program does;
// arguments are those of the process. It does not return if the program is executed again, which keeps the setuid bit's
// effect and the caller's real ids (execve(2)). If that fails there is an error and the program must not go on.
func Clean(arguments []string) error {
	if clean(unix.Environ()) {
		return nil
	}
	err := unix.Exec("/proc/self/exe", arguments, environment[:])
	return &verdict.Failure{
		Headline: "Could not empty the environment",
		Advice:   "the program could not be executed again without it, from /proc/self/exe: " + err.Error(), Err: err,
	}
}

// clean reports whether nothing but ours, and what the runtime adds, is in an environment. A variable that it does not
// expect in a program that was executed again would execute it for ever.
func clean(variables []string) bool {
	for _, v := range variables {
		if v != secure && !slices.Contains(environment[:], v) {
			return false
		}
	}
	return true
}
