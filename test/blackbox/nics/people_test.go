//go:build system

package nics

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"userns-helpers/test/blackbox/harness"
)

// user is a caller. It need not be in /etc/passwd.
type user struct {
	name     string
	uid, gid uint32
	groups   []uint32
}

// in returns the user with supplementary groups.
func (u user) in(groups ...uint32) user {
	u.groups = groups
	return u
}

// primary returns the user with another real gid.
func (u user) primary(gid uint32) user {
	u.gid = gid
	return u
}

func (u user) owner() harness.Owner { return harness.Owner{UID: u.uid, GID: u.gid, Groups: u.groups} }

// The groups; gid 2999 has no name; it is the smallest, and the kernel sorts.
const (
	lan     = 3001
	lab     = 3002
	club    = 3003 // alice is a member in /etc/group, and no process of the suite carries it
	unnamed = 2999
)

var (
	alice   = user{"alice", 1001, 1001, nil}
	bob     = user{"bob", 1002, 1002, nil}
	carol   = user{"carol", 1003, 1003, nil}
	mallory = user{"mallory", 1004, 1004, nil} // in no lxc-usernet of the suite
	alicex  = user{"alicex", 1005, 1005, nil}
	dotted  = user{"an.na-lena_2", 1006, 1006, nil}
	last16  = user{"last16", 65536, 1007, nil}
	big     = user{"big", 70000, 1008, nil}
	bigger  = user{"bigger", 70001, 1009, nil}
	vast    = user{"vast", 4294967294, 1010, nil}
	stray   = user{"", 54321, 54321, nil} // not in /etc/passwd
)

func people() []user {
	out := []user{alice, bob, carol, mallory, alicex, dotted, last16, big, bigger, vast}
	return append(out, crowd()...)
}

// crowd is ten users who call at once.
func crowd() []user {
	var out []user
	for i := range uint32(10) {
		out = append(out, user{fmt.Sprintf("crowd%d", i), 2000 + i, 2000 + i, nil})
	}
	return out
}

// furnish makes the users and groups on the private copy of the machine. Ordinary users of the machine leave it: their
// numbers may be ours.
func furnish() (err error) {
	if journal, err = harness.Listen(); err != nil {
		return err
	}
	var passwd, group strings.Builder
	for _, u := range people() {
		fmt.Fprintf(&passwd, "%s:x:%d:%d::/:/bin/sh\n", u.name, u.uid, u.gid)
		fmt.Fprintf(&group, "%s:x:%d:\n", u.name, u.gid)
	}
	fmt.Fprintf(&group, "lan:x:%d:\nlab:x:%d:\nclub:x:%d:alice\n", lan, lab, club)
	return errors.Join(
		replaceOrdinary("/etc/passwd", passwd.String()), replaceOrdinary("/etc/group", group.String()),
		harness.File{Text: "alice:100000:65536\n"}.Put("/etc/subuid"), harness.File{Text: "alice:100000:65536\n"}.Put("/etc/subgid"),
	)
}

// replaceOrdinary keeps the lines of the system, with numbers below 1000, and adds text.
func replaceOrdinary(path, text string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("furnish: %w", err)
	}
	lines := slices.DeleteFunc(strings.SplitAfter(string(old), "\n"), func(line string) bool {
		fields := strings.Split(line, ":")
		return len(fields) < 3 || len(fields[2]) > 3
	})
	return harness.File{Text: strings.Join(lines, "") + text}.Put(path)
}
