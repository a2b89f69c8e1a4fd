package hostcheck

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/usernsctl/finding"
)

// fake is a host that a test makes.
type fake struct {
	runIs      int64 // the file system of /run
	folder     string
	distrusted map[string]trusted.Fault // path: what is wrong
	closed     map[string]bool          // paths that may not be read
	devices    map[string]string        // kinds of interfaces
}

// clean is a host on which nothing is wrong, as far as it is read through open: no program is installed.
func clean(t testing.TB) *fake {
	f := &fake{runIs: unix.TMPFS_MAGIC, folder: t.TempDir(), distrusted: map[string]trusted.Fault{}, closed: map[string]bool{}, devices: map[string]string{"lxcbr0": "bridge"}}
	f.write(t, "/etc/passwd", "root:x:0:0:::\nnobody:x:65534:65534:::\nalice:x:1000:1000:::\nbob:x:1001:1001:::\nLAB\\carol smith:x:1002:1002:::\n")
	f.write(t, "/etc/group", "root:x:0:\nnogroup:x:65534:\nalice:x:1000:\nbob:x:1001:\ncarol:x:1002:\nstudents:x:2000:alice,bob\n")
	f.write(t, "/etc/subuid", "alice:100000:65536\nbob:165536:65536\nLAB\\carol smith:231072:65536\n# a comment\n\n")
	f.write(t, "/etc/subgid", "alice:100000:65536\nbob:165536:65536\n1002:231072:65536\n")
	f.write(t, "/etc/login.defs", "UID_MAX 60000\nGRANT_AUX_GROUP_SUBIDS no\nSUB_UID_COUNT 65536\n")
	f.write(t, "/etc/lxc/lxc-usernet", "alice veth lxcbr0 10\n@students veth none 2\n")
	f.write(t, "/etc/security/limits.conf", "* hard nproc 5000\n")
	f.write(t, "/proc/sys/user/max_user_namespaces", "31000\n")
	f.write(t, "/proc/sys/net/ipv6/conf/all/accept_ra", "0\n")
	f.write(t, "/proc/sys/net/ipv6/conf/default/accept_ra", "0\n")
	f.write(t, "/run/systemd/system/x", "")
	f.write(t, "/etc/systemd/system/user-.slice.d/memory.conf", "[Slice]\nMemoryMax=4G\n")
	return f
}

