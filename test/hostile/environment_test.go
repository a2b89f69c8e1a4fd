//go:build system

package hostile

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	environed = person("env")
	_         = grant("env veth environ 1")
)

// fifo is where TZ points to: who opens it to read hangs.
const fifo = "/run/hostile-fifo"

// variables are what the Go runtime, the standard library, the dynamic linker and the C library read, and what other
// programs trust.
func variables() []string {
	return []string{
		"GODEBUG=inittrace=1", "GODEBUG=sbrk=1", "GODEBUG=gctrace=1,schedtrace=1,scheddetail=1", "GODEBUG=containermaxprocs=1,updatemaxprocs=1",
		"GODEBUG=allocfreetrace=1,clobberfree=1,madvdontneed=1", "GODEBUG=dontfreezetheworld=1,asyncpreemptoff=1", "GODEBUG=netdns=cgo+2",
		"GODEBUG=nosuchsetting=1", "GODEBUG=" + strings.Repeat("a", 4000),
		"GOMAXPROCS=1000", "GOMAXPROCS=0", "GOMAXPROCS=x", "GOGC=0", "GOGC=1", "GOGC=x", "GOMEMLIMIT=x", "GOMEMLIMIT=1", "GOMEMLIMIT=1B",
		"GOTRACEBACK=crash", "GOTRACEBACK=system", "GORACE=log_path=/run/hostile-race", "GOCOVERDIR=/run", "GOROOT=/run", "GOPATH=/run",
		"TZ=:" + fifo, "TZ=" + fifo, "TZ=../../../../../.." + fifo, "TZDIR=/run", "ZONEINFO=" + fifo,
		"TMPDIR=/run", "TMP=/run", "TEMP=/run", "USER=root", "LOGNAME=root", "USERNAME=root", "HOME=/run", "SHELL=/run/sh", "PATH=/run:.", "PWD=/run", "IFS=x",
		"LD_PRELOAD=/run/x.so", "LD_LIBRARY_PATH=/run", "LD_AUDIT=/run/x.so", "LD_DEBUG=all", "LD_BIND_NOW=1", "GLIBC_TUNABLES=glibc.malloc.check=3", "MALLOC_CHECK_=3",
		"GCONV_PATH=/run", "LC_ALL=xx_XX.UTF-8", "LANG=xx_XX", "LANGUAGE=xx", "LOCPATH=/run", "NLSPATH=/run/%N", "RES_OPTIONS=debug", "LOCALDOMAIN=x",
		"HOSTALIASES=" + fifo, "NSS_WRAPPER_PASSWD=/run/passwd", "GETCONF_DIR=/run", "RESOLV_HOST_CONF=" + fifo,
		"OVS_RUNDIR=/run", "OVS_SYSCONFDIR=/run", "OVS_DBDIR=/run", "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/x", "NOTIFY_SOCKET=/run/x", "LISTEN_FDS=3", "LISTEN_PID=1",
		"BASH_ENV=/run/x", "ENV=/run/x", "PYTHONPATH=/run", "PERL5LIB=/run", "TERM=x", "COLUMNS=1", "POSIXLY_CORRECT=1", "X=" + strings.Repeat("x", 1<<16),
	}
}

// observation is what can be seen of a run.
type observation struct {
	result string   // exit status and what was printed
	opened []string // the paths of all files
	clones int
	execs  int
	effect string // what the program was to do
}

// program is a program with a command line, ready to run as often as one likes.
type runnable struct {
	argv   func() []string // prepares one run
	effect func() string   // what it did; cleans up
	none   string          // what effect returns where it did nothing
}

// runnables are the four programs, of a directory or of their real places, with a grant each, and two refusals.
func runnables(t *testing.T, place func(string) string) map[string]runnable {
	return runnablesOf(t, environed, "environ", place)
}

// runnablesOf are those for u, who has one interface on bridge.
func runnablesOf(t *testing.T, u user, bridge string, place func(string) string) map[string]runnable {
	nothing := func() string { return "" }
	netns := container(t, u)
	out := map[string]runnable{
		"getsubids":         {func() []string { return []string{place(getsubids), u.name} }, nothing, ""},
		"newgidmap-refused": {func() []string { return []string{place(newgidmap), strconv.Itoa(netns.PID), "0", "1", "5"} }, nothing, ""},
		"create-refused":    {func() []string { return withProgram(place(usernic), creates(netns, "lo")) }, nothing, ""},
		"create": {
			func() []string { return withProgram(place(usernic), creates(netns, bridge)) },
			func() string { defer sweep(t, u); return fmt.Sprint(len(nicsOf(t, u)), " interfaces") },
			"0 interfaces",
		},
	}
	for name, m := range mappings(u) {
		var target *harness.Target
		out[name] = runnable{
			func() []string {
				var err error
				if target, err = harness.Hold(u.owner(), "unshare", "-U", "cat"); err != nil {
					t.Fatal(err)
				}
				argv := m.argv(target.PID)
				return withProgram(place(argv[0]), argv)
			},
			func() string { defer target.Release(); return target.Read(m.file) + target.Read("setgroups") },
			"allow",
		}
	}
	return out
}

func withProgram(path string, argv []string) []string { return append([]string{path}, argv[1:]...) }

func inPlace(path string) string { return path }

func inFallback(path string) string { return filepath.Join(fallbackPlace, filepath.Base(path)) }

// passing are the parts of paths and messages that differ from run to run: numbers, and the random part of a name.
var passing = regexp.MustCompile(`\d+(_[A-Za-z0-9]{4})?`)

// steady is what a run came to without what differs from run to run.
func (r result) steady() string {
	return fmt.Sprintf("status %d, ", r.status) + passing.ReplaceAllString(fmt.Sprintf("stdout %q, stderr %q", r.out, r.err), "N")
}

