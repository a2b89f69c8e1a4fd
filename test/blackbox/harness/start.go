// Package harness starts programs for the black-box suites: as which user, with which limits, descriptors, mounts and
// capabilities, against which target process. It also keeps the list of known differences honest.
//
// Everything here needs root and a private copy of the machine (test/privatehost/enter): it rewrites /etc. A suite calls
// Main first thing in its TestMain, because the suite's own binary, started again, is what prepares a program's world
// (see launch.go).
package harness

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Start describes one run of a program. The zero value of a field is what an ordinary login has.
type Start struct {
	Path   string   // absolute path of the program
	Argv   []string // all arguments, the program's own name first; nil: Path alone
	NoArgv bool     // start it with no argument at all, not even a name (argc 0)

	UID, GID uint32   // real, effective and saved
	Groups   []uint32 // supplementary groups
	Env      []string // the whole environment
	Dir      string   // working directory; "": /

	Files  []*os.File // become descriptors 3, 4, ...
	Close  []int      // descriptors that are closed at the start
	Stdin  *os.File   // nil: /dev/null
	Stdout *os.File   // nil: collected in Result.Stdout
	Stderr *os.File   // nil: collected in Result.Stderr

	Limits       map[int]uint64 // RLIMIT_*: both limits
	NoNewPrivs   bool
	SecureBits   uintptr // SECBIT_*, prctl(2)
	DropBounding []int   // CAP_* that leave the bounding set
	Ignore       []int   // signals that are ignored
	Block        []int   // signals that are blocked
	Umask        int     // 0: 022

	Proc   string   // mount options of a /proc of the program's own; "none": an empty directory lies over /proc; "read-only": /proc is
	NoSuid []string // directories that are mounted nosuid

	Timeout time.Duration // 0: 20 seconds
}

// Result is what a program left behind.
type Result struct {
	Status         int // exit status; 128+n when signal n ended it; -1 when it had to be killed after Timeout
	Stdout, Stderr string
}

// FirstLine returns the first line on stderr, without its newline.
func (r Result) FirstLine() string {
	line, _, _ := strings.Cut(r.Stderr, "\n")
	return line
}

// Rest returns what follows the first line on stderr.
func (r Result) Rest() string {
	_, rest, _ := strings.Cut(r.Stderr, "\n")
	return rest
}

// launchFailed is the status with which the launcher says that it could not prepare the world; no program under test uses it.
const launchFailed = 125

// Run starts the program and waits for its end. An error means that it could not be started as described.
func (s Start) Run() (Result, error) {
	command, stdout, stderr, err := s.command()
	if err != nil {
		return Result{}, err
	}
	if err := command.Start(); err != nil {
		return Result{}, fmt.Errorf("start the launcher: %w", err)
	}
	timeout := s.Timeout
	if timeout == 0 {
		timeout = 20 * time.Second
	}
	var expired atomic.Bool
	timer := time.AfterFunc(timeout, func() {
		expired.Store(true)
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	})
	err = command.Wait()
	timer.Stop()
	result := Result{Status: status(command), Stdout: stdout.String(), Stderr: stderr.String()}
	if expired.Load() {
		result.Status = -1
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return result, fmt.Errorf("wait for %s: %w", s.Path, err)
	}
	if result.Status == launchFailed {
		return result, fmt.Errorf("prepare %s: %s", s.Path, result.Stderr)
	}
	return result, nil
}

// command returns the launcher's command, and the buffers that collect what the program prints.
func (s Start) command() (*exec.Cmd, *bytes.Buffer, *bytes.Buffer, error) {
	plan, err := json.Marshal(s.plan())
	if err != nil {
		return nil, nil, nil, fmt.Errorf("describe the start: %w", err)
	}
	command := exec.Command("/proc/self/exe", launchWord, string(plan))
	command.Env = []string{}
	command.Dir = "/"
	command.ExtraFiles = s.Files
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.WaitDelay = time.Second
	stdout, stderr := new(bytes.Buffer), new(bytes.Buffer)
	command.Stdout, command.Stderr = stdout, stderr
	if s.Stdin != nil {
		command.Stdin = s.Stdin
	}
	if s.Stdout != nil {
		command.Stdout = s.Stdout
	}
	if s.Stderr != nil {
		command.Stderr = s.Stderr
	}
	return command, stdout, stderr, nil
}

func status(command *exec.Cmd) int {
	wait, ok := command.ProcessState.Sys().(syscall.WaitStatus)
	if ok && wait.Signaled() {
		return 128 + int(wait.Signal())
	}
	return command.ProcessState.ExitCode()
}
