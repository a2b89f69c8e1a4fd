//go:build system

package maps

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

// check is one case. In every text of it {tool} is newuidmap or newgidmap, {kind} uid or gid, {KIND} UID or GID, {file}
// /etc/subuid or /etc/subgid, {own} the caller's own id of that kind, and {pid} the target's process id.
type check struct {
	name string
	tool string // "": the case is run for newuidmap and for newgidmap

	// The machine.
	users   string                  // further lines of /etc/passwd
	grants  string                  // text of {file}; "": alice:100000:65536
	files   map[string]harness.File // any file, {file} too
	install string                  // setuid (""), filecap, filecap0 (with CAP_SETFCAP), plain

	// Who, and on what.
	as     *harness.Owner                          // nil: alice
	target func(w *world) (*harness.Target, error) // nil: an unmapped user namespace of the caller
	after  func(w *world) error                    // once the target exists

	// The run.
	args  []string
	shell string                               // this command line of sh -c instead of the tool with args
	tune  func(w *world, start *harness.Start) // the environment of the run

	// What ours does.
	status  int
	stdout  string
	help    string // a regular expression: what matches it on stdout counts as stdout "(help)"
	first   string // first line on stderr, exactly
	quiet   bool   // nothing can be read on stderr
	usage   bool   // first is the usage line
	wording bool   // compare the text of the usage line
	alone   bool   // Debian's is not run: the case is about an answer that no kernel or directory gives of itself
	why     string // the id of the reason in the record
	second  string // a regular expression that matches somewhere in the lines after it
	mapped  string // the map of this kind afterwards
	uid     string // the other map, where a case writes both
	gid     string
	groups  string // setgroups afterwards; "": allow; "-": there is no target
	differs string // the ids in docs/compatibility.md of what Debian does instead: "M01, newgidmap M10", the second only that tool
}

// world is what the functions of a case get to know.
type world struct {
	t      *testing.T
	tool   string
	dir    string // where the peer's programs are
	caller harness.Owner
	target *harness.Target

	container int // a process in the namespace around the target's, see inContainer
}

var (
	alice = harness.Owner{UID: 1001, GID: 2001}
	bob   = harness.Owner{UID: 1002, GID: 2002}
	root  = harness.Owner{}
)

const accounts = `root:x:0:0:root:/root:/bin/sh
alice:x:1001:2001::/:/bin/sh
bob:x:1002:2002::/:/bin/sh
`

const groups = `root:x:0:
alice:x:2001:
bob:x:2002:
aux:x:2100:alice
`

// usageLine stands for the usage line in an outcome: its text differs between releases of the original (difference M01
// has the one case that compares the text), and everything else about a usage error should not.
const usageLine = "(usage)"

// expand turns the cases without a tool into one per tool, and fills in the texts.
func expand(cases []check) []check {
	var out []check
	for _, c := range cases {
		tools := []string{c.tool}
		if c.tool == "" {
			tools = []string{"newuidmap", "newgidmap"}
		}
		for _, tool := range tools {
			out = append(out, c.filled(tool))
		}
	}
	return out
}

// filled returns c for tool, with its texts filled in except for {pid}.
func (c check) filled(tool string) check {
	kind, own := "uid", c.caller().UID
	if tool == "newgidmap" {
		kind, own = "gid", c.caller().GID
	}
	fill := strings.NewReplacer("{tool}", tool, "{kind}", kind, "{KIND}", strings.ToUpper(kind), "{file}", "/etc/sub"+kind,
		"{own}", strconv.Itoa(int(own))).Replace
	c.name, c.tool = tool+": "+fill(c.name), tool
	for _, text := range []*string{&c.users, &c.grants, &c.shell, &c.stdout, &c.help, &c.first, &c.second, &c.mapped, &c.uid, &c.gid} {
		*text = fill(*text)
	}
	if c.usage {
		c.first = usageLine
	}
	c.differs = idsFor(tool, c.differs)
	c.args = slices.Clone(c.args)
	for i := range c.args {
		c.args[i] = fill(c.args[i])
	}
	files := map[string]harness.File{}
	for path, file := range c.files {
		file.Text, file.Link = fill(file.Text), fill(file.Link)
		files[fill(path)] = file
	}
	c.files = files
	return c
}

// idsFor returns the ids, separated by blanks, that a list like "M01, newgidmap M10" has for tool.
func idsFor(tool, list string) string {
	var out []string
	for _, entry := range strings.Split(list, ", ") {
		if only, id, found := strings.Cut(entry, " "); !found {
			out = append(out, entry)
		} else if only == tool {
			out = append(out, id)
		}
	}
	return strings.Join(out, " ")
}

func (c check) caller() harness.Owner {
	if c.as == nil {
		return alice
	}
	return *c.as
}

// want returns what the case expects of ours.
func (c check) want() outcome {
	o := outcome{status: c.status, stdout: c.stdout, first: c.first, uid: c.uid, gid: c.gid, groups: c.groups}
	switch c.tool {
	case "newuidmap":
		o.uid = c.mapped
	case "newgidmap":
		o.gid = c.mapped
	case "getsubids":
		return o
	}
	switch o.groups {
	case "":
		o.groups = "allow"
	case "-":
		o.groups = ""
	}
	return o
}

