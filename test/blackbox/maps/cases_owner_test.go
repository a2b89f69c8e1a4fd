//go:build system

package maps

import (
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// ownerCases are about who may act on what, and as whom.
func ownerCases() []check {
	return append(append(append(nameCases(), ownIDCases()...), loginDefsCases()...), accountCases()...)
}

// More people, for cases about names.
const (
	twins   = "twin:x:1010:2010::/:/bin/sh\ntwain:x:1010:2010::/:/bin/sh\n"
	apart   = "twin:x:1010:2010::/:/bin/sh\ntwain:x:1010:2011::/:/bin/sh\n"
	numeric = "1002:x:1005:2005::/:/bin/sh\n" // a name that looks like bob's uid
)

var (
	twin       = harness.Owner{UID: 1010, GID: 2010}
	bobsNumber = harness.Owner{UID: 1005, GID: 2005}
)

func nameCases() []check {
	denied := func(name, grants string) check {
		return check{name: name, grants: grants, args: granted, status: 1, first: "{tool}: {kind} range [0-10) -> [100000-100010) not allowed"}
	}
	as := func(c check, users string, who harness.Owner) check {
		c.users, c.as = users, &who
		return c
	}
	allowed := func(name, grants string) check {
		return check{name: name, grants: grants, args: granted, mapped: oneMapped}
	}
	return []check{
		allowed("name: by uid", "1001:100000:10\n"),
		denied("name: by gid is nobody", "2001:100000:10\n"),
		denied("name: another user's line", "bob:100000:10\n"),
		denied("name: another user's uid", "1002:100000:10\n"),
		denied("name: in capitals", "Alice:100000:10\n"),
		denied("name: a prefix", "alic:100000:10\n"),
		denied("name: a longer name", "alicex:100000:10\n"),
		denied("name: a pattern", "*:100000:10\nali*:100000:10\n"),
		denied("name: a group", "@alice:100000:10\n%alice:100000:10\n"),
		denied("name: empty", ":100000:10\n"),
		denied("name: a blank before", " alice:100000:10\n"),
		denied("name: a blank behind", "alice :100000:10\n"),
		other(denied("name: uid with a zero", "01001:100000:10\n"), "M46"),
		other(denied("name: uid with a plus", "a:0:0\n +1001:100000:10\n"), "M46"),
		denied("name: uid in hexadecimal", "0x3e9:100000:10\n"),
		denied("name: uid with 2^32 added", "4294968297:100000:10\n"),
		as(allowed("shared uid: the first name", "twin:100000:10\n"), twins, twin),
		as(allowed("shared uid: the second name (CVE-2016-6251)", "twain:100000:10\n"), twins, twin),
		as(allowed("shared uid: one half each", "twin:100000:5\ntwain:100005:5\n"), twins, twin),
		as(allowed("shared uid: name, name and uid", "twin:100000:3\n1010:100006:4\ntwain:100003:3\n"), twins, twin),
		as(denied("shared uid: neither name", "alice:100000:10\n"), twins, twin),
		other(as(denied("numeric name: another's uid", "1002:100000:10\n"), numeric, bobsNumber), "M23"),
		other(as(allowed("numeric name: by uid", "1005:100000:10\n"), numeric, bobsNumber), "M49"),
		as(allowed("numeric name: the uid's owner", "1002:100000:10\n"), numeric, bob),
		as(denied("numeric name: the other's uid", "1005:100000:10\n"), numeric, bob),
		as(allowed("numeric name: of its own uid", "1006:100000:10\n"), "1006:x:1006:2006::/:/bin/sh\n", harness.Owner{UID: 1006, GID: 2006}),
		other(as(denied("numeric name: with a zero", "01001:100000:10\n"), "01001:x:1006:2006::/:/bin/sh\n", harness.Owner{UID: 1006, GID: 2006}), "M23"),
		as(denied("numeric name: two lines, another's uid and nobody's", "1002:100000:5\n1003:100005:5\n"), numeric, bobsNumber),
		denied("name: a group's name", "aux:100000:10\n"),
		as(allowed("name with a backslash", "DOM\\carol:100000:10\n"), "DOM\\carol:x:1006:2006::/:/bin/sh\n", harness.Owner{UID: 1006, GID: 2006}),
		as(allowed("name with a blank", "dave smith:100000:10\n"), "dave smith:x:1007:2007::/:/bin/sh\n", harness.Owner{UID: 1007, GID: 2007}),
		as(allowed("name in UTF-8", "zoë:100000:10\n"), "zoë:x:1008:2008::/:/bin/sh\n", harness.Owner{UID: 1008, GID: 2008}),
		as(allowed("name with a dollar and dots", "w.x-y_z$:100000:10\n"), "w.x-y_z$:x:1008:2008::/:/bin/sh\n", harness.Owner{UID: 1008, GID: 2008}),
		other(as(allowed("shared uid: the group of the second name", "twin:100000:10\n"), apart, harness.Owner{UID: 1010, GID: 2011}), "M31"),
		as(denied("root is not exempt", "alice:100000:10\n"), "", root),
		as(allowed("root by its line", "root:100000:10\n"), "", root),
		as(allowed("root by uid 0", "0:100000:10\n"), "", root),
		as(allowed("uid 65534, nobody", "nobody:100000:10\n"), "nobody:x:65534:65534::/:/bin/sh\n", harness.Owner{UID: 65534, GID: 65534}),
		as(allowed("uid 4294967294", "high:100000:10\n"), "high:x:4294967294:4294967294::/:/bin/sh\n", harness.Owner{UID: 4294967294, GID: 4294967294}),
	}
}

func ownIDCases() []check {
	own := []string{"{pid}", "0", "{own}", "1"}
	both := func(c check) []check { // newgidmap forbids setgroups where no range of subgid is used
		uid, gid := c, c
		uid.tool, gid.tool, gid.groups = "newuidmap", "newgidmap", "deny"
		return []check{uid, gid}
	}
	nothing := map[string]harness.File{"/etc/subuid": {Absent: true}, "/etc/subgid": {Absent: true}}
	untrusted := map[string]harness.File{"/etc/subuid": {UID: 1001}, "/etc/subgid": {UID: 1001}}
	var out []check
	for _, c := range []check{
		{name: "own id: at 0", grants: "bob:1:1\n", args: own, mapped: "0 {own} 1"},
		{name: "own id: at itself", grants: "bob:1:1\n", args: []string{"{pid}", "{own}", "{own}", "1"}, mapped: "{own} {own} 1"},
		{name: "own id: at the greatest id", args: []string{"{pid}", "4294967294", "{own}", "1"}, mapped: "4294967294 {own} 1"},
		{name: "own id: no file", files: nothing, args: own, mapped: "0 {own} 1", differs: "M16"},
		{name: "own id: a file that is not trusted", files: untrusted, args: own, mapped: "0 {own} 1"},
		{name: "own id: root's", as: &root, args: own, mapped: "0 0 1"},
		{name: "own id: in hexadecimal count", args: []string{"{pid}", "0", "{own}", "0x1"}, mapped: "0 {own} 1"},
		{name: "own id: file capability", install: "filecap", args: own, mapped: "0 {own} 1"},
		{name: "own id: no privilege at all", install: "plain", args: own, mapped: "0 {own} 1"},
	} {
		out = append(out, both(c)...)
	}
	out = append(out, both(check{
		name: "own id: no_new_privs", args: own, mapped: "0 {own} 1", tune: func(_ *world, start *harness.Start) { start.NoNewPrivs = true },
	})...)
	out = append(out, both(check{
		name: "own id: the capability is not in the bounding set", args: own, mapped: "0 {own} 1", tune: dropping(unix.CAP_SETUID, unix.CAP_SETGID), differs: "M27",
	})...)
	refused := func(name string, lower, count string) check {
		return check{name: "own id: " + name, args: []string{"{pid}", "0", lower, count}, status: 1}
	}
	two, foreign := refused("and the next", "{own}", "2"), refused("of the other kind", "1001", "1")
	two.tool, two.first = "newuidmap", "newuidmap: uid range [0-2) -> [1001-1003) not allowed"
	foreign.tool, foreign.first = "newgidmap", "newgidmap: gid range [0-1) -> [1001-1002) not allowed"
	group := refused("of the other kind", "2001", "1")
	group.tool, group.first = "newuidmap", "newuidmap: uid range [0-1) -> [2001-2002) not allowed"
	supplementary := refused("a supplementary group", "2100", "1")
	supplementary.tool, supplementary.first = "newgidmap", "newgidmap: gid range [0-1) -> [2100-2101) not allowed"
	supplementary.as = &harness.Owner{UID: 1001, GID: 2001, Groups: []uint32{2100}}
	return append(out, two, foreign, group, supplementary)
}

// loginDefsCases are about the keys of /etc/login.defs.
func loginDefsCases() []check {
	aux := harness.Owner{UID: 1001, GID: 2100, Groups: []uint32{2100}}
	defs := func(text string) map[string]harness.File {
		return map[string]harness.File{"/etc/login.defs": {Text: text}}
	}
	var out []check
	for what, text := range pairs(map[string]string{
		"yes": "GRANT_AUX_GROUP_SUBIDS yes\n", "YES": "GRANT_AUX_GROUP_SUBIDS YES\n", "quoted": "GRANT_AUX_GROUP_SUBIDS \"yes\"\n",
		"indented by tabs": "\tGRANT_AUX_GROUP_SUBIDS\t\tyes\n", "no last newline": "GRANT_AUX_GROUP_SUBIDS yes", "blanks behind": "GRANT_AUX_GROUP_SUBIDS yes  \n",
		"among others": "# comment\n\nUMASK 022\nGRANT_AUX_GROUP_SUBIDS yes\nUID_MIN 1000\n", "last of two": "GRANT_AUX_GROUP_SUBIDS no\nGRANT_AUX_GROUP_SUBIDS yes\n",
	}) {
		out = append(out, check{name: "GRANT_AUX_GROUP_SUBIDS: " + what, as: &aux, files: defs(text), args: granted, mapped: oneMapped})
	}
	for what, text := range pairs(map[string]string{
		"absent": "", "no": "GRANT_AUX_GROUP_SUBIDS no\n", "a comment": "#GRANT_AUX_GROUP_SUBIDS yes\n", "1": "GRANT_AUX_GROUP_SUBIDS 1\n",
		"true": "GRANT_AUX_GROUP_SUBIDS true\n", "small letters": "grant_aux_group_subids yes\n", "no value": "GRANT_AUX_GROUP_SUBIDS\n",
		"a longer key": "GRANT_AUX_GROUP_SUBIDS_ yes\n", "in another value": "FAKE_SHELL GRANT_AUX_GROUP_SUBIDS yes\n", "last of two is no": "GRANT_AUX_GROUP_SUBIDS yes\nGRANT_AUX_GROUP_SUBIDS no\n",
	}) {
		c := check{
			name: "GRANT_AUX_GROUP_SUBIDS: not " + what, as: &aux, files: defs(text), args: granted, status: 1, differs: "M03",
			first: notOwned + "uid:1001 pw_uid:1001 st_uid:1001, gid:2100 pw_gid:2001 st_gid:2100", second: "GRANT_AUX_GROUP_SUBIDS",
		}
		if what == "small letters" || what == "a longer key" {
			c.differs = "M17" // the warning comes first
		}
		out = append(out, c)
	}
	out = append(out, check{
		name: "GRANT_AUX_GROUP_SUBIDS: in a file that a user owns", why: "login-defs-unreadable", as: &aux, args: granted, status: 1, differs: "M30",
		first: "{tool}: cannot open /etc/login.defs: Operation not permitted", second: "(?i)own",
		files: map[string]harness.File{"/etc/login.defs": {Text: "GRANT_AUX_GROUP_SUBIDS yes\n", UID: 1001}},
	})
	yes := defs("GRANT_AUX_GROUP_SUBIDS yes\n")
	out = append(
		out,
		check{
			name: "GRANT_AUX_GROUP_SUBIDS: the target has the login's group", as: &aux, files: yes, target: ownedBy(alice), args: granted, status: 1, differs: "M03",
			first: notOwned + "uid:1001 pw_uid:1001 st_uid:1001, gid:2100 pw_gid:2001 st_gid:2001",
		},
		check{
			name: "GRANT_AUX_GROUP_SUBIDS: the target is another user's with the same group", as: &aux, files: yes, args: granted, status: 1, differs: "M03",
			target: ownedBy(harness.Owner{UID: 1002, GID: 2100}),
			first:  notOwned + "uid:1001 pw_uid:1001 st_uid:1002, gid:2100 pw_gid:2001 st_gid:2100",
		},
		check{
			name: "GRANT_AUX_GROUP_SUBIDS: own gid is the real one", tool: "newgidmap", as: &aux, files: yes, args: []string{"{pid}", "0", "2100", "1"},
			mapped: "0 2100 1", groups: "deny",
		},
		check{
			name: "GRANT_AUX_GROUP_SUBIDS: own gid is not the login's", tool: "newgidmap", as: &aux, files: yes, args: []string{"{pid}", "0", "2001", "1"}, status: 1,
			first: "newgidmap: gid range [0-1) -> [2001-2002) not allowed",
		},
		check{name: "login.defs: missing", files: map[string]harness.File{"/etc/login.defs": {Absent: true}}, args: granted, mapped: oneMapped},
		check{name: "login.defs: unknown keys print nothing", files: defs("FROBNICATE yes\nX\n"), args: granted, mapped: oneMapped, differs: "M17"},
		check{name: "login.defs: SUB_{KIND}_COUNT 65536", files: defs("SUB_{KIND}_COUNT 65536\n"), args: granted, mapped: oneMapped},
	)
	return append(out, countCases(defs)...)
}

func countCases(defs func(string) map[string]harness.File) []check {
	var out []check
	for what, zero := range pairs(map[string]string{"0": "0", "00": "00", "0x0": "0x0", "quoted": `"0"`}) {
		out = append(out, check{
			name: "login.defs: SUB_{KIND}_COUNT " + what + ": the file is not used", why: "grants-off", files: defs("SUB_{KIND}_COUNT " + zero + "\n"), args: granted, status: 1,
			first: "{tool}: {kind} range [0-10) -> [100000-100010) not allowed", second: "SUB_{KIND}_COUNT", differs: "M19",
		})
	}
	return append(
		out,
		check{
			name: "login.defs: the other kind's count 0", tool: "newuidmap", files: defs("SUB_GID_COUNT 0\n"), args: granted, mapped: oneMapped,
		},
		check{
			name: "login.defs: the other kind's count 0", tool: "newgidmap", files: defs("SUB_UID_COUNT 0\n"), args: granted, mapped: oneMapped,
		},
		check{
			name: "login.defs: SUB_UID_COUNT 0: own id", tool: "newuidmap", files: defs("SUB_UID_COUNT 0\n"), args: []string{"{pid}", "0", "{own}", "1"},
			mapped: "0 {own} 1",
		},
	)
}

// accountCases are about the shape of /etc/passwd.
func accountCases() []check {
	const line = "alice:x:1001:2001::/:/bin/sh"
	passwd := func(name, text string) check {
		return check{name: "passwd: " + name, args: granted, mapped: oneMapped, files: map[string]harness.File{"/etc/passwd": {Text: text}}}
	}
	trust := func(name string, file harness.File) check {
		file.Text = accounts
		return check{
			name: "passwd: " + name, why: "account-unknown", args: granted, files: map[string]harness.File{"/etc/passwd": file}, status: 1, differs: "M30",
			first: "{tool}: Cannot determine your user name.", second: "/etc/passwd",
		}
	}
	return []check{
		passwd("no newline at the end", line),
		passwd("garbage before", "\n#\n::::\nx\n\x00\n"+line+"\n"),
		passwd("NIS lines", "+::::::\n-bob\n+@admins\n"+line+"\n+\n"),
		passwd("another line of the name later", line+"\nalice:x:1003:2003::/:/bin/sh\n"),
		passwd("empty fields", "alice::1001:2001:::\n"),
		passwd("a long comment", "alice:x:1001:2001:"+strings.Repeat("A", 900)+":/:/bin/sh\n"),
		{
			name: "passwd: writable by root's group", args: granted, mapped: oneMapped,
			files: map[string]harness.File{"/etc/passwd": {Text: accounts, Mode: 0o664}},
		},
		trust("owned by a user", harness.File{UID: 1001}),
		trust("writable by its group", harness.File{Mode: 0o664, GID: 2001}),
	}
}
