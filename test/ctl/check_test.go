//go:build system

package ctl

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// report is what check --json answers.
type report struct {
	Findings []struct {
		ID, Level, File, Problem, Advice, Write string
		Line                                    int
		Fix                                     []string
	}
	Unseen []struct{ What, Why string }
	status int
}

// check asks for a report as p.
func check(t *testing.T, p person, options ...string) report {
	t.Helper()
	got := call(t, p, append([]string{usernsctl, "check", "--json", "--path", "/usr/bin"}, options...)...)
	var r report
	if err := json.Unmarshal([]byte(got.out), &r); err != nil || got.err != "" {
		t.Fatalf("%v: %+v", err, got)
	}
	r.status = got.status
	return r
}

// counted are the findings that count for the exit status, in short.
func (r report) counted() []string {
	var short []string
	for _, f := range r.Findings {
		if f.Level != "note" {
			short = append(short, fmt.Sprintf("%s %s:%d", f.ID, f.File, f.Line))
		}
	}
	return short
}

func TestCleanHost(t *testing.T) {
	for _, p := range []person{root, alice} {
		if r := check(t, p); r.status != 0 || len(r.counted()) > 0 || len(r.Unseen) > 0 {
			t.Errorf("as %s: status %d, %q, %v", p.name, r.status, r.counted(), r.Unseen)
		}
		got := call(t, p, usernsctl, "check", "--path", "/usr/bin")
		if got.status != 0 || !strings.HasSuffix(got.out, "0 errors, 0 warnings\n") || got.err != "" {
			t.Errorf("as %s: %+v", p.name, got)
		}
	}
}

