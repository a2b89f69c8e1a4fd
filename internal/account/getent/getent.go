// Package getent asks the name service switch who a user or group is, by executing getent(1): for services that have no
// protocol of their own here.
//
// It promises that the program was one of root's that the caller could not reach, or, in a process without privileges,
// that nothing depends on the answer: see package exec. It trusts getent, and the modules that nsswitch.conf names.
package getent

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"time"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/account/passwd"
	"userns-helpers/internal/kernel/exec"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/text/paths"
)

const patience = 10 * time.Second

// Switch is the name service switch of this machine.
type Switch struct {
	run      func(exec.Program) (exec.Result, error)
	patience time.Duration // for all that Find, or Listing, asks
}

// AsRoot returns the switch as root sees it, for a caller of that standing. Where this process cannot be root in all its user ids, it has no answers.
func AsRoot(caller privilege.Standing) Switch {
	return Switch{func(p exec.Program) (exec.Result, error) { return exec.AsRoot(p, caller) }, patience}
}

// AsSelf returns the switch as a process without privileges sees it.
func AsSelf() Switch { return Switch{exec.AsSelf, patience} }

// Error says that getent did not answer.
type Error struct{ Err error }

// Error names the program and the cause.
func (e *Error) Error() string {
	if errors.Is(e.Err, exec.ErrTimeout) {
		return paths.Getent() + ": no answer within " + strconv.Itoa(int(patience/time.Second)) + " seconds"
	}
	return paths.Getent() + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// NotRunning is true: a source after it may know.
func (*Error) NotRunning() bool { return true }

// Describe returns the path of the program.
func (Switch) Describe() string { return paths.Getent() }

// Find asks with one patience for all accounts. Errors: *Error, errMalformed.
func (s Switch) Find(keys []lookup.Key) (found []lookup.Account, err error) {
	end := time.Now().Add(s.patience)
	for part := range slices.Chunk(keys, most) {
		some, err := s.accounts(part, end)
		found = append(found, some...)
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

// account asks for a number, or for a group's name that cannot be taken for an option or a number: those are in the
// administrator's policy.
func (s Switch) account(key lookup.Key, end time.Time) (lookup.Account, bool, error) {
	database, asked, parse := "passwd", strconv.FormatUint(uint64(key.ID), 10), passwd.User
	if key.Group {
		database, parse = "group", passwd.Group
	}
	switch {
	case key.Name != "" && !(key.Group && begins(key.Name)):
		return lookup.Account{}, false, errName
	case key.Name != "":
		asked = key.Name
	}
	text, err := s.ask(end, database, asked)
	if err != nil || text == nil {
		return lookup.Account{}, false, err
	}
	line, ok := parse(text)
	if !ok {
		return lookup.Account{}, false, errMalformed
	}
	return line.Account(), true, nil
}

// begins reports whether a name begins with a letter or an underscore.
func begins(name string) bool {
	letter := name[0] | 0x20
	return 'a' <= letter && letter <= 'z' || name[0] == '_'
}

// errName is why getent is not asked for a name; errMalformed says that its answer is none.
var (
	errName      = &Error{errors.New("it is asked only for numbers, and for groups whose name begins with a letter")}
	errMalformed = errors.New("its answer is not an account")
)

// What getent ends with.
const (
	found    = 0
	notFound = 2
)

// ask returns the line about an account, in the format of passwd(5) or group(5); nothing if no service has one.
func (s Switch) ask(end time.Time, database, key string) ([]byte, error) {
	result, err := s.execute(end, database, key)
	switch {
	case err != nil:
		return nil, err
	case result.Status == notFound:
		return nil, nil
	case result.Status != found:
		return nil, endedWith(result.Status)
	}
	return line(result.Output)
}

// execute runs getent, until then at most. Errors: *Error.
func (s Switch) execute(end time.Time, arguments ...string) (exec.Result, error) {
	left := time.Until(end)
	if left <= 0 {
		return exec.Result{}, &Error{exec.ErrTimeout}
	}
	result, err := s.run(exec.Program{
		Path: paths.Getent(), Arguments: arguments, Environment: []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}, Patience: left,
	})
	if err != nil {
		return exec.Result{}, &Error{err}
	}
	return result, nil
}

// endedWith says that getent ended with a status that is no answer.
func endedWith(status int) error {
	return &Error{errors.New("it ended with status " + strconv.Itoa(status))}
}

// line is the one line of an answer.
func line(output []byte) ([]byte, error) {
	text, rest, ended := bytes.Cut(output, []byte{'\n'})
	if !ended || len(rest) > 0 || len(text) == 0 {
		return nil, &Error{errors.New("the answer is not one line")}
	}
	return text, nil
}
