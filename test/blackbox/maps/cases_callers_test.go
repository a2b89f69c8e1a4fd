//go:build system

package maps

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// bothFiles grants alice ids of both kinds.
var bothFiles = map[string]harness.File{"/etc/subuid": {Text: grantAlice}, "/etc/subgid": {Text: grantAlice}}

// callerCases are about how the programs are used.
func callerCases() []check {
	auto := check{
		name: "caller: util-linux unshare --map-auto, both at once", tool: "newuidmap", files: bothFiles, target: nothing,
		shell: "exec unshare -U --map-auto -r sh -c 'cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups'",
		// util-linux asks for one less than what is granted; since 2.42 for all of it.
		help: `^ +0 +1001 +1\n +1 +100000 +6553[56]\n +0 +2001 +1\n +1 +100000 +6553[56]\nallow\n$`, stdout: "(help)", groups: "-",
	}
	var twenty []string
	mapped := make([]string, 0, 6)
	for _, digit := range strings.Split("012345", "") {
		twenty = append(twenty, digit, "10000"+digit, "1")
		mapped = append(mapped, digit+" 10000"+digit+" 1")
	}
	return []check{
		auto,
		{
			name: "caller: runc, empty environment", args: granted, mapped: oneMapped,
			tune: func(_ *world, start *harness.Start) { start.Env = nil },
		},
		{
			name: "caller: crun and runc, twenty arguments", args: append([]string{"{pid}"}, twenty...), mapped: strings.Join(mapped, ", "),
			tune: func(_ *world, start *harness.Start) { start.Argv[0] = start.Path },
		},
		{name: "caller: LXC, sh -c", shell: "{tool} {pid} 0 100000 65536", mapped: "0 100000 65536"},
		{
			name: "caller: LXC, sh -c, output in a file", shell: "{tool} {pid} 0 5 10 >/dev/null 2>&1 || { echo failed >&2; exit 3; }", status: 3, first: "failed",
		},
		{
			name: "caller: rootlesskit, one after the other", tool: "newuidmap", files: bothFiles, mapped: "0 1001 1, 1 100000 65536",
			shell: "newuidmap {pid} 0 1001 1 1 100000 65536 && newgidmap {pid} 0 2001 1 1 100000 65536", gid: "0 2001 1, 1 100000 65536",
		},
		{
			name: "caller: both at the same time", tool: "newuidmap", files: bothFiles, mapped: oneMapped, gid: oneMapped,
			shell: "newuidmap {pid} 0 100000 10 & newgidmap {pid} 0 100000 10 & wait",
		},
		{
			name: "caller: the target itself", tool: "newuidmap", target: nothing, groups: "-", shell: "exec unshare -U sh -c 'newuidmap $$ 0 100000 1'", status: 1,
			first: "newuidmap: Cannot determine your user name.",
		},
	}
}

// hostileCases give the program what a hostile caller controls; the outcome must be that of an ordinary run.
func hostileCases() []check {
	out := append(environmentCases(), processCases()...)
	return append(out, nameOfProgramCases()...)
}

// environment is every variable that the C library or the Go runtime might obey, with an unpleasant value.
var environment = map[string]string{
	"GODEBUG": "inittrace=1,gctrace=1,schedtrace=1,scheddetail=1", "GODEBUG=sbrk": "sbrk=1", "GOMAXPROCS": "1000", "GOGC": "1", "GOGC=off": "off", "GOMEMLIMIT": "1",
	"GOMEMLIMIT=x": "nonsense", "GOTRACEBACK": "crash", "GOCOVERDIR": "/tmp", "TZ": "/tmp/fifo", "TZ=:": ":/tmp/fifo", "ZONEINFO": "/tmp/fifo", "TMPDIR": "/nonexistent",
	"PATH": "", "HOME": "/nonexistent", "USER": "root", "LOGNAME": "root", "SUDO_UID": "0", "LANG": "de_DE.UTF-8", "LC_ALL": "xx_XX", "LANGUAGE": "de", "LD_PRELOAD": "/tmp/none.so",
	"LD_LIBRARY_PATH": "/tmp", "LD_DEBUG": "all", "MALLOC_CHECK_": "3", "NLSPATH": "/tmp/%N", "LOCPATH": "/tmp", "HOSTALIASES": "/tmp/fifo", "IFS": "/", "SHELL": "/bin/false",
	"GOROOT": "/tmp", "GORACE": "log_path=/tmp/race", "container": "lxc", "_LIBSUBID": "x", "": "empty name",
}

func environmentCases() []check {
	fifo := map[string]harness.File{"/tmp/fifo": {Kind: unix.S_IFIFO, Mode: 0o666}}
	all := []string{}
	var out []check
	for name, value := range pairs(environment) {
		variable, _, _ := strings.Cut(name, "=")
		entry := variable + "=" + value
		all = append(all, entry)
		tune := func(_ *world, start *harness.Start) { start.Env = []string{entry} }
		out = append(
			out,
			check{name: "environment: " + name, tool: "newuidmap", files: fifo, args: granted, mapped: oneMapped, tune: tune},
			check{name: "environment: refused: " + name, tool: "newgidmap", files: fifo, args: []string{"{pid}", "0", "5", "10"}, status: 1, first: noRange, tune: tune},
		)
	}
	return append(
		out,
		check{
			name: "environment: all of it", files: fifo, args: granted, mapped: oneMapped,
			tune: func(_ *world, start *harness.Start) { start.Env = all },
		},
		check{
			name: "environment: no equals sign, and a long value", args: granted, mapped: oneMapped,
			tune: func(_ *world, start *harness.Start) {
				start.Env = []string{"x", "", "LONG=" + strings.Repeat("x", 100_000)}
			},
		},
	)
}

