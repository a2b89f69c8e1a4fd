// Package service is the program userns-helperd: it writes maps for callers whose newuidmap and newgidmap have no privilege, and
// makes interfaces for those whose lxc-user-nic has none. Each of the two has a socket, and processes, of its own.
//
// It is one program, in three kinds of process: the listener, which all callers share; a worker for each connection; and one
// that closes what nobody else may wait for. Only root can have started them.
package service

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/entry"
	"userns-helpers/internal/kernel/listening"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/service/listener"
	"userns-helpers/internal/service/wire"
	"userns-helpers/internal/service/worker"
	"userns-helpers/internal/text/number"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

const name = "userns-helperd"

const usage = "usage: " + name + " [--pid-namespaces] --listen PATH | --listen-fd=N maps | nics"

const help = usage + `
Does for users what their programs cannot do, since these have no privilege.
  --listen PATH     makes the socket PATH, and listens on it
  --listen-fd=N     listens on descriptor N, as systemd passes it
  --pid-namespaces  serves callers in PID namespaces below this one, too
  maps              writes ID maps, for newuidmap and newgidmap
  nics              makes and deletes network interfaces, for lxc-user-nic
`

// What one process of the service tells another: the first argument.
const (
	workerWord = "--worker"
	passedWord = "--pidfd"
	burierWord = "--bury"
	elsewhere  = "--pid-namespaces"
)

// Run is the program; arguments are those of the process, its name first. It returns the exit status.
func Run(arguments []string) int {
	if err := entry.Clean(arguments); err != nil {
		return failed("cannot empty the environment: " + err.Error())
	}
	words := arguments[min(1, len(arguments)):]
	switch {
	case slices.Equal(words, []string{burierWord}):
		listener.Bury()
		return 0
	case len(words) > 1 && words[0] == workerWord:
		return work(words[1], words[2:])
	case slices.Equal(words, []string{"--help"}):
		return said(help)
	case slices.Equal(words, []string{"--version"}):
		return said(name + " (userns-helpers) " + paths.Version() + "\n")
	}
	asked, ok := parse(words)
	if !ok {
		_, _ = unix.Write(unix.Stderr, []byte(usage+"\n"))
		return 1
	}
	return asked.run()
}

// work serves one connection, in a role.
func work(name string, options []string) int {
	role, ok := worker.RoleOf(name)
	if !ok {
		return 1
	}
	return worker.Run(role, slices.Contains(options, elsewhere), slices.Contains(options, passedWord))
}

// command is a command line.
type command struct {
	role      worker.Role
	path      string // of the socket to be made; "" where one is passed
	fd        int
	elsewhere bool
}

// parse reads a command line. Each option may be there once.
func parse(words []string) (c command, ok bool) {
	if len(words) == 0 {
		return c, false
	}
	if c.role, ok = worker.RoleOf(words[len(words)-1]); !ok {
		return c, false
	}
	for words = words[:len(words)-1]; len(words) > 0; words = words[1:] {
		digits, passed := strings.CutPrefix(words[0], "--listen-fd=")
		switch {
		case words[0] == elsewhere && !c.elsewhere:
			c.elsewhere = true
		case c.path != "" || c.fd != 0:
			return c, false
		case passed:
			n, err := number.Decimal(digits)
			if err != nil || n < 3 || n > 1<<16 {
				return c, false
			}
			c.fd = int(n)
		case words[0] == "--listen" && len(words) > 1 && strings.HasPrefix(words[1], "/"):
			c.path, words = words[1], words[1:]
		default:
			return c, false
		}
	}
	return c, c.path != "" || c.fd != 0
}

// run listens.
func (c command) run() int {
	if err := privilege.Attend(entry.Helperd, c.role.Own); err != nil {
		return failed("cannot begin, as root alone can: " + err.Error())
	}
	keep := -1
	if c.path == "" {
		keep = c.fd
	}
	if err := privilege.CloseInherited(keep); err != nil {
		return failed(err.Error())
	}
	if err := c.open(); err != nil {
		return failed("cannot listen: " + err.Error())
	}
	serve := []string{name, workerWord, c.role.Name}
	if c.elsewhere {
		serve = append(serve, elsewhere)
	}
	return failed("cannot go on: " + listener.Run(c.fd, listener.Commands{
		Worker: serve, Passed: append(slices.Clone(serve), passedWord), Burier: []string{name, burierWord},
		Busy: wire.Answer{Busy: true}.Message(c.role.Interface),
	}).Error())
}

// open makes fd the listening socket.
func (c *command) open() (err error) {
	if c.path == "" {
		return listening.Passed(c.fd)
	}
	c.fd, err = listening.Make(c.path)
	return err
}

// said prints what was asked for.
func said(text string) int {
	if _, err := unix.Write(unix.Stdout, []byte(text)); err != nil {
		return 1
	}
	return 0
}

// failed says why the service ends, to whoever started it.
func failed(why string) int {
	_, _ = unix.Write(unix.Stderr, verdict.Verdict{Headline: why}.Text(name, usage))
	return 1
}
