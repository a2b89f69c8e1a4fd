package hostcheck

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/usernsctl/finding"
)

// TestSilentDirectory: a directory that does not answer costs a few time-outs, not one for each line.
func TestSilentDirectory(t *testing.T) {
	asked := 0
	c := &check{beyond: beyond{users: true, ask: func(string) (account.Account, error) {
		asked++
		return account.Account{}, errors.New("no answer")
	}}}
	for range 100 {
		if !c.lookUp("carol") {
			t.Fatal("a user of whom nobody could tell does not exist")
		}
	}
	if asked != mostSilent || len(c.report.Unseen) != mostSilent+1 {
		t.Errorf("asked %d times, not looked at: %v", asked, c.report.Unseen)
	}
}

// TestOriginOfOthers: a program that others than root can write is reported, and its content not looked at.
func TestOriginOfOthers(t *testing.T) {
	f := clean(t)
	f.write(t, "/usr/bin/newuidmap", "no program")
	at := filepath.Join(f.folder, "/usr/bin/newuidmap")
	kinds := func(mode os.FileMode) []string {
		if err := os.Chmod(at, mode); err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, x := range Check(f.host()).Findings {
			if x.File == "/usr/bin/newuidmap" && x.Level != finding.Note {
				found = append(found, x.ID)
			}
		}
		return found
	}
	if found := kinds(0o777); !slices.Contains(found, "program-owner") || slices.Contains(found, "program-origin") {
		t.Errorf("of others: %q", found)
	}
	ofRoot := unix.Getuid() == 0
	if found := kinds(0o755); slices.Contains(found, "program-origin") != ofRoot {
		t.Errorf("only root can write it %v: %q", ofRoot, found)
	}
}

// TestHostileCommands: whatever a bridge or a line is called, the commands of the findings about it give a shell that name as a
// word, and nothing else.
func TestHostileCommands(t *testing.T) {
	for _, name := range []string{"$(touch${IFS}m)", "`touch${IFS}m`", "a';>m;'", "x;reboot", "a&b", "a>b", `a\b"c`, "br*", "~", "a=b", "x#y"} {
		f := clean(t)
		f.devices[name] = "bridge"
		f.add(t, "/etc/lxc/lxc-usernet", "alice veth "+name+" 1\nalice "+name+" lxcbr0 1\nalice veth "+name+" x\n")
		f.add(t, "/etc/subuid", name+":x:1\n")
		f.write(t, "/proc/sys/net/ipv6/conf/"+name+"/accept_ra", "1\n")
		f.write(t, "/sys/class/net/"+name+"/bridge/forward_delay", "1500\n")
		f.write(t, "/sys/class/net/"+name+"/bridge/stp_state", "1\n")
		f.write(t, "/sys/class/net/"+name+"/bridge/vlan_filtering", "0\n")
		f.write(t, "/etc/userns-helpers/policy.toml", "[defaults]\nvlan = 5\n")
		script, commands := "", 0
		for _, found := range Check(f.host()).Findings {
			for _, command := range found.Fix {
				// echo writes to a file: only that it would be that file is looked at.
				script += strings.ReplaceAll(command, " >", " to ") + "\n"
				commands++
			}
		}
		record := "for c in ip sed echo grep chmod chown usernsctl; do eval \"$c() { printf '<%s>' \\\"\\$@\\\"; command echo; }\"; done\n"
		sh := exec.Command("/bin/sh", "-c", record+script)
		sh.Dir, sh.Env = t.TempDir(), []string{"PATH=/nonexistent"}
		out, err := sh.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s\n%s", name, err, out, script)
		}
		for _, want := range []string{"<dev><" + name + "><type>", "<0><to><" + "/proc/sys/net/ipv6/conf/" + name + "/accept_ra>"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: no %s in\n%s\n%s", name, want, out, script)
			}
		}
		if lines := strings.Count(string(out), "\n"); lines != commands || strings.Contains(name, "*") && strings.Contains(script, "sysctl.d") {
			t.Errorf("%s: %d commands, and %d lines\n%s\n%s", name, commands, lines, script, out)
		}
	}
}
