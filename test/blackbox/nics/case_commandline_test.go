//go:build system

package nics

import "strings"

const demandsCommandLine = "the command line"

// commandLineCases: which words, how many, which types.
func commandLineCases() []testCase {
	from := demandsCommandLine
	macvlan := "alice macvlan br0 5\nalice vlan br0 5\nalice phys br0 5\n"
	long := strings.Repeat("x", 50_000)
	return []testCase{
		{id: "command/create", from: from, args: "create /dev/null c1 {pid} veth br0 eth0", grant: &nic{}},
		{id: "command/none", from: "a veth without a bridge", args: "create /dev/null c1 {pid} veth none eth0", grant: &nic{bridge: "none"}},
		{id: "command/no-words", from: from, argv: []string{}, refuse: "usage"},
		{id: "command/argc-0", from: "argc 0", start: nameless, refuse: "usage"},
		{id: "command/unknown", from: from, args: "destroy /dev/null c1 {pid} veth br0 eth0", refuse: "usage", why: "bad-command-line"},
		{id: "command/create-alone", from: from, args: "create", refuse: "usage"},
		{id: "command/create-short", from: from, args: "create /dev/null c1 {pid} veth", refuse: "usage"},
		{id: "command/create-long", from: from, args: "create /dev/null c1 {pid} veth br0 eth0 more", refuse: "usage"},
		{id: "command/delete-short", differs: "N01 message", from: from, args: "delete /dev/null c1 {ns} veth br0", refuse: "usage"},
		{id: "command/delete-long", from: from, args: "delete /dev/null c1 {ns} veth br0 veth1001_AbCd more", refuse: "usage"},
		{id: "command/type-macvlan", differs: "N04 exit", from: "any other type is refused, whatever the file says", usernet: macvlan, args: "create /dev/null c1 {pid} macvlan br0 eth0", refuse: "type|macvlan"},
		{id: "command/type-vlan", differs: "N04 exit", from: "any other type is refused, whatever the file says", usernet: macvlan, args: "create /dev/null c1 {pid} vlan br0 eth0", refuse: "type|vlan"},
		{id: "command/type-phys", differs: "N04 exit", from: "any other type is refused, whatever the file says", usernet: macvlan, args: "create /dev/null c1 {pid} phys br0 eth0", refuse: "type|phys"},
		{id: "command/type-empty", differs: "N01 message", from: "type: veth", args: "create /dev/null c1 {pid}  br0 eth0", refuse: "type"},
		{id: "command/type-capitals", differs: "N04 exit", from: "type: veth", usernet: "alice VETH br0 5\n", args: "create /dev/null c1 {pid} VETH br0 eth0", refuse: "type|VETH"},
		{id: "command/delete-type", differs: "N01 message", from: "type: veth", usernet: macvlan, args: "delete /dev/null c1 {ns} macvlan br0 veth1001_AbCd", refuse: "type|macvlan"},
		{id: "command/no-such-lxcpath", from: "lxcpath and name are not used", args: "create /no/such/folder c1 {pid} veth br0 eth0", grant: &nic{}},
		{id: "command/long-lxcpath-and-name", from: "lxcpath and name are not used", argv: []string{"create", long, long, "{pid}", "veth", "br0", "eth0"}, grant: &nic{}},
		{id: "command/odd-name", from: "lxcpath and name are not used", argv: []string{"create", "", "a/b c\n\x1b[2J%s\xff", "{pid}", "veth", "br0", "eth0"}, grant: &nic{}},
		{id: "command/empty-name", from: "lxcpath and name are not used", argv: []string{"create", "", "", "{pid}", "veth", "br0", "eth0"}, grant: &nic{}},
		{id: "command/as-rootlesskit", from: "rootlesskit; the nic must carry exactly that name", args: "create /dev/null dummy {pid} veth br0 tap0", grant: &nic{name: "tap0"}},
		{id: "command/as-liblxc", from: "liblxc, create", args: "create /home/alice/.local/share/lxc c1 {pid} veth br0", grant: &nic{}},
	}
}