// write makes a file.
func (f *fake) write(t testing.TB, path, text string) {
	t.Helper()
	full := filepath.Join(f.folder, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// add appends to a file.
func (f *fake) add(t testing.TB, path, text string) {
	t.Helper()
	before, err := os.ReadFile(filepath.Join(f.folder, path))
	if err != nil {
		t.Fatal(err)
	}
	f.write(t, path, string(before)+text)
}

// host is the fake as a Host.
func (f *fake) host() Host {
	return Host{
		Path: "/usr/bin",
		fileSystem: func(path string) (unix.Statfs_t, error) {
			if path != "/run/lxc/nics" {
				return unix.Statfs_t{}, unix.ENOENT
			}
			return unix.Statfs_t{Type: f.runIs}, nil
		},
		root: f.folder,
		open: func(path string) (io.ReadCloser, error) {
			name := strings.TrimPrefix(path, f.folder)
			if f.closed[name] {
				return nil, unix.EACCES
			}
			file, err := os.Open(path)
			if err != nil {
				return nil, err
			}
			if why := f.distrusted[name]; why != 0 {
				return file, &Distrusted{&trusted.UntrustedError{Path: name, Fault: why, UID: 5}}
			}
			return file, nil
		},
		kind: func(name string) (string, error) {
			kind, exists := f.devices[name]
			if !exists {
				return "", unix.ENODEV
			}
			return kind, nil
		},
	}
}

// look is what Check finds, but for the programs.
func (f *fake) look(t testing.TB) *finding.Report {
	t.Helper()
	report := Check(f.host())
	report.Findings = slices.DeleteFunc(report.Findings, func(x finding.Finding) bool { return strings.HasPrefix(x.ID, "program-") })
	for _, x := range report.Findings {
		if !slices.Contains(finding.IDs(), x.ID) || x.Problem == "" || x.Advice == "" || x.Level == "" {
			t.Errorf("something is missing in %+v", x)
		}
	}
	return report
}

// found are the findings in short: "level id file:line".
func found(report *finding.Report) []string {
	var short []string
	for _, x := range report.Findings {
		short = append(short, fmt.Sprintf("%s %s %s", x.Level, x.ID, x.Where()))
	}
	return short
}

func TestCleanHost(t *testing.T) {
	report := clean(t).look(t)
	if len(report.Findings) > 0 || len(report.Unseen) > 0 {
		t.Errorf("%q, %v", found(report), report.Unseen)
	}
}

// TestFaults: each fault in a clean host is found, in its place, once, and nothing else.
func TestFaults(t *testing.T) {
	add := func(path, text string) func(*testing.T, *fake) {
		return func(t *testing.T, f *fake) { f.add(t, path, text) }
	}
	set := func(path, text string) func(*testing.T, *fake) {
		return func(t *testing.T, f *fake) { f.write(t, path, text) }
	}
	for _, c := range []struct {
		name  string
		plant func(*testing.T, *fake)
		want  string // level, id, place
		says  string // in the problem
	}{
		{"a key for all", set("/var/lib/userns-helpers/mac-key", strings.Repeat("k", 32)), "warning mac-key /var/lib/userns-helpers/mac-key", "only root can read"},
		{"count 0", add("/etc/subuid", "alice:0:0\n"), "error subid-zero /etc/subuid:6", "count is 0"},
		{"no count", add("/etc/subuid", "alice:300000\n"), "warning subid-line /etc/subuid:6", "three fields"},
		{"a comment behind", add("/etc/subgid", "alice:300000:5 # x\n"), "warning subid-line /etc/subgid:4", "a comment follows"},
		{"DOS", add("/etc/subgid", "alice:300000:5\r\n"), "warning subid-line /etc/subgid:4", "carriage return"},
		{"a whole file of DOS", set("/etc/subgid", "alice:100000:65536\r\nbob:165536:65536\r\n# x\r\n1002:231072:65536\r\n"), "warning file-crlf /etc/subgid", "3 of 3 lines"},
		{"a blank", add("/etc/subgid", "alice:300000:5 \n"), "warning subid-line /etc/subgid:4", "blank"},
		{"no number", add("/etc/subgid", "alice:all:5\n"), "warning subid-line /etc/subgid:4", "start is not a number"},
		{"beyond", add("/etc/subuid", "alice:4294967295:2\n"), "warning subid-line /etc/subuid:6", "beyond"},
		{"NIS", add("/etc/subuid", "+\n"), "warning subid-line /etc/subuid:6", "begins with +"},
		{"long", add("/etc/subuid", strings.Repeat("a", 2000)+":1:1\n"), "warning subid-line /etc/subuid:6", "1024"},
		{"very long", add("/etc/subuid", strings.Repeat("a", 200_000)+":1:1\n"), "warning subid-line /etc/subuid:6", "1024"},
		{"NUL", add("/etc/subuid", "alice:3\x0000000:1\n"), "warning subid-line /etc/subuid:6", "NUL"},
		{"zeros in front", add("/etc/subuid", "01000:300000:1\n"), "warning subid-line /etc/subuid:6", "owner"},
		{"no newline", add("/etc/subuid", "alice:300000:1"), "warning file-newline /etc/subuid", "newline"},
		{"octal", add("/etc/subuid", "alice:01200000:1\n"), "warning subid-octal /etc/subuid:6", "grants 327680"},
		{"overlap", add("/etc/subuid", "alice:296600:100\n"), "error subid-overlap /etc/subuid:6", ""},
		{"overlap by uid", add("/etc/subgid", "1000:165000:1000\n"), "error subid-overlap /etc/subgid:2", "alice (line 4)"},
		{"nobody's id", add("/etc/subuid", "alice:65000:1000\n"), "error subid-account /etc/subuid:6", "nobody (65534)"},
		{"a group's id", add("/etc/subgid", "alice:1500:1000\n"), "error subid-account /etc/subgid:4", "students (2000)"},
		{"an unknown user", add("/etc/subuid", "dave:300000:10\n"), "warning subid-owner /etc/subuid:6", `"dave"`},
		{"an unknown uid", add("/etc/subuid", "4711:300000:10\n"), "warning subid-owner /etc/subuid:6", `"4711"`},
		{"digits", add("/etc/passwd", "1234:x:5000:1000:::\n"), "warning account-digits /etc/passwd:6", `"1234"`},
		{"digits in group", add("/etc/group", "77:x:5000:\n"), "warning account-digits /etc/group:7", `"77"`},
		{"few words", add("/etc/lxc/lxc-usernet", "alice veth lxcbr0\n"), "warning usernet-line /etc/lxc/lxc-usernet:3", "four fields"},
		{"negative", add("/etc/lxc/lxc-usernet", "alice veth lxcbr0 -1\n"), "warning usernet-line /etc/lxc/lxc-usernet:3", "not a number"},
		{"no group", add("/etc/lxc/lxc-usernet", "@ veth lxcbr0 1\n"), "warning usernet-line /etc/lxc/lxc-usernet:3", "@"},
		{"number 0", add("/etc/lxc/lxc-usernet", "alice veth lxcbr0 0\n"), "warning usernet-zero /etc/lxc/lxc-usernet:3", "0"},
		{"macvlan", add("/etc/lxc/lxc-usernet", "alice macvlan eth0 1\n"), "warning usernet-type /etc/lxc/lxc-usernet:3", "macvlan"},
		{"an unknown user", add("/etc/lxc/lxc-usernet", "dave veth lxcbr0 1\n"), "warning usernet-owner /etc/lxc/lxc-usernet:3", `user "dave"`},
		{"an unknown group", add("/etc/lxc/lxc-usernet", "@staff veth lxcbr0 1\n"), "warning usernet-owner /etc/lxc/lxc-usernet:3", `group "staff"`},
		{"no bridge", add("/etc/lxc/lxc-usernet", "bob veth br9 1\nbob veth br9 2\n"), "warning usernet-bridge /etc/lxc/lxc-usernet:3", `"br9"`},
		{"a dummy", func(t *testing.T, f *fake) {
			f.devices["d0"] = "dummy"
			f.add(t, "/etc/lxc/lxc-usernet", "bob veth d0 1\n")
		}, "warning usernet-bridge /etc/lxc/lxc-usernet:3", "not a bridge"},
		{"the bridge listens", func(t *testing.T, f *fake) {
			f.write(t, "/proc/sys/net/ipv6/conf/lxcbr0/accept_ra", "1\n")
			f.write(t, "/proc/sys/net/ipv6/conf/lxcbr0/forwarding", "0\n")
		}, "warning kernel-accept-ra /proc/sys/net/ipv6/conf/lxcbr0/accept_ra", "lxcbr0"},
		{"a disk", func(_ *testing.T, f *fake) { f.runIs = unix.XFS_SUPER_MAGIC }, "warning ledger-filesystem /run/lxc/nics", "tmpfs"},
		{"default listens", set("/proc/sys/net/ipv6/conf/default/accept_ra", "1\n"), "note kernel-accept-ra /proc/sys/net/ipv6/conf/default/accept_ra", "default"},
		{"no namespaces", set("/proc/sys/user/max_user_namespaces", "0\n"), "warning kernel-namespaces /proc/sys/user/max_user_namespaces", "0"},
		{"Debian's switch", set("/proc/sys/kernel/unprivileged_userns_clone", "0\n"), "warning kernel-namespaces /proc/sys/kernel/unprivileged_userns_clone", "0"},
		{"AppArmor", set("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n"), "warning kernel-apparmor /proc/sys/kernel/apparmor_restrict_unprivileged_userns", "AppArmor"},
		{"off", set("/etc/login.defs", "SUB_GID_COUNT 0\n"), "warning logindefs-off /etc/login.defs:1", "/etc/subgid"},
		{"a value with a comment", set("/etc/login.defs", "SUB_UID_COUNT 0 # off\n"), "warning logindefs-value /etc/login.defs:1", "0 # off"},
		{"twice", set("/etc/login.defs", "SUB_UID_COUNT 5\nSUB_UID_COUNT 6\n"), "warning logindefs-twice /etc/login.defs:2", "line 1"},
		{"bounds", set("/etc/login.defs", "UID_MAX 600000\n"), "warning logindefs-bounds /etc/login.defs:1", "UID_MAX is 600000"},
		{"no limit", set("/etc/security/limits.conf", "bob soft nproc 5\n* hard nofile 5\n"), "warning limits-processes ", "3 users"},
		{"unlimited", add("/etc/security/limits.conf", "bob - nproc unlimited\n"), "warning limits-processes ", "1 user with granted IDs: bob"},
		{"no memory", set("/etc/systemd/system/user-.slice.d/memory.conf", "[Slice]\nMemoryMax=infinity\n"), "note limits-memory ", "3 users"},
		{"not root's", func(_ *testing.T, f *fake) { f.distrusted["/etc/subuid"] = trusted.OtherOwner }, "error file-trust /etc/subuid", "uid 5"},
		{"of nobody here", func(_ *testing.T, f *fake) { f.distrusted["/etc/subuid"] = trusted.UnmappedOwner }, "warning file-trust /etc/subuid", "does not contain"},
		{"a link", func(t *testing.T, f *fake) { f.link(t, "/etc/subgid", f.folder+"/etc/elsewhere") }, "note file-link /etc/subgid", "symbolic link"},
		{"policy", set("/etc/userns-helpers/policy.toml", "[defaults]\n\nmac_lok = true\n"), "error policy /etc/userns-helpers/policy.toml:3", "mac_lok"},
		{"nonsense in nsswitch", set("/etc/nsswitch.conf", "passwd: files\n# x\ngroup files\n"), "warning nsswitch-line /etc/nsswitch.conf:3", "group files"},
		{"subid indented", set("/etc/nsswitch.conf", "passwd: files\n subid: sss\n"), "warning nsswitch-line /etc/nsswitch.conf:2", "first column"},
		{"an unknown source", set("/etc/nsswitch.conf", "subid: nonsense\n"), "warning nsswitch-subid /etc/nsswitch.conf", "nonsense"},
		{"forbidden ids in the policy", set("/etc/userns-helpers/policy.toml", "[idmap]\nforbidden_host_ids = [\"100500\"]\n"), "error policy /etc/userns-helpers/policy.toml:2", "/etc/userns-helpers/forbidden-host-ids"},
		{"forbidden", set("/etc/userns-helpers/forbidden-host-ids", "# x\n100500\n"), "warning forbidden-ids-granted /etc/subgid:1", "the IDs 100500 of alice are never mapped: /etc/userns-helpers/forbidden-host-ids line 2 forbids 100500"},
		{"forbidden ids", set("/etc/userns-helpers/forbidden-host-ids", "0-9\n\n10 - 19\n"), "error forbidden-ids /etc/userns-helpers/forbidden-host-ids:3", `"10 - 19" is not an ID`},
		{"too many forbidden ids", set("/etc/userns-helpers/forbidden-host-ids", strings.Repeat("#\n", 1<<17)+"\n"), "error forbidden-ids /etc/userns-helpers/forbidden-host-ids", "larger than"},
		{"forbidden ids without newline", set("/etc/userns-helpers/forbidden-host-ids", "0-9\n1"), "warning file-newline /etc/userns-helpers/forbidden-host-ids", "newline"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := clean(t)
			c.plant(t, f)
			report := f.look(t)
			got := found(report)
			if c.name == "forbidden" && len(got) == 2 { // in both files
				got = got[:1]
			}
			if !slices.Equal(got, []string{c.want}) || len(report.Unseen) > 0 {
				t.Fatalf("%q, %v, want %q", got, report.Unseen, c.want)
			}
			if !strings.Contains(report.Findings[0].Problem, c.says) {
				t.Errorf("%q does not say %q", report.Findings[0].Problem, c.says)
			}
		})
	}
}

// link puts a link in the place of a file, which goes to where the link leads.
func (f *fake) link(t *testing.T, path, to string) {
	t.Helper()
	if err := os.Rename(f.folder+path, to); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, f.folder+path); err != nil {
		t.Fatal(err)
	}
}

