//go:build system

package nics

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// namespaceCases: the network namespace named by a path or a descriptor.
func namespaceCases() []testCase {
	form := "create also takes a path of a network namespace, and fd:N"
	own := "prove that the caller owns it, and that it is not the host's own"
	create := func(ns string) string { return "create /dev/null c1 " + ns + " veth br0 eth0" }
	out := []testCase{
		{id: "namespace/proc", differs: "N02 exit", from: form, args: create("{ns}"), grant: &nic{}},
		{id: "namespace/proc-fd", differs: "N02 exit", from: form, before: holdDescriptor, args: create("{procfd}"), grant: &nic{}},
		{id: "namespace/bind-mount", differs: "N02 exit", from: form, before: bindMount("bound", 0o755, "{ns}"), args: create("{bound}"), grant: &nic{}},
		{id: "namespace/fd", differs: "N02 exit", from: form, before: inherit("{ns}"), args: create("fd:3"), grant: &nic{}},
		{id: "namespace/fd-without-process", differs: "N02 stdout", from: form, before: orphan, args: create("fd:3"), then: func(w *world) {
			w.check(strings.HasPrefix(strings.Join(w.told.stdout, ""), "eth0:"), stdout, "%q", w.told.stdout)
		}},
		{id: "namespace/fd-of-the-machine", differs: "N01 message", from: own, before: inherit("/proc/self/ns/net"), args: create("fd:3"), refuse: "namespace"},
		{id: "namespace/fd-of-bob", differs: "N01 message", from: own + "; CVE-2017-5985", before: inherit("{ns:bob}"), args: create("fd:3"), refuse: "namespace"},
		{id: "namespace/fd-of-user-namespace", differs: "N01 message", from: form, before: inherit("/proc/{pid}/ns/user"), args: create("fd:3"), refuse: "namespace"},
		{id: "namespace/fd-of-a-file", differs: "N01 message", from: form, before: inherit("/etc/passwd"), args: create("fd:3"), refuse: "namespace"},
		{id: "namespace/fd-of-a-folder", from: form, before: inherit("/proc/{pid}"), args: create("fd:3"), then: consistentAfter},
		{id: "namespace/fd-of-the-runtime", differs: "N01 message", from: "fd:3 may name the runtime's own file if the caller passes none: refuse those", then: func(w *world) {
			for n := 3; n < 10; n++ {
				w.expect(alice, words("create /dev/null c1 fd:%d veth br0 eth0", n), nil, "namespace|descriptor|fd:")
			}
		}},
		{id: "namespace/own", differs: "N01 message", from: own, args: create("/proc/self/ns/net"), refuse: "namespace", why: "namespace-of-host"},
		{id: "namespace/own-thread", differs: "N01 message", from: own, args: create("/proc/thread-self/ns/net"), refuse: "namespace"},
		{id: "namespace/pid-1", differs: "N01 message", from: own, args: create("/proc/1/ns/net"), refuse: "namespace"},
		{id: "namespace/bind-mount-of-the-machine", differs: "N01 message", from: own, before: bindMount("bound", 0o755, "/proc/self/ns/net"), args: create("{bound}"), refuse: "namespace"},
		{id: "namespace/bob", differs: "N01 message", from: own + "; CVE-2017-5985", args: create("{ns:bob}"), refuse: "namespace"},
		{id: "namespace/bind-mount-of-bob", differs: "N01 message", from: own + "; CVE-2017-5985", before: bindMount("bound", 0o755, "{ns:bob}"), args: create("{bound}"), refuse: "namespace", why: "namespace-not-owned"},
		{id: "namespace/user-namespace", differs: "N01 message", from: form, args: create("/proc/{pid}/ns/user"), refuse: "namespace"},
		{id: "namespace/mount-namespace", differs: "N01 message", from: form, args: create("/proc/{pid}/ns/mnt"), refuse: "namespace"},
		{id: "namespace/file", differs: "N01 message", from: form, args: create("/etc/passwd"), refuse: "namespace", why: "not-a-network-namespace"},
		{id: "namespace/folder", differs: "N01 message", from: form, args: create("/etc"), refuse: "namespace"},
		{id: "namespace/device", differs: "N01 message", from: form, args: create("/dev/null"), refuse: "namespace"},
		{id: "namespace/fifo", differs: "N01 message", from: "nobody is held hostage (opening a pipe that nobody writes to hangs)", before: fifo, args: create("{fifo}"), refuse: "namespace"},
		{id: "namespace/missing", differs: "N01 message", from: form, args: create("/no/such/file"), refuse: "namespace", why: "namespace-unreachable"},
		{id: "namespace/long", differs: "N01 message", from: form, args: create("/" + strings.Repeat("x/", 3000)), refuse: "namespace"},
		{id: "namespace/create-hides-paths", differs: "N01 message", from: "the answer never tells whether a path exists; CVE-2022-47952", before: hidden, then: samePathAnswers("create", "{hidden}/there", "{hidden}/missing")},
		{id: "namespace/delete-hides-paths", differs: "N20 message", from: "CVE-2022-47952: the answers for a missing and for a forbidden path differed", before: hidden, then: samePathAnswers("delete", "{hidden}/there", "{hidden}/missing")},
		{id: "namespace/delete-hides-files", differs: "N20 message", from: "CVE-2018-6556: files were opened with the rights of root", before: hidden, then: samePathAnswers("delete", "{hidden}/file", "{hidden}/missing")},
		{id: "namespace/delete-hides-folders", differs: "N01 message", from: "CVE-2018-6556: files were opened with the rights of root", before: hidden, then: samePathAnswers("delete", "{hidden}/file/deeper", "{hidden}/folder/missing")},
		{id: "namespace/delete-opens-as-caller", differs: "N01 message", from: "CVE-2018-6556: opening as root has effects (a tape rewinds, a pipe wakes up)", before: hidden, then: func(w *world) {
			w.removeRefused(alice, "{hidden}/pipe veth br0 veth1001_AbCd", ".")
		}},
	}
	for label, text := range sorted(map[string]string{
		"nothing": "fd:", "text": "fd:x", "negative": "fd:-1", "tail": "fd:3x", "not-open": "fd:77", "huge": "fd:99999999999999999999", "wraps": "fd:4294967299", "blank": "fd: 3", "plus": "fd:+3",
	}) {
		argv := []string{"create", "/dev/null", "c1", text, "veth", "br0", "eth0"}
		out = append(out, testCase{id: "namespace/fd-bad-" + label, differs: "N01 message", from: form, before: inherit("{ns}"), argv: argv, refuse: "."})
	}
	return out
}

