// Package ovs puts interfaces on bridges of Open vSwitch, by executing ovs-vsctl(8).
//
// Package exec says how: as root, with an empty environment, and killed when it takes too long. Nothing that others
// wait for is held at that time. It trusts ovs-vsctl, and that its arguments were checked: no name begins with a dash.
package ovs

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"userns-helpers/internal/kernel/exec"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/text/paths"
)

// patience is how long ovs-vsctl may take. Its own time limit is below, so that it can say what it was waiting for.
const (
	patience    = 8 * time.Second
	ownPatience = "--timeout=6"
)

// Error is a run of ovs-vsctl that did not do what it should.
type Error struct {
	Status int    // exit status, -1 if there is none
	Output string // what it printed, one line
	Err    error  // why it did not run or did not end; nil if it did
}

// Error names the cause.
func (e *Error) Error() string {
	if e.Err != nil {
		return paths.OvsVsctl() + ": " + e.Err.Error()
	}
	return "ovs-vsctl ended with status " + strconv.Itoa(e.Status) + ": " + e.Output
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ErrTimeout says that ovs-vsctl was killed because it took too long.
var ErrTimeout = errors.New("no answer within 8 seconds")

// IsBridge reports whether Open vSwitch has a bridge of that name; caller is for whom it is asked. Errors are *Error: ENOENT if it is not installed.
func IsBridge(caller privilege.Standing, name string) (bool, error) {
	err := run(caller, "br-exists", name)
	var ended *Error
	if errors.As(err, &ended) && ended.Err == nil && ended.Status == 2 {
		return false, nil
	}
	return err == nil, err
}

// AddPort makes an interface a port of a bridge, and writes the user id of its owner and settings, columns of the table
// Port of ovs-vswitchd.conf.db(5), into the port's record: one transaction, so that there is no port without them.
func AddPort(caller privilege.Standing, bridge, nic string, uid uint32, settings ...string) error {
	owner := "external-ids:userns-helpers-uid=" + strconv.FormatUint(uint64(uid), 10)
	return run(caller, append([]string{"--may-exist", "add-port", bridge, nic, "--", "set", "Port", nic, owner}, settings...)...)
}

// DeletePort takes an interface off a bridge. It is no error if the port does not exist.
func DeletePort(caller privilege.Standing, bridge, nic string) error {
	return run(caller, "--if-exists", "del-port", bridge, nic)
}

// run executes ovs-vsctl and waits for its end.
func run(caller privilege.Standing, arguments ...string) error {
	result, err := exec.AsRoot(exec.Program{
		Path: paths.OvsVsctl(), Arguments: append([]string{ownPatience}, arguments...), Patience: patience, Errors: true,
	}, caller)
	switch {
	case errors.Is(err, exec.ErrTimeout):
		return &Error{-1, "", ErrTimeout}
	case err != nil:
		return &Error{-1, "", err}
	case result.Status != 0:
		return &Error{result.Status, firstLine(result.Output), nil}
	}
	return nil
}

// longestLine is how much of a message of ovs-vsctl is passed on, in bytes.
const longestLine = 2048

// firstLine is the first line that the program printed, without its name.
func firstLine(output []byte) string {
	text := string(output[:min(len(output), longestLine)])
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimPrefix(line, "ovs-vsctl: ")
}