// TestPlantedFaults: each is found exactly once, by root and by an ordinary user, and nothing else is.
func TestPlantedFaults(t *testing.T) {
	line := func(path, text string) func(*testing.T) { return func(t *testing.T) { add(t, path, text) } }
	subuid, subgid, usernet := lineOf("/etc/subuid"), lineOf("/etc/subgid"), lineOf("/etc/lxc/lxc-usernet")
	for _, c := range []struct {
		name  string
		plant func(*testing.T)
		want  string
	}{
		{"a bad line", line("/etc/subuid", "alice:x:1\n"), fmt.Sprintf("subid-line /etc/subuid:%d", subuid)},
		{"count 0", line("/etc/subgid", "alice:0:0\n"), fmt.Sprintf("subid-zero /etc/subgid:%d", subgid)},
		{"overlap", line("/etc/subuid", "bob:300100:10\n"), fmt.Sprintf("subid-overlap /etc/subuid:%d", subuid)},
		{"an account", line("/etc/subgid", "carol:2900:1\n"), fmt.Sprintf("subid-account /etc/subgid:%d", subgid)},
		{"an unknown user", line("/etc/subuid", "dave:500000:10\n"), fmt.Sprintf("subid-owner /etc/subuid:%d", subuid)},
		{"a name of digits", line("/etc/passwd", "77:x:3077:3001::/:/bin/sh\n"), fmt.Sprintf("account-digits /etc/passwd:%d", lineOf("/etc/passwd"))},
		{"usernet", line("/etc/lxc/lxc-usernet", "alice veth br0 many\n"), fmt.Sprintf("usernet-line /etc/lxc/lxc-usernet:%d", usernet)},
		{"no such bridge", line("/etc/lxc/lxc-usernet", "alice veth br7 1\n"), fmt.Sprintf("usernet-bridge /etc/lxc/lxc-usernet:%d", usernet)},
		{"no bridge", line("/etc/lxc/lxc-usernet", "alice veth lo 1\n"), fmt.Sprintf("usernet-bridge /etc/lxc/lxc-usernet:%d", usernet)},
		{"login.defs", line("/etc/login.defs", "SUB_GID_COUNT 0\n"), fmt.Sprintf("logindefs-off /etc/login.defs:%d", lineOf("/etc/login.defs"))},
		{"nsswitch", line("/etc/nsswitch.conf", "nonsense\n"), fmt.Sprintf("nsswitch-line /etc/nsswitch.conf:%d", lineOf("/etc/nsswitch.conf"))},
		{"subid: of nobody", line("/etc/nsswitch.conf", "subid: nonsense\n"), "nsswitch-subid /etc/nsswitch.conf:0"},
		{"the policy", func(t *testing.T) {
			put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: "[limits]\nfree_ports = 5000\n"})
		}, "policy /etc/userns-helpers/policy.toml:2"},
		{"ids in the policy", func(t *testing.T) {
			put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: "[defaults]\n[idmap]\nforbidden_host_ids = [\"0-999\"]\n"})
		}, "policy /etc/userns-helpers/policy.toml:3"},
		{"forbidden ids", func(t *testing.T) {
			put(t, "/etc/userns-helpers/forbidden-host-ids", harness.File{Text: "0-999\n\n1000 to 1999\n"})
		}, "forbidden-ids /etc/userns-helpers/forbidden-host-ids:3"},
		{"forbidden ids are not root's", func(t *testing.T) {
			put(t, "/etc/userns-helpers/forbidden-host-ids", harness.File{GID: 3001, Mode: 0o664})
		}, "file-trust /etc/userns-helpers/forbidden-host-ids:0"},
		{"the policy is not root's", func(t *testing.T) {
			put(t, "/etc/userns-helpers/policy.toml", harness.File{UID: 3001})
		}, "file-trust /etc/userns-helpers/policy.toml:0"},
		{"SSSD maps there", func(t *testing.T) {
			put(t, "/etc/samba/smb.conf", harness.File{Text: "idmap config X : range = 431072-432000\n"})
			put(t, "/etc/subgid", harness.File{Text: "alice:300000:65536\n"})
		}, "subid-directory /etc/subuid:3"},
		{"others can write", func(t *testing.T) {
			put(t, "/etc/subuid", harness.File{Text: ranges, Mode: 0o666})
		}, "file-trust /etc/subuid:0"},
		{"root's group can write", func(t *testing.T) {
			put(t, "/etc/subuid", harness.File{Text: ranges, Mode: 0o664})
		}, "file-group /etc/subuid:0"},
		{"another group can write", func(t *testing.T) {
			put(t, "/etc/subuid", harness.File{Text: ranges, Mode: 0o664, GID: 100})
		}, "file-trust /etc/subuid:0"},
		{"a link to nothing", func(t *testing.T) { put(t, "/etc/subgid", harness.File{Link: "/nowhere"}) }, "file-link-dangling /etc/subgid:0"},
		{"the bridge listens", func(t *testing.T) { listen(t, "br0") }, "kernel-accept-ra /proc/sys/net/ipv6/conf/br0/accept_ra:0"},
		{"no limits", func(t *testing.T) { put(t, "/etc/security/limits.conf", harness.File{}) }, "limits-processes :0"},
		{"not setuid", mode(newuidmap, 0o755), "program-privilege " + newuidmap + ":0"},
		{"the nic not setuid", mode(usernic, 0o755), "program-privilege " + usernic + ":0"},
		{"writable", mode(newgidmap, 0o4777), "program-owner " + newgidmap + ":0"},
		{"not for everybody", mode(getsubids, 0o750), "program-mode " + getsubids + ":0"},
		{"another's", func(t *testing.T) {
			reinstalled(t)
			chown(t, newuidmap, 3001)
		}, "program-owner " + newuidmap + ":0"},
		{"capabilities without e", func(t *testing.T) {
			reinstalled(t)
			capable(t, newuidmap, false)
		}, "program-privilege " + newuidmap + ":0"},
		{"missing", func(t *testing.T) {
			reinstalled(t)
			remove(t, newgidmap)
		}, "program-missing :0"},
		{"another program", func(t *testing.T) {
			reinstalled(t)
			if err := harness.Install("/bin/true", "/usr/bin", "newuidmap", 0o4755); err != nil {
				t.Fatal(err)
			}
		}, "program-origin " + newuidmap + ":0"},
		{"nosuid", func(t *testing.T) {
			if err := sh("mount --bind " + usernic + " " + usernic + " && mount -o remount,bind,nosuid " + usernic); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = unix.Unmount(usernic, unix.MNT_DETACH) })
		}, "program-nosuid " + usernic + ":0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.plant(t)
			for _, p := range []person{root, alice} {
				r := check(t, p)
				if p.uid != 0 && len(r.Unseen) == 1 && r.Unseen[0].What == getsubids && c.name == "not for everybody" {
					continue // an ordinary user cannot read that program
				}
				if !slices.Equal(r.counted(), []string{c.want}) || r.status != 1 || len(r.Unseen) > 0 {
					t.Errorf("as %s: status %d, %q, %v, want %q", p.name, r.status, r.counted(), r.Unseen, c.want)
				}
			}
		})
	}
}

