//go:build system

package nics

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// seen is the state of the machine before or after a call.
type seen struct {
	host  map[string]link
	inner map[string]map[string]link // by name of the target
	rows  []string
}

func (w *world) look() seen {
	s := seen{inner: map[string]map[string]link{}, rows: w.ledger()}
	var err error
	s.host, err = linksOf(0)
	w.must(err)
	for name, target := range w.held {
		if s.inner[name], err = linksOf(target.PID); err != nil {
			delete(s.inner, name) // the target has gone
		}
	}
	return s
}

// ledger returns the rows of the ledger, without empty ones; none where there is no file.
func (w *world) ledger() []string {
	text, err := os.ReadFile(ledgerPath)
	if err != nil && !os.IsNotExist(err) {
		w.must(err)
	}
	return slices.DeleteFunc(strings.Split(string(text), "\n"), func(row string) bool { return row == "" })
}

// column returns the n-th column of a row of the ledger, as cut -d' ' -f does.
func column(row string, n int) string {
	parts := strings.Split(row, " ")
	if n > len(parts) {
		return ""
	}
	return parts[n-1]
}

// expect makes a call and judges it: the interface that must be there, or the refusal that matches the pattern. With
// neither, only the exit status 0 and what must hold after every call is judged.
func (w *world) expect(u user, words []string, grant *nic, refuse string) answer {
	for _, word := range words {
		w.fill(word) // targets start before the first look
	}
	before := w.look()
	a := w.call(u, words...)
	after := w.look()
	switch {
	case a.status == -1:
		w.fault(late, "still running after %v", a.took)
		return a
	case refuse != "":
		w.refused(a, refuse, before, after)
	case a.status != 0:
		w.fault(exit, "exit status %d: %q", a.status, a.text())
	case grant != nil:
		w.granted(w.caller(u), a, *grant, before, after)
	}
	w.nothingLost(before, after)
	return a
}

// source matches what no message may show: file names and line numbers of the program.
var source = regexp.MustCompile(`\w\.(c|go): ?\d`)

func (w *world) refused(a answer, pattern string, before, after seen) {
	if a.status != 1 {
		w.fault(exit, "exit status %d instead of a refusal (%s): %q", a.status, pattern, a.text())
		return
	}
	text := a.text()
	if w.c.start.Stdout == nil && w.c.start.Stderr == nil {
		w.check(regexp.MustCompile(`(?is)`+pattern).MatchString(text), message, "the message has no /%s/: %q", pattern, text)
		w.check(!source.MatchString(text), message, "the message shows a source file: %q", text)
		w.check(strings.HasSuffix(text, "\n"), message, "the message is not a line: %q", text)
	}
	if w.c.why != "" && (w.helper == *ours || w.helper == *plain) {
		w.check(a.why == w.c.why, reason, "the record has id=%q, not %q", a.why, w.c.why)
	}
	w.nothingLeft(before, after)
}

// nothingLeft: a refusal or failure leaves no interface and no row.
func (w *world) nothingLeft(before, after seen) {
	w.check(slices.Equal(names(before.host), names(after.host)), left,
		"interfaces of the machine: %v, before: %v", names(after.host), names(before.host))
	for name := range after.inner {
		w.check(slices.Equal(names(before.inner[name]), names(after.inner[name])), left,
			"interfaces of %s: %v, before: %v", name, names(after.inner[name]), names(before.inner[name]))
	}
	for _, row := range after.rows {
		w.check(slices.Contains(before.rows, row), left, "new row %q", row)
	}
}

// nothingLost: whatever the call was, the row of an interface that lives stays.
func (w *world) nothingLost(before, after seen) {
	for _, row := range before.rows {
		if _, lives := after.host[column(row, 4)]; lives {
			w.check(slices.ContainsFunc(after.rows, sameNic(row)), rows,
				"the row %q is lost, its interface lives: %q", row, after.rows)
		}
	}
}

// sameNic compares the first four columns.
func sameNic(row string) func(string) bool {
	return func(other string) bool {
		for n := range 4 {
			if column(row, n+1) != column(other, n+1) {
				return false
			}
		}
		return true
	}
}

var line = regexp.MustCompile(`^([^:\n]+):([0-9]+):([^:\n]+):([0-9]+)\n$`)

