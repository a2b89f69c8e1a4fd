package harness

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// The words that, as the first argument, make a suite's binary a launcher or a target.
const (
	launchWord     = "harness-launch"
	undumpableWord = "harness-undumpable"
)

// plan is what the launcher is told: the part of Start that can be written down.
type plan struct {
	Path         string
	Argv         []string
	UID, GID     uint32
	Groups       []uint32
	Env          []string
	Dir          string
	Close        []int
	Limits       map[int]uint64
	NoNewPrivs   bool
	SecureBits   uintptr
	DropBounding []int
	Ignore       []int
	Block        []int
	Umask        int
	Proc         string
	NoSuid       []string
}

func (s Start) plan() plan {
	argv := s.Argv
	if argv == nil {
		argv = []string{s.Path}
	}
	if s.NoArgv {
		argv = []string{}
	}
	return plan{
		s.Path, argv, s.UID, s.GID, s.Groups, s.Env, s.Dir, s.Close, s.Limits, s.NoNewPrivs,
		s.SecureBits, s.DropBounding, s.Ignore, s.Block, s.Umask, s.Proc, s.NoSuid,
	}
}

// Main turns this process into a launcher or a target where it was started as one. Otherwise it returns, and what this
// process was given beyond the standard descriptors will not reach a program that it starts.
func Main() {
	word := ""
	if len(os.Args) > 1 {
		word = os.Args[1]
	}
	var err error
	switch word {
	case launchWord:
		err = launch(os.Args[2])
	case undumpableWord:
		err = undumpable()
	default:
		if err = unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC); err == nil {
			return
		}
	}
	fmt.Fprintf(os.Stderr, "launcher: %v\n", err)
	os.Exit(launchFailed)
}

// launch makes the world that text describes and becomes the program. It returns only when that fails.
func launch(text string) error {
	runtime.LockOSThread() // the mount namespace, the capabilities and no_new_privs below belong to one thread
	var p plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return fmt.Errorf("read the plan: %w", err)
	}
	for _, step := range []func(plan) error{mounts, limits, bounding, identity, signals, last} {
		if err := step(p); err != nil {
			return err
		}
	}
	for _, fd := range p.Close {
		_ = unix.Close(fd)
	}
	if len(p.Argv) == 0 {
		return execNameless(p)
	}
	return fmt.Errorf("exec %s: %w", p.Path, syscall.Exec(p.Path, p.Argv, p.Env))
}

func mounts(p plan) error {
	if p.Proc == "" && len(p.NoSuid) == 0 {
		return nil
	}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("unshare mounts: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", err)
	}
	for _, directory := range p.NoSuid {
		if err := unix.Mount(directory, directory, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("bind %s: %w", directory, err)
		}
		if err := unix.Mount("", directory, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_NOSUID, ""); err != nil {
			return fmt.Errorf("make %s nosuid: %w", directory, err)
		}
	}
	return mountProc(p.Proc)
}

func mountProc(options string) error {
	var err error
	switch options {
	case "":
	case "none":
		err = unix.Mount("tmpfs", "/proc", "tmpfs", 0, "mode=755")
	case "read-only":
		if err = unix.Mount("/proc", "/proc", "", unix.MS_BIND, ""); err == nil {
			err = unix.Mount("", "/proc", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
		}
	default:
		err = unix.Mount("proc", "/proc", "proc", 0, options)
	}
	if err != nil {
		return fmt.Errorf("mount /proc (%s): %w", options, err)
	}
	return nil
}

func limits(p plan) error {
	for resource, value := range p.Limits {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: value, Max: value}); err != nil {
			return fmt.Errorf("set limit %d to %d: %w", resource, value, err)
		}
	}
	return nil
}

func bounding(p plan) error {
	if p.SecureBits != 0 {
		if err := unix.Prctl(unix.PR_SET_SECUREBITS, p.SecureBits, 0, 0, 0); err != nil {
			return fmt.Errorf("set the secure bits %x: %w", p.SecureBits, err)
		}
	}
	for _, capability := range p.DropBounding {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(capability), 0, 0, 0); err != nil {
			return fmt.Errorf("drop capability %d from the bounding set: %w", capability, err)
		}
	}
	return nil
}

func identity(p plan) error {
	groups := make([]int, 0, len(p.Groups))
	for _, group := range p.Groups {
		groups = append(groups, int(group))
	}
	if err := unix.Setgroups(groups); err != nil {
		return fmt.Errorf("set groups %v: %w", groups, err)
	}
	if err := unix.Setresgid(int(p.GID), int(p.GID), int(p.GID)); err != nil {
		return fmt.Errorf("set gid %d: %w", p.GID, err)
	}
	if err := unix.Setresuid(int(p.UID), int(p.UID), int(p.UID)); err != nil {
		return fmt.Errorf("set uid %d: %w", p.UID, err)
	}
	return nil
}

func signals(p plan) error {
	for _, number := range p.Ignore {
		signal.Ignore(syscall.Signal(number))
	}
	var set unix.Sigset_t
	for _, number := range p.Block {
		set.Val[(number-1)/64] |= 1 << ((number - 1) % 64)
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &set, nil); err != nil {
		return fmt.Errorf("block signals %v: %w", p.Block, err)
	}
	return nil
}

// last is what would disturb the steps before it.
func last(p plan) error {
	if p.NoNewPrivs {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return fmt.Errorf("set no_new_privs: %w", err)
		}
	}
	mask := 0o022
	if p.Umask != 0 {
		mask = p.Umask
	}
	unix.Umask(mask)
	if p.Dir != "" {
		if err := unix.Chdir(p.Dir); err != nil {
			return fmt.Errorf("change to %s: %w", p.Dir, err)
		}
	}
	return nil
}