// TestServed: programs without privilege are a note, and lxc-user-nic, which LXC executes without a look, not even that, where they
// ask userns-helperd(8); and an error once nobody listens there any more.
func TestServed(t *testing.T) {
	reinstalled(t)
	programs := []string{newgidmap, newuidmap, usernic}
	for _, program := range programs {
		if err := os.Chmod(program, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("served", func(t *testing.T) { // until its end
		for _, role := range []string{"maps", "nics"} {
			harness.Serve(t, filepath.Join(*oursFlag, "userns-helperd"), "/run/userns-helpers/"+role+".sock", role)
		}
		noted := func(r report) (n int) {
			for _, f := range r.Findings {
				if f.ID == "program-privilege" && f.Level == "note" {
					n++
				}
			}
			return n
		}
		for _, p := range []person{root, alice} {
			if r := check(t, p); noted(r) != 2 || r.status != 0 {
				t.Errorf("as %s: status %d, %+v", p.name, r.status, r.Findings)
			}
		}
		if e := about(t, root, "alice"); e.Answer != "yes" {
			t.Errorf("%+v", e)
		}
		// With what userns-helpers-privilege(8) gives them, LXC executes them, too.
		if err := errors.Join(harness.Inert(newuidmap, unix.CAP_SETUID), harness.Inert(newgidmap, unix.CAP_SETGID)); err != nil {
			t.Fatal(err)
		}
		for _, p := range []person{root, alice} {
			if r := check(t, p); noted(r) != 0 || r.status != 0 {
				t.Errorf("a capability for LXC to see, as %s: status %d, %+v", p.name, r.status, r.Findings)
			}
		}
	})
	var want []string
	for _, program := range programs {
		want = append(want, "program-privilege "+program+":0")
	}
	if r := check(t, root); !slices.Equal(r.counted(), want) || r.status != 1 {
		t.Errorf("status %d, %q", r.status, r.counted())
	}
}

// TestCommands: what check --commands prints puts right what was planted: a shell runs it, and check is green. Nothing that grants
// is touched, and run again it changes nothing.
func TestCommands(t *testing.T) {
	const (
		sysctls       = "/etc/sysctl.d/60-userns-helpers.conf"
		forbiddenFile = "/etc/userns-helpers/forbidden-host-ids"
	)
	put(t, "/etc/subuid", harness.File{Text: ranges + "alice:x:1\nbob:300100:10\nalice:0:0\nalice:$(reboot):1\ncarol:800000:10", Mode: 0o664})
	put(t, "/etc/subgid", harness.File{Text: "alice:300000:65536\r\nbob:365536:65536\r\ncarol:2900:1\n", Mode: 0o666, UID: 3001})
	add(t, "/etc/lxc/lxc-usernet", "alice veth br0 many\nalice macvlan br0 1\nalice\tveth br0 x/y.*'\n")
	add(t, "/etc/login.defs", "SUB_UID_COUNT 10\nSUB_UID_COUNT 65536\n")
	add(t, "/etc/nsswitch.conf", "nonsense\n")
	put(t, sysctls, harness.File{Text: "# mine\n"})
	put(t, forbiddenFile, harness.File{Text: "0-99\n", Mode: 0o666})
	opened, err := os.OpenFile(forbiddenFile, os.O_WRONLY|os.O_APPEND, 0) // by somebody who could, before it was put right
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	mode(newuidmap, 0o755)(t)
	mode(usernic, 0o755)(t)
	listen(t, "br0")
	before := check(t, root)
	got := call(t, root, usernsctl, "check", "--commands", "--path", "/usr/bin")
	if got.status != 1 || got.err != "" || strings.Count(got.out, "\n\n# ") != len(before.Findings) {
		t.Fatalf("%+v", got)
	}
	for range 2 {
		if done := call(t, root, "/bin/sh", "-c", "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"+got.out); done.status != 0 || done.err != "" {
			t.Errorf("%+v\n%s", done, got.out)
		}
		if _, err := opened.WriteString("not ids\n"); err != nil {
			t.Error(err)
		}
		if r := check(t, root); r.status != 0 || len(r.counted()) > 0 {
			t.Errorf("status %d, %q after\n%s", r.status, r.counted(), got.out)
		}
		for path, want := range map[string]string{
			"/etc/subuid":          ranges + "#alice:x:1\nbob:100000:10\n#alice:0:0\n#alice:$(reboot):1\ncarol:800000:10\n",
			"/etc/subgid":          "alice:300000:65536\nbob:365536:65536\ncarol:100010:1\n",
			"/etc/lxc/lxc-usernet": cleanFiles()["/etc/lxc/lxc-usernet"] + "#alice veth br0 many\n#alice macvlan br0 1\n#alice\tveth br0 x/y.*'\n",
			"/etc/login.defs":      cleanFiles()["/etc/login.defs"] + "#SUB_UID_COUNT 10\nSUB_UID_COUNT 65536\n",
			"/etc/nsswitch.conf":   cleanFiles()["/etc/nsswitch.conf"] + "#nonsense\n",
			forbiddenFile:          "0-99\n",
			sysctls:                "# mine\nnet/ipv6/conf/br0/accept_ra = 0\n",
		} {
			if is := text(t, path); is != want {
				t.Errorf("%s: %q, want %q", path, is, want)
			}
		}
	}
	if got := call(t, root, usernsctl, "check", "--commands", "--quiet", "--path", "/usr/bin"); got.status != 0 || strings.Count(got.out, "\n") != 1 {
		t.Errorf("%+v", got)
	}
	mode(newuidmap, 0o755)(t)
	put(t, "/var/lib/dpkg/statoverride", harness.File{Text: "root root 755 " + newuidmap + "\n"})
	repaired := func() string {
		_ = sh(strings.Join(check(t, root).Findings[0].Fix, "\n"))
		got := call(t, root, "stat", "-c", "%a", newuidmap)
		return strings.TrimSpace(got.out)
	}
	if is := repaired(); is != "755" {
		t.Errorf("an administrator's choice became %s", is)
	}
	put(t, "/var/lib/dpkg/statoverride", harness.File{})
	if is := repaired(); is != "4755" {
		t.Errorf("the mode is %s", is)
	}
	mode(newuidmap, 0o755)(t)
	put(t, "/etc/systemd/system/sockets.target.wants/userns-helpers-maps.socket", harness.File{})
	if r := check(t, root); r.status != 1 || len(r.counted()) != 1 || strings.Join(r.Findings[0].Fix, ";") != "systemctl start userns-helpers-maps.socket" {
		t.Errorf("%+v", r)
	}
}

// TestDefaultListens: that interfaces to come believe router advertisements, as every kernel begins, is a note.
func TestDefaultListens(t *testing.T) {
	listen(t, "default")
	r := check(t, root)
	if len(r.Findings) == 0 || r.Findings[0].ID != "kernel-accept-ra" || r.Findings[0].Level != "note" || r.status != 0 {
		t.Errorf("status %d, %+v", r.status, r.Findings)
	}
	if r := check(t, root, "--level", "note"); r.status != 1 {
		t.Errorf("status %d", r.status)
	}
}

// TestAccepted: what a file of root's accepts does not count, for anybody; a file of somebody else's accepts nothing.
func TestAccepted(t *testing.T) {
	const path = "/etc/userns-helpers/accepted-findings"
	add(t, "/etc/subuid", "dave:500000:10\n")
	for want, file := range map[int]harness.File{
		0: {Text: "subid-owner /etc/subuid ops-12: dave comes on Monday\n"}, 1: {Text: "subid-owner /etc/subuid mine\n", UID: 3001},
	} {
		put(t, path, file)
		for _, p := range []person{root, alice} {
			if r := check(t, p); r.status != want {
				t.Errorf("as %s: status %d, want %d: %+v", p.name, r.status, want, r.Findings)
			}
		}
	}
}

// TestCapabilitiesAreFine: file capabilities that are effective do, as does a second name of the same file.
func TestCapabilitiesAreFine(t *testing.T) {
	reinstalled(t)
	capable(t, newuidmap, true)
	if err := os.Symlink("/usr/bin/newgidmap", "/usr/local/bin/newgidmap"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove("/usr/local/bin/newgidmap") })
	if r := check(t, root, "--path", "/usr/local/bin:/usr/bin"); r.status != 0 {
		t.Errorf("status %d, %q", r.status, r.counted())
	}
}

// TestFirstInPath: what PATH finds first is looked at, and that there is another is said.
func TestFirstInPath(t *testing.T) {
	if err := harness.Install(filepath.Join(*oursFlag, "newuidmap"), "/usr/local/bin", "newuidmap", 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove("/usr/local/bin/newuidmap") })
	want := []string{"program-privilege /usr/local/bin/newuidmap:0", "program-hidden /usr/local/bin/newuidmap:0"}
	if r := check(t, root, "--path", "/usr/local/bin:/usr/bin"); !slices.Equal(r.counted(), want) {
		t.Errorf("%q, want %q", r.counted(), want)
	}
	add(t, "/etc/login.defs", "ENV_PATH PATH=/usr/bin\n")
	if got := call(t, root, usernsctl, "check"); got.status != 0 {
		t.Errorf("ENV_PATH of login.defs is not heeded: %+v", got)
	}
}

