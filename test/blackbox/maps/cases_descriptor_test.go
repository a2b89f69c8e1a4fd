//go:build system

package maps

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// descriptorCases are about fd:N. Debian's 4.13 does not know it, and takes fd:N for a process id (difference M09); 4.17
// knows no pidfd (M38), and does not look at what the descriptor leads to (M35).
func descriptorCases() []check {
	const folder = unix.O_RDONLY | unix.O_DIRECTORY
	inherits := func(path string, flags int) func(*world, *harness.Start) {
		return func(w *world, start *harness.Start) { start.Files = []*os.File{w.open(path, flags)} }
	}
	accepted := func(name, arg string, tune func(*world, *harness.Start)) check {
		return check{name: "fd: " + name, args: append([]string{arg}, one...), tune: tune, mapped: oneMapped, differs: "M09"}
	}
	refused := func(name, arg, second string, tune func(*world, *harness.Start)) check {
		return check{name: "fd: " + name, args: append([]string{arg}, one...), tune: tune, status: 1, usage: true, second: second}
	}
	because := func(why string, c check) check {
		c.why = why
		return c
	}
	unchecked := func(name, path string, flags int) check {
		return other(refused(name, "fd:3", "(?i)descriptor 3|fd:3", inherits(path, flags)), "M35")
	}
	different := refused("folder of another user's process", "fd:3", "", inherits("/proc/{pid}", folder))
	different.target, different.usage, different.differs = bobs, false, "M09"
	different.first = "{tool}: Target process is owned by a different user: uid:1001 pw_uid:1001 st_uid:1002, gid:2001 pw_gid:2001 st_gid:2002"
	foreign := different
	foreign.name, foreign.tune, foreign.differs = "fd: pidfd of another user's process", pidfd, "M09, M38"
	out := []check{
		accepted("folder of the process", "fd:3", inherits("/proc/{pid}", folder)),
		accepted("folder opened with O_PATH", "fd:3", inherits("/proc/{pid}", unix.O_PATH|unix.O_DIRECTORY)),
		other(accepted("pidfd (shadow#655, #977)", "fd:3", pidfd), "M09, M38"),
		accepted("number with a zero", "fd:03", inherits("/proc/{pid}", folder)),
		accepted("number 3 of two", "fd:3", func(w *world, start *harness.Start) {
			start.Files = []*os.File{w.open("/proc/{pid}", folder), w.open("/proc/self", folder)}
		}),
		accepted("as standard input", "fd:0", func(w *world, start *harness.Start) { start.Stdin = w.open("/proc/{pid}", folder) }),
		different,
		foreign,
		because("bad-process", refused("alone", "fd:", "", inherits("/proc/{pid}", folder))),
		because("fd-not-open", refused("of a closed descriptor", "fd:9", "(?i)descriptor", nil)),
		refused("of none: 3 is not the runtime's", "fd:3", "(?i)descriptor", nil),
		refused("of none: 4 is not the runtime's", "fd:4", "(?i)descriptor", nil),
		refused("of none: 5 is not the runtime's", "fd:5", "(?i)descriptor", nil),
		refused("of none: 6 is not the runtime's", "fd:6", "(?i)descriptor", nil),
		unchecked("/proc/PID/uid_map", "/proc/{pid}/uid_map", unix.O_RDONLY),
		because("fd-not-process", unchecked("/proc", "/proc", folder)),
		unchecked("/proc/PID/ns", "/proc/{pid}/ns", folder),
		refused("/proc/PID/root", "fd:3", "(?i)descriptor 3|fd:3", inherits("/proc/{pid}/root", folder)),
		unchecked("/proc/sys", "/proc/sys", folder),
		because("fd-not-process", refused("/dev/null", "fd:3", "(?i)descriptor 3|fd:3", inherits("/dev/null", unix.O_RDWR))),
		refused("a user namespace", "fd:3", "(?i)descriptor 3|fd:3", inherits("/proc/{pid}/ns/user", unix.O_RDONLY)),
		decoy(refused("shadow#667: a folder with a symlink uid_map", "fd:3", "(?i)proc", nil)),
		because("fd-other-proc", otherProc(refused("folder of another procfs", "fd:3", "(?i)proc", nil))),
		outsidePIDs(because("process-elsewhere", refused("pidfd of a process that this /proc does not show", "fd:3", "(?i)pid namespace", nil))),
		oldKernel(because("old-kernel", refused("pidfd, and the kernel says nothing of it", "fd:3", "(?i)linux 5.1", pidfd))),
	}
	return append(append(out, lateDescriptors()...), descriptorGrammar()...)
}

