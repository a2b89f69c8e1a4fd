//go:build system

package hostile

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

var (
	oursFlag     = flag.String("ours", "", "the folder with our programs")
	fallbackFlag = flag.String("fallback", "", "the folder with our programs, linked without the entry point")
	auditedFlag  = flag.String("audited", "", "yes if the kernel's audit is on, or why not")
	peersFlag    = flag.Bool("peers", false, "attack Debian's programs instead")
)

// Where the programs are installed: at their real paths, and those without the entry point aside.
const (
	binFolder     = "/usr/bin"
	nicFolder     = "/usr/libexec/lxc"
	fallbackPlace = "/opt/hostile/fallback"
	self          = "/opt/hostile/self" // this binary, for every user to execute
	newuidmap     = binFolder + "/newuidmap"
	newgidmap     = binFolder + "/newgidmap"
	getsubids     = binFolder + "/getsubids"
	usernic       = nicFolder + "/lxc-user-nic"
)

func TestMain(m *testing.M) {
	attack() // returns unless this process is one of the attacker's
	harness.Suite(m, "test/run hostile", prepare, oursFlag)
}

// prepare installs the programs and makes users and bridges.
func prepare() error {
	errs := []error{harness.Install("/proc/self/exe", filepath.Dir(self), filepath.Base(self), 0o755)}
	for _, program := range []string{newuidmap, newgidmap, getsubids, usernic} {
		mode := os.FileMode(0o4755)
		if program == getsubids {
			mode = 0o755
		}
		folder, name := filepath.Split(program)
		if !*peersFlag {
			errs = append(errs, harness.Install(filepath.Join(*oursFlag, name), folder, name, mode))
		}
		errs = append(errs, harness.Install(filepath.Join(*fallbackFlag, name), fallbackPlace, name, mode))
	}
	for _, name := range mislinked {
		errs = append(errs, harness.Install(filepath.Join(*fallbackFlag, name), fallbackPlace, name, 0o4755))
	}
	if !*peersFlag {
		errs = append(errs, installService())
	}
	return errors.Join(append(errs, makeFuseDevice(), furnish())...)
}

// user is a caller; each test has users of its own, so that tests can run beside each other.
type user struct {
	name     string
	uid, gid uint32
	groups   []uint32
}

func (u user) owner() harness.Owner { return harness.Owner{UID: u.uid, GID: u.gid, Groups: u.groups} }

// in returns the user with the group of the tests as supplementary group.
func (u user) in(group uint32) user {
	u.groups = []uint32{group}
	return u
}

var everybody []user

// person makes a user, called by the variables of each test's file.
func person(name string) user {
	id := 3000 + uint32(len(everybody))
	u := user{name, id, id, nil}
	everybody = append(everybody, u)
	return u
}

var grants []string

// grant adds a line to lxc-usernet, and makes its bridge.
func grant(lines ...string) string {
	grants = append(grants, lines...)
	return ""
}

const lan = 2900 // the group @lan, of members that a test chooses

func furnish() error {
	var passwd, group, sub strings.Builder
	passwd.WriteString("root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
	fmt.Fprintf(&group, "root:x:0:\nnogroup:x:65534:\nlan:x:%d:\n", lan)
	sub.WriteString("root:1:65535\n") // root of user namespaces, which this file counts for as well
	for i, u := range everybody {
		fmt.Fprintf(&passwd, "%s:x:%d:%d::/:/bin/sh\n", u.name, u.uid, u.gid)
		fmt.Fprintf(&group, "%s:x:%d:\n", u.name, u.gid)
		fmt.Fprintf(&sub, "%s:%d:65536\n", u.name, (i+2)*65536)
	}
	errs := []error{os.MkdirAll("/etc/lxc", 0o755)}
	for path, text := range map[string]string{
		"/etc/passwd": passwd.String(), "/etc/group": group.String(), "/etc/subuid": sub.String(), "/etc/subgid": sub.String(),
		"/etc/lxc/lxc-usernet": strings.Join(grants, "\n") + "\n",
	} {
		errs = append(errs, harness.File{Text: text}.Put(path))
	}
	made := map[string]bool{"none": true, "ovs0": true}
	for _, line := range grants {
		if bridge := strings.Fields(line)[2]; !made[bridge] {
			made[bridge] = true
			errs = append(errs, ip("link add "+bridge+" type bridge", "link set "+bridge+" up"))
		}
	}
	errs = append(errs, sh("ovs-vsctl add-br ovs0 -- set bridge ovs0 datapath_type=netdev"))
	return errors.Join(errs...)
}

// base is the first subordinate id of u.
func (u user) base() int { return int(u.uid-3000+2) * 65536 }
