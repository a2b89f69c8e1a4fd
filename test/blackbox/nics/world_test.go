//go:build system

package nics

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

const (
	usernetPath = "/etc/lxc/lxc-usernet"
	ledgerPath  = "/run/lxc/nics"
)

// world is what one case happens in: the machine, prepared, and what was seen so far.
type world struct {
	t      *testing.T
	c      testCase
	helper string // the program under test
	other  string // the other one
	values map[string]string
	held   map[string]*harness.Target
	files  []*os.File // descriptors 3, 4, ... of the calls
	nic    string     // host name of the interface made last
	told   answer     // the last call's
	faults map[string][]string
	undo   []func()
}

// play prepares the world of c, runs it against helper, and returns what was wrong, by aspect.
func play(t *testing.T, c testCase, helper, other string) map[string][]string {
	t.Helper()
	if helper == "" {
		t.Fatal("no program to test: name it with -ours and -peer, as test/run nics does")
	}
	w := &world{t: t, c: c, helper: helper, other: other}
	w.values, w.held, w.faults = map[string]string{}, map[string]*harness.Target{}, map[string][]string{}
	defer w.clear()
	w.prepare()
	w.act()
	return w.faults
}

func (w *world) prepare() {
	w.must(ip("link add br0 type bridge", "link set br0 up"))
	w.must(os.MkdirAll("/etc/lxc", 0o755))
	w.must(w.c.usernetFile().Put(usernetPath))
	if w.c.ledger != "" {
		w.record(w.c.ledger)
	}
	if w.c.before != nil {
		w.c.before(w)
	}
}

func (c testCase) usernetFile() harness.File {
	switch {
	case c.file != (harness.File{}):
		return c.file
	case c.usernet != "":
		return harness.File{Text: c.usernet}
	}
	return harness.File{Text: usualUsernet}
}

func (w *world) act() {
	switch {
	case w.c.args == "" && w.c.argv == nil && !w.c.start.NoArgv: // then makes the calls
	case w.c.grant == nil && w.c.refuse == "": // then judges
		w.call(w.c.as, w.c.words()...)
		w.check(w.told.status != -1, late, "still running after %v", patience)
	default:
		w.expect(w.c.as, w.c.words(), w.c.grant, w.c.refuse)
	}
	if w.c.then != nil {
		w.c.then(w)
	}
}

func (c testCase) words() []string {
	if c.argv != nil {
		return c.argv
	}
	return strings.Split(c.args, " ")
}

// clear takes everything away that the case or the program made.
func (w *world) clear() {
	for i := len(w.undo) - 1; i >= 0; i-- {
		w.undo[i]()
	}
	all, err := linksOf(0)
	w.must(err)
	var lines []string
	for name := range all {
		if name != "lo" && name != "ovs-netdev" {
			lines = append(lines, "link del "+name)
		}
	}
	_ = ip(lines...) // the other end of a pair goes with the first
	for _, target := range w.held {
		target.Release()
	}
	for _, file := range w.files {
		_ = file.Close()
	}
	w.must(os.RemoveAll(filepath.Dir(ledgerPath)))
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// fault records that an aspect is wrong.
func (w *world) fault(aspect, format string, values ...any) {
	w.faults[aspect] = append(w.faults[aspect], fmt.Sprintf(format, values...))
}

// check records a fault unless ok.
func (w *world) check(ok bool, aspect, format string, values ...any) {
	if !ok {
		w.fault(aspect, format, values...)
	}
}

// record writes the ledger as root; placeholders are filled in.
func (w *world) record(text string) {
	w.must(os.MkdirAll(filepath.Dir(ledgerPath), 0o755))
	w.must(harness.File{Text: w.fill(text)}.Put(ledgerPath))
}

// hold returns the process that holds the target namespace of u, started when it is first needed.
func (w *world) hold(u user) *harness.Target { return w.holdAs(u.name, u, "unshare", "-Urn", "cat") }

// holdAs starts a process of u under another name for placeholders.
func (w *world) holdAs(name string, u user, argv ...string) *harness.Target {
	if target, there := w.held[name]; there {
		return target
	}
	target, err := harness.Hold(u.owner(), argv...)
	w.must(err)
	w.held[name] = target
	return target
}

// plug makes a living interface that no program under test made; its other end stays on the machine.
func (w *world) plug(name, bridge string) {
	lines := []string{"link add " + name + " type veth peer name p" + strings.TrimPrefix(name, "veth")}
	if bridge != "none" {
		lines = append(lines, "link set "+name+" master "+bridge)
	}
	w.must(ip(append(lines, "link set "+name+" up")...))
}

// sh runs a shell script as root and returns what it printed.
func (w *world) sh(script string) string {
	text, err := exec.Command("/bin/sh", "-euc", w.fill(script)).CombinedOutput()
	if err != nil {
		w.t.Fatalf("%s: %v: %s", script, err, text)
	}
	return string(text)
}

var placeholder = regexp.MustCompile(`\{(\w+)(?::(\w+))?\}`)

// fill replaces the placeholders of testCase.
func (w *world) fill(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		part := placeholder.FindStringSubmatch(found)
		switch part[1] {
		case "pid":
			return fmt.Sprint(w.targetOf(part[2]).PID)
		case "ns":
			return fmt.Sprintf("/proc/%d/ns/net", w.targetOf(part[2]).PID)
		case "nic":
			return w.nic
		}
		value, there := w.values[part[1]]
		if !there {
			w.t.Fatalf("placeholder %s has no value in %v", found, maps.Collect(maps.All(w.values)))
		}
		return value
	})
}

func (w *world) targetOf(name string) *harness.Target {
	if name == "" {
		return w.hold(w.caller(w.c.as))
	}
	for _, u := range people() {
		if u.name == name {
			return w.hold(u)
		}
	}
	target, there := w.held[name]
	if !there {
		w.t.Fatalf("no target is named %s", name)
	}
	return target
}

// caller is u, or alice where a case names nobody.
func (w *world) caller(u user) user {
	if u.uid == 0 {
		return alice
	}
	return u
}
