package harness

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Target is a process that is held for a program to act on, until Release.
type Target struct {
	PID     int
	command *exec.Cmd
	input   io.Closer
}

// Owner is who a target runs as.
type Owner struct {
	UID, GID uint32
	Groups   []uint32
}

// Hold starts argv as owner and returns once it answers. argv must end in something that copies its input to its
// output line by line, such as cat: {"unshare", "-U", "cat"} is a process in a new user namespace.
func Hold(owner Owner, argv ...string) (*Target, error) {
	command := exec.Command(argv[0], argv[1:]...)
	command.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:    true,
		Credential: &syscall.Credential{Uid: owner.UID, Gid: owner.GID, Groups: owner.Groups},
	}
	input, err := command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("hold %q: %w", argv, err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("hold %q: %w", argv, err)
	}
	trouble := new(strings.Builder)
	command.Stderr = trouble
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("hold %q: %w", argv, err)
	}
	target := &Target{PID: command.Process.Pid, command: command, input: input}
	if err := greet(input, output); err != nil {
		target.Release()
		return nil, fmt.Errorf("hold %q: %w: %s", argv, err, trouble)
	}
	return target, nil
}

func greet(input io.Writer, output io.Reader) error {
	if _, err := io.WriteString(input, "ready\n"); err != nil {
		return fmt.Errorf("greet: %w", err)
	}
	answer, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	if answer != "ready\n" {
		return fmt.Errorf("answered %q", answer)
	}
	return nil
}

// Child returns the first child of t, which t's Release ends too: do not release it.
func (t *Target) Child() (*Target, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", t.PID, t.PID))
	if err != nil {
		return nil, fmt.Errorf("the child of %d: %w", t.PID, err)
	}
	first, _, _ := strings.Cut(string(text), " ")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return nil, fmt.Errorf("the child of %d: %q", t.PID, text)
	}
	return &Target{PID: pid}, nil
}

// Release ends the target and whatever it started. It may be called again.
func (t *Target) Release() {
	_ = t.input.Close()
	_ = syscall.Kill(-t.PID, syscall.SIGKILL)
	_ = t.command.Wait()
}

// Read returns the text of /proc/PID/name, each run of blanks as one blank, lines joined by a comma and a blank;
// "(none)" where the file cannot be read.
func (t *Target) Read(name string) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", t.PID, name))
	if err != nil {
		return "(none)"
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.Join(lines, ", ")
}

// Write writes text to /proc/PID/name as root.
func (t *Target) Write(name, text string) error {
	file, err := os.OpenFile(fmt.Sprintf("/proc/%d/%s", t.PID, name), os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("prepare the target: %w", err)
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

// Undumpable is the tail of an argv for Hold: a process that made itself undumpable, so that root owns its /proc directory.
// binary is a path of the suite's own binary that the target's owner may execute.
func Undumpable(binary string) []string { return []string{binary, undumpableWord} }

func undumpable() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("clear dumpable: %w", err)
	}
	if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	os.Exit(0)
	return nil
}