// TestNothingIsOpened: root looks at a directory of alice's in PATH. She put links to a FIFO and to a device there, where
// programs should be: neither is opened, and the one who waits at the other end of the FIFO waits on.
func TestNothingIsOpened(t *testing.T) {
	directory := t.TempDir()
	at := func(name string) string { return filepath.Join(directory, name) }
	if err := errors.Join(
		unix.Mkfifo(at("fifo"), 0o666), unix.Mknod(at("device"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5))), // zero(4)
		os.Symlink(at("fifo"), at("newuidmap")), os.Symlink(at("device"), at("newgidmap")), unix.Mkfifo(at("getsubids"), 0o666),
	); err != nil {
		t.Fatal(err)
	}
	noticed := make(chan int)
	go func() {
		fd, _ := unix.Open(at("fifo"), unix.O_WRONLY|unix.O_CLOEXEC, 0)
		noticed <- fd
	}()
	trace := filepath.Join(t.TempDir(), "trace")
	got := call(t, root, "/usr/bin/strace", "-f", "-o", trace, "-e", "trace=open,openat,openat2", usernsctl, "check", "--path", directory+":/usr/bin")
	for _, name := range []string{"newuidmap", "newgidmap", "getsubids"} {
		if !strings.Contains(got.out, at(name)) {
			t.Errorf("nothing is said of %s: %+v", at(name), got)
		}
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, directory) && !strings.Contains(line, "O_PATH") {
			t.Errorf("opened: %s", line)
		}
	}
	select {
	case <-noticed:
		t.Error("the writer of the FIFO noticed")
	default:
		fd, err := unix.Open(at("fifo"), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		defer unix.Close(<-noticed)
	}
}

