// Package counters ends a program whose statements were counted (go build -cover) with its counters in /run/kept.
//
// Such builds are for private copies of the machine and nothing else: a program that is built with -cover writes files,
// and where GOCOVERDIR decides on the folder, which the caller sets. These never see it, since the entry point empties
// the environment as always; so the main functions beside this package, which are not those that are shipped, write the
// counters themselves, to a folder that test/privatehost/enter makes on demand.
package counters

import (
	"runtime/coverage"

	"golang.org/x/sys/unix"
)

const folder = "/run/kept"

// Exit writes the counters and ends the process; a run that cannot write them is not counted. It does not return, and runs
// no hook of the runtime: that would say that GOCOVERDIR is missing.
func Exit(status int) {
	unix.Umask(0)
	_ = coverage.WriteMetaDir(folder)
	_ = coverage.WriteCountersDir(folder)
	unix.Exit(status)
}