// processCases are about everything else that a process inherits.
func processCases() []check {
	with := func(name string, tune func(*world, *harness.Start)) check {
		return check{name: "inherited: " + name, args: granted, mapped: oneMapped, tune: tune}
	}
	limit := func(name string, resource int, value uint64) check {
		return with(name, func(_ *world, start *harness.Start) { start.Limits = map[int]uint64{resource: value} })
	}
	// The kernel counts the processes of a uid over the whole machine, where somebody else may be uid 1001.
	processes := limit("RLIMIT_NPROC 3", unix.RLIMIT_NPROC, 3)
	processes.as, processes.users, processes.grants = &harness.Owner{UID: 54321, GID: 54321}, "lone:x:54321:54321::/:/bin/sh\n", "lone:100000:65536\n"
	refused := func(name string, tune func(*world, *harness.Start)) check {
		return check{name: "inherited: refused: " + name, args: []string{"{pid}", "0", "5", "10"}, status: 1, first: noRange, tune: tune}
	}
	silent := func(name string, tune func(*world, *harness.Start)) check {
		c := refused(name, tune)
		c.first, c.quiet = "", true
		return c
	}
	var signals []int
	for number := 1; number < 32; number++ {
		if number != int(unix.SIGKILL) && number != int(unix.SIGSTOP) {
			signals = append(signals, number)
		}
	}
	ignoring := func(_ *world, start *harness.Start) { start.Ignore = signals }
	blocking := func(_ *world, start *harness.Start) { start.Block = signals }
	closing := func(fds ...int) func(*world, *harness.Start) {
		return func(_ *world, start *harness.Start) { start.Close = fds }
	}
	return []check{
		with("every signal ignored", ignoring), with("every signal blocked", blocking), refused("every signal ignored", ignoring), refused("every signal blocked", blocking),
		limit("RLIMIT_FSIZE 0", unix.RLIMIT_FSIZE, 0), limit("RLIMIT_FSIZE 1", unix.RLIMIT_FSIZE, 1), limit("RLIMIT_CORE 0", unix.RLIMIT_CORE, 0),
		processes, limit("RLIMIT_NOFILE 8", unix.RLIMIT_NOFILE, 8), limit("RLIMIT_NOFILE 6", unix.RLIMIT_NOFILE, 6),
		limit("RLIMIT_MEMLOCK 0", unix.RLIMIT_MEMLOCK, 0), limit("RLIMIT_CPU 1", unix.RLIMIT_CPU, 1),
		with("descriptors 0 to 2 closed", closing(0, 1, 2)), with("standard input closed", closing(0)), refused("standard input closed", closing(0)),
		refused("standard output closed", closing(1)), silent("standard error closed", closing(2)), silent("all three closed", closing(0, 1, 2)),
		with("umask 0777", func(_ *world, start *harness.Start) { start.Umask = 0o777 }),
		with("a hundred descriptors", func(w *world, start *harness.Start) {
			for range 100 {
				start.Files = append(start.Files, w.open("/dev/null", unix.O_RDWR))
			}
		}),
		with("a working directory that is gone", func(w *world, start *harness.Start) {
			start.Path, start.Argv = "/bin/sh", []string{"sh", "-c", "cd /tmp && mkdir $$ && cd $$ && rmdir ../$$ && exec " + w.dir + "/" + w.tool + " " + strings.Join(start.Argv[1:], " ")}
		}),
		silent("standard error is a full device", func(w *world, start *harness.Start) { start.Stderr = w.open("/dev/full", os.O_WRONLY) }),
	}
}

// nameOfProgramCases are about argv[0], which is the caller's.
func nameOfProgramCases() []check {
	var out []check
	for what, name := range pairs(map[string]string{
		"empty": "", "a path": "/usr/bin/{tool}", "another name": "mapper", "the other program": "newgidmap", "an escape": "\x1b[2Jx", "a newline": "a\nb", "a format": "%s%n",
		"-h": "-h", "long": strings.Repeat("x", 5000),
	}) {
		tune := func(w *world, start *harness.Start) { start.Argv[0] = strings.ReplaceAll(name, "{tool}", w.tool) }
		c := check{name: "argv[0]: refused: " + what, tool: "newuidmap", args: []string{"{pid}", "0", "5", "10"}, status: 1, first: noRange, tune: tune}
		if what != "a path" {
			c.differs = "M24"
		}
		out = append(out, c, check{name: "argv[0]: " + what, tool: "newuidmap", args: granted, mapped: oneMapped, tune: tune})
	}
	return append(out, check{
		name: "argv[0]: none at all", status: 1, usage: true, differs: "M24", tune: func(_ *world, start *harness.Start) { start.NoArgv = true },
	})
}