// granted: one write of the documented form, nothing on stderr, a veth pair with its ends where they belong, one row.
func (w *world) granted(u user, a answer, want nic, before, after seen) {
	want.fillIn(u)
	w.check(len(a.stderr) == 0, stderr, "said on success: %q", a.stderr)
	if w.c.start.Stdout != nil {
		return
	}
	found := line.FindStringSubmatch(strings.Join(a.stdout, ""))
	if len(a.stdout) != 1 || found == nil {
		w.fault(stdout, "%d writes: %q", len(a.stdout), a.stdout)
		return
	}
	w.nic = found[3]
	w.check(found[1] == want.name, stdout, "the interface is named %s, not %s", found[1], want.name)
	host, there := after.host[found[3]]
	w.check(there && fmt.Sprint(host.Index) == found[4], links, "%s with index %s is not on the machine", found[3], found[4])
	_, old := before.host[found[3]]
	w.check(!old, links, "%s was there before", found[3])
	w.hostEnd(host, want)
	w.innerEnd(want, host, found[2], after)
	row := fmt.Sprintf("%s veth %s %s", want.owner, want.bridge, host.Name)
	w.check(count(after.rows, sameNic(row)) == 1, rows, "the row %q is not there once: %q", row, after.rows)
}

func (n *nic) fillIn(u user) {
	for _, field := range []struct {
		value *string
		usual string
	}{{&n.name, "eth0"}, {&n.bridge, "br0"}, {&n.owner, u.name}} {
		if *field.value == "" {
			*field.value = field.usual
		}
	}
	if n.mtu == 0 {
		n.mtu = 1500
	}
}

func (w *world) hostEnd(host link, want nic) {
	master := want.bridge
	if master == "none" {
		master = ""
	}
	w.check(host.Info.Kind == "veth", links, "the host end is a %q", host.Info.Kind)
	w.check(host.Master == master || strings.HasPrefix(master, "ovs"), links, "the bridge is %q, not %q", host.Master, master)
	w.check(host.up(), links, "the host end is down")
	w.check(host.MTU == want.mtu, links, "the host end has MTU %d, not %d", host.MTU, want.mtu)
	w.check(strings.HasPrefix(host.Address, "fe:"), links, "the host end's address is %s", host.Address)
}

// innerEnd looks for the container's end in the targets: the other end of the pair, under the name and index printed.
func (w *world) innerEnd(want nic, host link, index string, after seen) {
	var in []string
	for name, all := range after.inner {
		end, there := all[want.name]
		if !there || fmt.Sprint(end.Index) != index || end.Other != host.Index || host.Other != end.Index {
			continue
		}
		in = append(in, name)
		w.check(end.Info.Kind == "veth", links, "the container's end is a %q", end.Info.Kind)
		w.check(end.MTU == want.mtu, links, "the container's end has MTU %d, not %d", end.MTU, want.mtu)
		w.check(len(end.Address) > 1 && strings.Contains("26ae", end.Address[1:2]), links,
			"the container's address %s is not a locally administered one", end.Address)
	}
	w.check(len(in) > 0, links, "%s with index %s is in no target", want.name, index)
}

func count(rows []string, is func(string) bool) int {
	n := 0
	for _, row := range rows {
		if is(row) {
			n++
		}
	}
	return n
}

// create and remove are the usual calls of a script, judged as in the table.
func (w *world) create(u user, args string, want nic) answer {
	return w.expect(u, strings.Split("create /dev/null c1 "+args, " "), &want, "")
}

func (w *world) createRefused(u user, args, pattern string) answer {
	return w.expect(u, strings.Split("create /dev/null c1 "+args, " "), nil, pattern)
}

// remove calls delete and checks that the interface and its row are gone.
func (w *world) remove(u user, args string) answer {
	name := w.nic
	a := w.expect(u, strings.Split("delete /dev/null c1 "+args, " "), nil, "")
	if a.status != 0 {
		return a
	}
	after := w.look()
	_, there := after.host[name]
	w.check(!there, links, "%s is still there", name)
	w.check(!slices.ContainsFunc(after.rows, func(row string) bool { return column(row, 4) == name }), rows,
		"the row of %s is still there: %q", name, after.rows)
	return a
}

func (w *world) removeRefused(u user, args, pattern string) answer {
	return w.expect(u, strings.Split("delete /dev/null c1 "+args, " "), nil, pattern)
}