func TestDanglingLink(t *testing.T) {
	f := clean(t)
	f.link(t, "/etc/subgid", f.folder+"/etc/elsewhere")
	if err := os.Remove(f.folder + "/etc/elsewhere"); err != nil {
		t.Fatal(err)
	}
	if got := found(f.look(t)); !slices.Equal(got, []string{"error file-link-dangling /etc/subgid"}) {
		t.Errorf("%q", got)
	}
}

// TestHostRoot: a range from 0 grants the host's root, and holds the ids of accounts.
func TestHostRoot(t *testing.T) {
	f := clean(t)
	f.add(t, "/etc/subuid", "alice:0:1\n")
	if got := found(f.look(t)); !slices.Equal(got, []string{"error subid-account /etc/subuid:6", "error subid-root /etc/subuid:6"}) {
		t.Errorf("%q", got)
	}
}

func TestUnseen(t *testing.T) {
	for _, path := range []string{"/etc/subuid", "/etc/lxc/lxc-usernet", "/etc/login.defs", "/etc/passwd", "/etc/security/limits.conf", "/etc/userns-helpers/policy.toml", "/etc/userns-helpers/forbidden-host-ids", "/etc/nsswitch.conf", "/etc/sssd/sssd.conf"} {
		f := clean(t)
		f.write(t, path, "")
		f.closed[path] = true
		report := f.look(t)
		if len(report.Unseen) != 1 || report.Unseen[0].What != path || report.Status(finding.Warning) != 2 {
			t.Errorf("%s: %v, status %d", path, report.Unseen, report.Status(finding.Warning))
		}
	}
}

