// Command watch looks at programs again and again, as an ordinary user, and says when one of them would not have worked.
//
//	watch PATH...
//	watch -hold PATH        keeps one open, and executes it later: see hold
//
// It prints "ready" after the first round, and goes on until its standard input ends. Then it prints each failure that it saw, one
// line, and at last "N rounds, at most M µs between two". A PATH that begins with "=" only has to be executable; the
// others have to have the setuid bit or a file capability, too: wherever the path leads to.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "-hold" {
		if err := hold(os.Args[2]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	var ended atomic.Bool
	report := watch(os.Args[1:], func() {
		fmt.Fprintln(out, "ready")
		out.Flush()
		go func() {
			_, _ = os.Stdin.Read(make([]byte, 1))
			ended.Store(true)
		}()
	}, ended.Load)
	for _, line := range report.failures {
		fmt.Fprintln(out, line)
	}
	fmt.Fprintf(out, "%d rounds, at most %d µs between two\n", report.rounds, report.longest.Microseconds())
}

// report is what was seen.
type report struct {
	rounds   int
	longest  time.Duration // between the starts of two rounds: what is shorter can have been missed
	failures []string
}

// pause is how long a round is waited for after another one. It leaves the processor to others, the kernel's threads for
// one, who would wait for a watcher that has precedence.
const pause = 50 * time.Microsecond

// watch looks at all paths, calls ready after the first round, and returns when ended is true.
func watch(paths []string, ready func(), ended func() bool) report {
	var seen report
	last := time.Now()
	for !ended() {
		for _, path := range paths {
			if problem := look(path); problem != "" {
				seen.note(path + ": " + problem)
			}
		}
		seen.rounds++
		if seen.rounds == 1 {
			ready()
			last = time.Now()
		}
		now := time.Now()
		seen.longest = max(seen.longest, now.Sub(last))
		last = now
		rest := unix.NsecToTimespec(pause.Nanoseconds())
		_ = unix.Nanosleep(&rest, nil) // sooner at a signal
	}
	return seen
}

// note keeps a failure, once while it lasts, and not without end.
func (r *report) note(failure string) {
	const most = 20
	if len(r.failures) < most && (len(r.failures) == 0 || r.failures[len(r.failures)-1] != failure) {
		r.failures = append(r.failures, failure)
	}
}

// look returns what is wrong with the program at path now; "" when nothing is. The same file is asked each question; if
// another one has taken the path since, that one is what a caller would get.
func look(path string) string {
	path, plain := strings.CutPrefix(path, "=")
	const most = 5 // replacements during one look
	var problem string
	for range most {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err.Error()
		}
		problem = wrong(fd, plain)
		same := problem == "" || leadsTo(path, fd)
		unix.Close(fd)
		if same {
			break
		}
	}
	return problem
}

// wrong returns what is wrong with an open program.
func wrong(fd int, plain bool) string {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return err.Error()
	}
	if stat.Mode&unix.S_IXOTH == 0 || stat.Size == 0 {
		return fmt.Sprintf("mode %o, %d bytes", stat.Mode, stat.Size)
	}
	if plain || privileged(fd) {
		return ""
	}
	return fmt.Sprintf("mode %o and no capability", stat.Mode)
}

// leadsTo says whether path leads to the open file.
func leadsTo(path string, fd int) bool {
	var named, open unix.Stat_t
	return unix.Stat(path, &named) == nil && unix.Fstat(fd, &open) == nil && named.Dev == open.Dev && named.Ino == open.Ino
}

// privileged says whether the file belongs to root and has the setuid bit, or has a capability. One is given before the
// other is taken, in either direction: so the bit is asked for once more.
func privileged(fd int) bool {
	return setuid(fd) || capable(fd) || setuid(fd)
}

func setuid(fd int) bool {
	var stat unix.Stat_t
	return unix.Fstat(fd, &stat) == nil && stat.Uid == 0 && stat.Mode&unix.S_ISUID != 0
}

func capable(fd int) bool {
	value := make([]byte, 64) // twice what the kernel's largest version of it takes
	n, err := unix.Fgetxattr(fd, "security.capability", value)
	return err == nil && n > 0
}