// holdDescriptor: another process of alice's holds the namespace open, as liblxc does for delete.
func holdDescriptor(w *world) {
	holder := w.holdAs("holder", alice, "sh", "-c", w.fill("exec cat 7<{ns}"))
	w.values["procfd"] = fmt.Sprintf("/proc/%d/fd/7", holder.PID)
}

// inherit passes a file to the program as descriptor 3.
func inherit(path string) func(*world) {
	return func(w *world) {
		file, err := os.Open(w.fill(path))
		w.must(err)
		w.files = append(w.files, file)
	}
}

// orphan passes a namespace in which no process is any more.
func orphan(w *world) {
	holder := w.holdAs("dead", alice, "unshare", "-Urn", "cat")
	inherit(fmt.Sprintf("/proc/%d/ns/net", holder.PID))(w)
	holder.Release()
	delete(w.held, "dead")
}

// bindMount pins a namespace to a file in a directory with the given mode.
func bindMount(key string, mode os.FileMode, source string) func(*world) {
	return func(w *world) {
		folder := w.directory(mode)
		w.values[key] = filepath.Join(folder, "net")
		w.sh("touch {" + key + "}; mount --bind " + source + " {" + key + "}")
		w.undo = append(w.undo, func() { w.sh("umount {" + key + "}") })
	}
}

// directory makes a directory of root's that goes with the case.
func (w *world) directory(mode os.FileMode) string {
	folder, err := os.MkdirTemp("/run", "nics.")
	w.must(err)
	w.must(os.Chmod(folder, mode))
	w.undo = append(w.undo, func() { w.must(os.RemoveAll(folder)) })
	return folder
}

func fifo(w *world) {
	w.values["fifo"] = filepath.Join(w.directory(0o755), "pipe")
	w.sh("mkfifo -m 666 {fifo}")
}

// hidden is a directory that only root can look into, with a namespace of alice's and other things in it.
func hidden(w *world) {
	bindMount("there", 0o700, "{ns}")(w)
	w.values["hidden"] = filepath.Dir(w.values["there"])
	w.sh("ln -s net {hidden}/there; touch {hidden}/file; mkdir {hidden}/folder; mkfifo {hidden}/pipe")
}

// samePathAnswers: two paths that alice may not look at get the same answer.
func samePathAnswers(command, first, second string) func(*world) {
	return func(w *world) {
		var texts []string
		for _, path := range []string{first, second} {
			tail := " veth br0 eth0"
			if command == "delete" {
				tail = " veth br0 veth1001_AbCd"
			}
			a := w.expect(alice, strings.Split(command+" /dev/null c1 "+path+tail, " "), nil, ".")
			texts = append(texts, strings.ReplaceAll(a.text(), w.fill(path), "PATH"))
		}
		w.check(texts[0] == texts[1], message, "the answer tells whether a path exists: %q, %q", texts[0], texts[1])
	}
}

// consistentAfter: granted with an interface and its row, or refused with neither; never anything between.
func consistentAfter(w *world) {
	after := w.look()
	made := 0
	for name := range after.host {
		if strings.HasPrefix(name, "veth") {
			made++
		}
	}
	want := 0
	if w.told.status == 0 {
		want = 1
	}
	w.check(made == want, left, "exit status %d and %d interfaces", w.told.status, made)
	w.check(len(after.rows) == want, left, "exit status %d and the rows %q", w.told.status, after.rows)
}