// observe runs the program once with an environment.
func (r runnable) observe(t *testing.T, env ...string) observation {
	t.Helper()
	var o observation
	ended := plan{u: environed, env: env, argv: r.argv()}.run(t, func(x *traced) {
		for x.next() {
			switch x.at.nr {
			case unix.SYS_OPENAT:
				o.open(x.text(x.at.args[1]))
			case openOf:
				o.open(x.text(x.at.args[0]))
			}
		}
		o.clones, o.execs = x.clones, x.execs
	})
	slices.Sort(o.opened)
	o.opened = slices.Compact(o.opened)
	o.result, o.effect = ended.steady(), r.effect()
	return o
}

// open notes that a file is opened; but not the list of the program's threads, which is read where other processes began
// between them: privilege.CloseInherited.
func (o *observation) open(path string) {
	if path != "/proc/self/task" {
		o.opened = append(o.opened, passing.ReplaceAllString(path, "N"))
	}
}

// differs says how o differs from calm observations, "" if it does not. The number of threads is the runtime's own
// affair and differs by one or two from run to run.
func (o observation) differs(calm observation, most int) string {
	switch {
	case o.result != calm.result:
		return fmt.Sprintf("%s, not %s", o.result, calm.result)
	case o.effect != calm.effect:
		return fmt.Sprintf("made %q, not %q", o.effect, calm.effect)
	case !slices.Equal(o.opened, calm.opened):
		return fmt.Sprintf("opened %q, not %q", o.opened, calm.opened)
	case o.clones > most:
		return fmt.Sprintf("made %d threads, not %d", o.clones, most)
	case o.execs != calm.execs:
		return fmt.Sprintf("was executed %d times, not %d", o.execs, calm.execs)
	}
	return ""
}

// calmly observes the program with an empty environment, and how many threads it makes at most.
func (r runnable) calmly(t *testing.T) (observation, int) {
	t.Helper()
	_ = r.observe(t) // leaves a row in the ledger, which the next run finds
	calm := r.observe(t)
	most := calm.clones
	for range 6 {
		o := r.observe(t)
		if wrong := o.differs(calm, o.clones); wrong != "" {
			t.Fatalf("two runs with an empty environment: the other %s", wrong)
		}
		most = max(most, o.clones)
	}
	return calm, most + 2
}

// TestEnvironment: no variable changes what a program prints, does, opens, or how many threads it has.
func TestEnvironment(t *testing.T) {
	makeFIFO(t)
	for name, r := range runnables(t, inPlace) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var y tally
			calm, most := r.calmly(t)
			for _, v := range variables() {
				y.point()
				if wrong := r.observe(t, v).differs(calm, most); wrong != "" {
					y.fault("the environment matters", "%.60s: %s", v, wrong)
				}
			}
			y.point()
			if wrong := r.observe(t, variables()...).differs(calm, most); wrong != "" {
				y.fault("the environment matters", "all together: %s", wrong)
			}
			y.report(t, 50)
		})
	}
}

// TestEnvironmentFallback: without the entry point the program executes itself once more. The runtime's own variables
// may end that program before it begins, and then nothing has happened; no other matters.
func TestEnvironmentFallback(t *testing.T) {
	makeFIFO(t)
	for name, r := range runnables(t, inFallback) {
		if name == "getsubids" {
			continue // it has no privilege, and no second start
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var y tally
			calm, _ := r.calmly(t)
			failed := r.observe(t, "GOMEMLIMIT=x") // dies in the runtime
			for _, v := range variables() {
				y.point()
				r.fallback(t, &y, v, calm, failed)
			}
			y.report(t, 50)
		})
	}
}

func (r runnable) fallback(t *testing.T, y *tally, v string, calm, failed observation) {
	t.Helper()
	o := r.observe(t, v)
	switch {
	case strings.HasPrefix(o.result, "status -1,"):
		y.fault("hung", "%.60s: %s", v, o.result)
	case o.effect == calm.effect && o.result == calm.result && slices.Equal(o.opened, calm.opened):
	case !strings.HasPrefix(v, "GO"):
		y.fault("the environment matters", "%.60s: %s, opened %q, made %q", v, o.result, o.opened, o.effect)
	case o.effect != calm.effect && o.effect != failed.effect:
		y.fault("the environment matters", "%.60s: made %q", v, o.effect)
	}
}

func makeFIFO(t *testing.T) {
	t.Helper()
	_ = os.Remove(fifo)
	if err := unix.Mkfifo(fifo, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestEnvironmentOdd: no argument at all, strings that are no variables, and very many, end as an empty environment does.
func TestEnvironmentOdd(t *testing.T) {
	many := make([]string, 5_000)
	for i := range many {
		many[i] = "GOGC=1"
	}
	for _, place := range []func(string) string{inPlace, inFallback} {
		for _, program := range []string{newuidmap, newgidmap, usernic} {
			start := harness.Start{Path: place(program), UID: environed.uid, GID: environed.gid}
			calm := odd(t, start)
			for _, env := range [][]string{{"", "", ""}, {"NOEQUALS"}, {"=", "=x"}, many} {
				start.Env = env
				if r := odd(t, start); r != calm {
					t.Errorf("%s with %d strings like %.20q: %+v, not %+v", start.Path, len(env), env[0], r, calm)
				}
			}
			start.NoArgv, start.Env = true, nil
			if r := odd(t, start); r.Status != 1 || r.Stderr == "" || strings.Contains(r.Stderr, "goroutine") {
				t.Errorf("%s without any argument: %+v", start.Path, r)
			}
		}
	}
}

func odd(t *testing.T, start harness.Start) harness.Result {
	t.Helper()
	r, err := start.Run()
	if err != nil {
		t.Fatal(err)
	}
	return r
}