// complaints returns what is wrong with what ours did; why is the id of the reason in its record.
func (c check) complaints(got outcome, rest, why string) []string {
	var out []string
	if c.why != "" && why != c.why {
		out = append(out, fmt.Sprintf("the record has id=%q, not %q", why, c.why))
	}
	if got != c.want() {
		out = append(out, fmt.Sprintf("\n  wanted %v\n  got    %v", c.want(), got))
	}
	if !regexp.MustCompile(c.second).MatchString(rest) {
		out = append(out, fmt.Sprintf("the lines after the first do not match %q:\n%s", c.second, abridged(rest)))
	}
	if c.status == 1 && c.tool != "getsubids" && !c.quiet && rest == "" {
		out = append(out, "there is no second line that says why")
	}
	return out
}

// run runs the case with one peer's programs and returns the outcome, the lines after the first on stderr, and the id of
// the reason in the record.
func (c check) run(t *testing.T, peer string) (outcome, string, string) {
	t.Helper()
	install := c.install
	if install == "" {
		install = "setuid"
	}
	w := &world{t: t, tool: c.tool, dir: base + "/" + peer + "/" + install, caller: c.caller()}
	if err := c.furnish(); err != nil {
		t.Fatalf("%s: %v", peer, err)
	}
	if err := c.hold(w); err != nil {
		t.Fatalf("%s: %v", peer, err)
	}
	if w.target != nil {
		defer w.target.Release()
	}
	start := c.start(w)
	journal.Records()
	result, err := start.Run()
	if err != nil {
		t.Fatalf("%s: %v", peer, err)
	}
	o, rest := c.seen(w, result)
	return o, rest, harness.ReasonIn(journal.Records())
}

// furnish puts the files of the case in place.
func (c check) furnish() error {
	grants := c.grants
	if grants == "" {
		grants = "alice:100000:65536\n"
	}
	files := map[string]harness.File{
		"/etc/passwd":        {Text: accounts + c.users},
		"/etc/group":         {Text: groups},
		"/etc/nsswitch.conf": {Text: "passwd: files\ngroup: files\n"},
		"/etc/login.defs":    {},
		"/etc/subuid":        {},
		"/etc/subgid":        {},
		forbiddenPath:        {Absent: true},
		policyPath:           {Absent: true},
	}
	switch c.tool {
	case "newuidmap":
		files["/etc/subuid"] = harness.File{Text: grants}
	case "newgidmap":
		files["/etc/subgid"] = harness.File{Text: grants}
	}
	maps.Copy(files, c.files)
	var trouble error
	for path, file := range files {
		trouble = errors.Join(trouble, os.MkdirAll(filepath.Dir(path), 0o755), file.Put(path))
	}
	return trouble
}

func (c check) hold(w *world) (err error) {
	if c.tool == "getsubids" && c.target == nil {
		return nil
	}
	target := c.target
	if target == nil {
		target = userNamespace
	}
	if w.target, err = target(w); err != nil || c.after == nil {
		return err
	}
	return c.after(w)
}

func userNamespace(w *world) (*harness.Target, error) {
	return harness.Hold(w.caller, "unshare", "-U", "cat")
}

// start returns how the program is started.
func (c check) start(w *world) harness.Start {
	start := harness.Start{
		Path: w.dir + "/" + c.tool,
		Argv: []string{c.tool},
		UID:  w.caller.UID, GID: w.caller.GID, Groups: w.caller.Groups,
		Env: []string{"PATH=" + w.dir + ":/usr/bin:/bin"},
	}
	for _, arg := range c.args {
		start.Argv = append(start.Argv, w.fill(arg))
	}
	if c.shell != "" {
		start.Path, start.Argv = "/bin/sh", []string{"sh", "-c", w.fill(c.shell)}
	}
	if c.tune != nil {
		c.tune(w, &start)
	}
	return start
}

// fill puts the target's process id into a text.
func (w *world) fill(text string) string {
	if w.target == nil {
		return text
	}
	return strings.ReplaceAll(text, "{pid}", strconv.Itoa(w.target.PID))
}

// seen returns the outcome with the target's process id written as {pid}.
func (c check) seen(w *world, result harness.Result) (outcome, string) {
	o := outcome{status: result.Status, stdout: result.Stdout, first: strings.TrimRight(result.FirstLine(), " ")}
	if strings.HasPrefix(o.first, "usage: "+c.tool+" ") && strings.Contains(o.first, "<count>") && !c.wording {
		o.first = usageLine
	}
	if c.help != "" && regexp.MustCompile(c.help).MatchString(o.stdout) {
		o.stdout = "(help)"
	}
	rest := result.Rest()
	if w.target == nil {
		return o, rest
	}
	o.uid, o.gid, o.groups = w.target.Read("uid_map"), w.target.Read("gid_map"), w.target.Read("setgroups")
	pid := regexp.MustCompile(`\b` + strconv.Itoa(w.target.PID) + `\b`)
	for _, text := range []*string{&o.stdout, &o.first, &rest} {
		*text = pid.ReplaceAllString(*text, "{pid}")
		*text = strings.ReplaceAll(*text, strconv.Itoa(1<<32-w.target.PID), "{2^32-pid}")
	}
	return o, rest
}

// open opens path for the program; the descriptor is closed when the case ends.
func (w *world) open(path string, flags int) *os.File {
	file, err := os.OpenFile(w.fill(path), flags, 0)
	if err != nil {
		w.t.Fatalf("open for the program: %v", err)
	}
	w.t.Cleanup(func() { _ = file.Close() })
	return file
}

// pairs yields the entries of m in the order of the keys, so that every run has the same order of cases.
func pairs(m map[string]string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}

// other returns c with the ids of what Debian does instead.
func other(c check, id string) check {
	c.differs = id
	return c
}