// TestWithoutProc: what can only be opened by its name, where there is no /proc, is not looked at, and that is said.
func TestWithoutProc(t *testing.T) {
	got := call(t, root, "/usr/bin/unshare", "--mount", "sh", "-c", `mount -t tmpfs none /proc && exec "$@"`, "sh", usernsctl, "check", "--path", "/usr/bin")
	for _, path := range []string{"/etc/subuid", newuidmap} {
		if got.status != 2 || !strings.Contains(got.out, "not looked at: "+path+": cannot open "+path+" through /proc/self/fd") {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

// TestUnreadable: ordinary users are told what they cannot see, with status 2; root sees it.
func TestUnreadable(t *testing.T) {
	for _, path := range []string{"/etc/subuid", "/etc/lxc/lxc-usernet", "/etc/sssd/sssd.conf"} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			put(t, path, harness.File{Text: cleanFiles()[path], Mode: 0o600})
			if r := check(t, alice); r.status != 2 || len(r.Unseen) != 1 || r.Unseen[0].What != path || !strings.Contains(r.Unseen[0].Why, "root") {
				t.Errorf("status %d, %v", r.status, r.Unseen)
			}
			if r := check(t, root); r.status != 0 {
				t.Errorf("as root: status %d, %q, %v", r.status, r.counted(), r.Unseen)
			}
			if got := call(t, alice, usernsctl, "check", "--path", "/usr/bin"); !strings.Contains(got.out, "not looked at: "+path) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestLargeFile: 100,000 lines cost a few seconds at most, and one screen.
func TestLargeFile(t *testing.T) {
	var text strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&text, "nobody%d:%d:30000\n", i, 400_000+i*30_000)
	}
	put(t, "/etc/subuid", harness.File{Text: text.String()})
	if got := call(t, alice, usernsctl, "ranges", "uid"); got.status != 0 || strings.Count(got.out, "\n") > 60 || !strings.Contains(got.out, "100000 lines") {
		t.Errorf("status %d, %d lines: %.300s", got.status, strings.Count(got.out, "\n"), got.out)
	}
	if got := call(t, alice, usernsctl, "check", "--path", "/usr/bin"); got.status != 1 || strings.Count(got.out, "\n") > 200 {
		t.Errorf("status %d, %d lines", got.status, strings.Count(got.out, "\n"))
	}
}

// reinstalled puts the programs back after a test.
func reinstalled(t *testing.T) {
	t.Cleanup(func() {
		if err := installed(); err != nil {
			t.Error(err)
		}
	})
}

// mode gives a program another mode.
func mode(path string, bits uint32) func(*testing.T) {
	return func(t *testing.T) {
		reinstalled(t)
		if err := unix.Chmod(path, bits); err != nil {
			t.Fatal(err)
		}
	}
}

func chown(t *testing.T, path string, uid int) {
	t.Helper()
	if err := errors.Join(os.Chown(path, uid, 0), unix.Chmod(path, 0o4755)); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// capable takes the setuid bit of newuidmap and gives it its file capability, effective or not.
func capable(t *testing.T, path string, effective bool) {
	t.Helper()
	remove(t, path)
	folder, name := filepath.Split(path)
	if err := harness.Install(filepath.Join(*oursFlag, name), folder, name, 0o755, unix.CAP_SETUID); err != nil {
		t.Fatal(err)
	}
	if effective {
		return
	}
	xattr := make([]byte, 20)
	if _, err := unix.Getxattr(path, "security.capability", xattr); err != nil {
		t.Fatal(err)
	}
	xattr[0] = 0 // VFS_CAP_FLAGS_EFFECTIVE
	if err := unix.Setxattr(path, "security.capability", xattr, 0); err != nil {
		t.Fatal(err)
	}
}

// listen lets an interface believe router advertisements for the time of a test.
func listen(t *testing.T, name string) {
	t.Helper()
	if err := advertisements(name, "1"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := advertisements(name, "0"); err != nil {
			t.Error(err)
		}
	})
}

// TestForms: a policy that is valid TOML in another form is refused with how to write it; written so, it is taken.
func TestForms(t *testing.T) {
	const path = "/etc/userns-helpers/policy.toml"
	for text, write := range map[string]string{
		"bridge = { br0 = { mac_lock = true } }\n":            "[bridge.br0]\nmac_lock = true\n",
		"bridge.br0.mac_lock = true\n":                        "[bridge.br0]\nmac_lock = true\n",
		"rate_to_container = '''\n8mbit'''\n":                 "rate_to_container = \"8mbit\"\n",
		"vlan = 0x10\n":                                       "vlan = 16\n",
		"\"mac_lock\" = true\n":                               "mac_lock = true\n",
		"rate_to_container = \"\\u0038mbit\" # a backslash\n": "rate_to_container = \"8mbit\"\n",
	} {
		head := "# x\n[defaults]\n"
		if strings.HasPrefix(text, "bridge") {
			head = "# x\n\n"
		}
		put(t, path, harness.File{Text: head + text})
		r := check(t, root)
		if !slices.Equal(r.counted(), []string{"policy " + path + ":3"}) || r.Findings[0].Write != write {
			t.Errorf("%q: %+v, want %q", text, r, write)
		}
		put(t, path, harness.File{Text: head + write})
		if r := check(t, root); len(r.counted()) > 0 {
			t.Errorf("%q: %q", write, r.counted())
		}
	}
}
