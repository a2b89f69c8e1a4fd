// Package usernsctl is the program usernsctl: it answers the questions of the person who runs a host.
//
// It has no privilege, and changes nothing but by grant, revoke, edit and apply, with the rights of whoever calls it. Its
// answers come from the packages that decide: what it says of a grant is what newuidmap, newgidmap and lxc-user-nic do. Where
// an answer needs root it says so.
package usernsctl

import (
	"io"
	"runtime/debug"

	"userns-helpers/internal/text/paths"
)

// Exit statuses.
const (
	fine   = 0 // nothing found; yes
	found  = 1 // findings; no
	unseen = 2 // something could not be looked at; the command line is wrong
)

// asker is one run of the program.
type asker struct {
	options
	stdout, stderr io.Writer
	screen         screen // what stdout is
}

// Run is the program, from argv to the exit status. It prints once.
func Run(argv []string, stdout, stderr io.Writer) int {
	debug.SetGCPercent(100) // the entry point turns it off, for programs that live for milliseconds
	a := asker{stdout: stdout, stderr: stderr, screen: screenOf(stdout)}
	if len(argv) > 1 {
		if c, known := commandOf(argv[1]); known && c.orders { // these write, and read all that follows
			a.command = c.name
			return c.run(a, argv[2:])
		}
	}
	words, err := a.parse(argv[min(1, len(argv)):])
	switch {
	case err != nil:
		return a.wrong(err.Error())
	case a.version:
		return a.say([]byte("usernsctl (userns-helpers) "+paths.Version()+"\n"), fine)
	case len(words) == 0 && a.help:
		return a.explainCommand(nil)
	case len(words) == 0:
		return a.wrong("no command given")
	}
	return a.dispatch(words[0], words[1:])
}

// dispatch runs a command.
func (a asker) dispatch(name string, words []string) int {
	c, known := commandOf(name)
	switch {
	case !known:
		return a.wrong(quote(name) + " is not a command" + meant(name, names(commands())))
	case a.help:
		return a.explainCommand([]string{name})
	case c.orders:
		return a.wrong("options of " + name + " must follow it")
	}
	if why := a.unheeded(c); why != "" {
		return a.wrong(why)
	}
	return c.run(a, words)
}

// isKind reports whether word names a kind of ids.
func isKind(word string) bool { return word == "uid" || word == "gid" }

// say prints an answer and returns the exit status: nobody who reads half an answer must take it for all of it.
func (a asker) say(text []byte, status int) int {
	if n, err := a.stdout.Write(text); err != nil || n != len(text) {
		a.complain("cannot write the answer")
		return unseen
	}
	return status
}

// wrong says what is wrong with the command line, and how the command is called.
func (a asker) wrong(why string) int {
	a.complain(why)
	text := usage
	if c, known := commandOf(a.command); known {
		text = c.usage()
	}
	_, _ = io.WriteString(a.stderr, text)
	return unseen
}

// failed says why there is no answer.
func (a asker) failed(err error) int {
	a.complain(err.Error())
	return unseen
}

func (a asker) complain(why string) {
	_, _ = io.WriteString(a.stderr, "usernsctl: "+printable(why)+"\n")
}