func TestDirectories(t *testing.T) {
	for _, c := range []struct {
		name, file, text string
		want             []string
		says             string
	}{
		{
			"Active Directory", "/etc/sssd/sssd.conf", "[sssd]\n\n[domain/example.test]\nid_provider = ad\n",
			[]string{"warning subid-directory /etc/subgid:2", "warning subid-directory /etc/subuid:2"},
			"200000-2000199999",
		},
		{
			"mapped elsewhere", "/etc/sssd/sssd.conf", "[domain/x]\nid_provider=ldap\nldap_id_mapping = TRUE\nldap_idmap_range_min = 3000000\nldap_idmap_range_max = 4000000\n",
			nil, "",
		},
		{
			"bounded", "/etc/sssd/conf.d/10-x.conf", "[domain/x]\nid_provider=ldap\nmin_id = 231072\nmax_id = 300000\n",
			[]string{"warning subid-directory /etc/subgid:3", "warning subid-directory /etc/subuid:3"},
			"231072-300000",
		},
		{
			"FreeIPA", "/etc/sssd/sssd.conf", "# x\n[domain/x]\nid_provider=ipa\n",
			[]string{"note directory-unknown /etc/sssd/sssd.conf:2", "warning subid-directory /etc/subgid:2", "warning subid-directory /etc/subuid:2"},
			"ipa",
		},
		{"LDAP", "/etc/sssd/sssd.conf", "[domain/x]\nid_provider = ldap\n", []string{"note directory-unknown /etc/sssd/sssd.conf:1"}, ""},
		{
			"winbind", "/etc/samba/smb.conf", "[global]\n  idmap config LAB : range = 100000 - 100099\n  idmap config LAB:backend = rid\n",
			[]string{"warning subid-directory /etc/subgid:1", "warning subid-directory /etc/subuid:1"},
			"100000-100099",
		},
	} {
		f := clean(t)
		f.write(t, c.file, c.text)
		report := f.look(t)
		if got := found(report); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
			continue
		}
		all := fmt.Sprint(report.Findings)
		if !strings.Contains(all, c.says) {
			t.Errorf("%s: %s does not say %q", c.name, all, c.says)
		}
	}
}

