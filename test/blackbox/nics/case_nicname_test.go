//go:build system

package nics

import "userns-helpers/test/blackbox/harness"

var nameless = harness.Start{NoArgv: true}

// nicNameCases: the name of the container's end.
func nicNameCases() []testCase {
	from := "container nic name"
	create := "create /dev/null c1 {pid} veth br0 "
	dummy := func(w *world) { w.sh("nsenter --net={ns} ip link add eth0 type veth peer name other0") }
	out := []testCase{
		{id: "nicname/default", from: from, args: "create /dev/null c1 {pid} veth br0", grant: &nic{name: "eth0"}},
		{id: "nicname/default-next", from: "the kernel picks the first free", before: dummy, args: "create /dev/null c1 {pid} veth br0", grant: &nic{name: "eth1"}},
		{id: "nicname/empty", differs: "N07 links, N07 stdout", from: from + " (an empty one is none)", argv: []string{"create", "/dev/null", "c1", "{pid}", "veth", "br0", ""}, grant: &nic{}},
		{id: "nicname/pattern", from: from, args: create + "eth%d", grant: &nic{name: "eth0"}},
		{id: "nicname/pattern-next", from: from, before: dummy, args: create + "eth%d", grant: &nic{name: "eth1"}},
		{id: "nicname/given", from: from, args: create + "lan0", grant: &nic{name: "lan0"}},
		{id: "nicname/one-byte", differs: "N06 exit", from: from, args: create + "x", grant: &nic{name: "x"}},
		{id: "nicname/15-bytes", from: "at most 15 bytes", args: create + "abcdefghijklmno", grant: &nic{name: "abcdefghijklmno"}},
		{id: "nicname/taken", differs: "N01 message, N05 left", from: "name taken", before: dummy, args: create + "eth0", refuse: "eth0.*(taken|exist|in use|already)"},
		{id: "nicname/taken-on-the-machine", from: "no create-then-rename: what the machine has does not matter", before: func(w *world) { w.plug("vethout", "none") }, args: create + "vethout", grant: &nic{name: "vethout"}},
	}
	for label, name := range sorted(map[string]string{
		"16-bytes": "abcdefghijklmnop", "long": "abcdefghijklmnopqrstuvwxyz0123456789", "slash": "a/b", "blank": "a b", "tab": "a\tb",
		"newline": "a\nb", "percent-s": "eth%s", "percent-n": "%n%n%n", "two-patterns": "eth%d%d", "percent": "eth%",
		"dot": ".", "dot-dot": "..", "colon": "eth0:1",
	}) {
		argv := []string{"create", "/dev/null", "c1", "{pid}", "veth", "br0", name}
		out = append(out, testCase{id: "nicname/bad-" + label, differs: "N01 message, N05 left", from: from, argv: argv, refuse: "name"})
	}
	return out
}