func descriptorGrammar() []check {
	var out []check
	for what, arg := range pairs(map[string]string{
		"negative": "fd:-3", "2^32+3 (3 in 32 bits)": "fd:4294967299", "2^64+3": "fd:18446744073709551619", "hexadecimal": "fd:0x3",
		"a letter behind": "fd:3x", "a blank behind": "fd:3 ", "in capitals": "FD:3", "a blank before": " fd:3", "a word": "fd:three",
		"30 digits": "fd:333333333333333333333333333333", "twice": "fd:fd:3", "pidfd:3": "pidfd:3", "no colon": "fd3",
	}) {
		out = append(out, check{
			name: "fd: no number: " + what, args: append([]string{arg}, one...), status: 1, usage: true,
			tune: func(w *world, start *harness.Start) {
				start.Files = []*os.File{w.open("/proc/{pid}", unix.O_RDONLY|unix.O_DIRECTORY)}
			},
		})
	}
	return out
}

// pidfd passes a real pidfd of the target as descriptor 3.
func pidfd(w *world, start *harness.Start) { start.Files = []*os.File{w.pidfd()} }

func (w *world) pidfd() *os.File {
	fd, err := unix.PidfdOpen(w.target.PID, 0)
	if err != nil {
		w.t.Fatalf("pidfd_open: %v", err)
	}
	file := os.NewFile(uintptr(fd), "pidfd")
	w.t.Cleanup(func() { _ = file.Close() })
	return file
}

// lateDescriptors name a process that ended after the descriptor was made.
func lateDescriptors() []check {
	late := func(name, differs string, pass func(w *world) *os.File) check {
		return check{
			name: "fd: " + name, args: append([]string{"fd:3"}, one...), status: 1, second: "(?i)ended", differs: differs,
			first: "{tool}: Could not open proc directory for target fd:3: No such process",
			uid:   "(none)", gid: "(none)", mapped: "(none)", groups: "(none)",
			tune: func(w *world, start *harness.Start) {
				start.Files = []*os.File{pass(w)}
				w.target.Release()
			},
		}
	}
	return []check{
		late("pidfd of a process that ended", "M09, M38", func(w *world) *os.File { return w.pidfd() }),
		late("folder of a process that ended", "M09, M35", func(w *world) *os.File {
			return w.open("/proc/{pid}", unix.O_RDONLY|unix.O_DIRECTORY)
		}),
	}
}

// decoy makes c pass a directory of the caller's that looks like a process; what its symlink names must not be written.
func decoy(c check) check {
	const folder, victim = "/tmp/decoy", "/tmp/victim"
	c.tune = func(w *world, start *harness.Start) {
		for _, err := range []error{
			harness.File{}.Put(victim),
			harness.File{Kind: unix.S_IFDIR, Mode: 0o755, UID: w.caller.UID, GID: w.caller.GID}.Put(folder),
			os.Symlink(victim, folder+"/uid_map"), os.Symlink(victim, folder+"/gid_map"), os.Symlink(victim, folder+"/setgroups"),
		} {
			if err != nil {
				w.t.Fatalf("decoy: %v", err)
			}
		}
		w.t.Cleanup(func() {
			if text, err := os.ReadFile(victim); err != nil || len(text) != 0 {
				w.t.Errorf("the symlink's target was written: %q, %v", text, err)
			}
		})
		start.Files = []*os.File{w.open(folder, unix.O_RDONLY|unix.O_DIRECTORY)}
	}
	return c
}

// otherProc makes c pass the target's directory in another mount of procfs.
func otherProc(c check) check {
	c.tune = func(w *world, start *harness.Start) {
		const folder = "/tmp/otherproc"
		if err := os.MkdirAll(folder, 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := unix.Mount("proc", folder, "proc", 0, ""); err != nil {
			w.t.Fatalf("mount a second procfs: %v", err)
		}
		w.t.Cleanup(func() { _ = unix.Unmount(folder, unix.MNT_DETACH) })
		start.Files = []*os.File{w.open(fmt.Sprintf("%s/%d", folder, w.target.PID), unix.O_RDONLY|unix.O_DIRECTORY)}
	}
	return c
}

// outsidePIDs makes c run in a pid namespace of its own, with a /proc that does not show the target.
func outsidePIDs(c check) check {
	c.alone, c.usage, c.first = true, false, "{tool}: Could not open proc directory for target fd:3: No such file or directory"
	c.tune = func(w *world, start *harness.Start) {
		pidfd(w, start)
		enter := []string{"unshare", "--pid", "--fork", "--mount-proc", "setpriv", "--reuid=1001", "--regid=2001", "--clear-groups", start.Path}
		start.Path, start.Argv, start.UID, start.GID = "/usr/bin/unshare", append(enter, start.Argv[1:]...), 0, 0
	}
	return c
}

// oldKernel makes c run where pidfd_send_signal(2) is not there.
func oldKernel(c check) check {
	inner := c.tune
	c.alone, c.usage, c.first = true, false, "{tool}: Could not open proc directory for target fd:3: Function not implemented"
	c.tune = func(w *world, start *harness.Start) {
		inner(w, start)
		faulty(start, "inject=pidfd_send_signal:error=ENOSYS")
	}
	return c
}