// FuzzCheck: whatever the files hold, the report ends, and no text in it has a control character.
func FuzzCheck(f *testing.F) {
	f.Add("alice:0:0\n\x1b[31m:1:1\n", "alice veth \x07 1\n", "SUB_UID_COUNT 0\n", "[domain/\x1b]\nid_provider = ad\n", "[defaults]\n\"\x7f\" = 1\n", "0-9\n\x1b\n")
	f.Fuzz(func(t *testing.T, subuid, usernet, defs, sssd, policy, forbidden string) {
		h := clean(t)
		for path, text := range map[string]string{
			"/etc/subuid": subuid, "/etc/lxc/lxc-usernet": usernet, "/etc/login.defs": defs, "/etc/sssd/sssd.conf": sssd,
			"/etc/userns-helpers/policy.toml": policy, "/etc/userns-helpers/forbidden-host-ids": forbidden,
		} {
			h.write(t, path, text)
		}
		for _, x := range h.look(t).Findings {
			if strings.ContainsFunc(x.Problem+x.Advice, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Fatalf("a control character in %q", x)
			}
		}
	})
}

// TestLarge: 100,000 lines, each with a mistake of its own.
func TestLarge(t *testing.T) {
	f := clean(t)
	var text strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&text, "u%d:%d:2\n", i, 300_000+i)
	}
	f.write(t, "/etc/subuid", text.String())
	report := f.look(t)
	if n := len(report.Findings); n != 199_999 {
		t.Errorf("%d findings", n)
	}
}
