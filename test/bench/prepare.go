package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"userns-helpers/test/blackbox/harness"
)

// user is the ordinary user who calls.
type user struct {
	name string
	uid  uint32 // and gid
}

// programs that both sides have. Debian's are where its packages put them.
const (
	newuidmap = "/usr/bin/newuidmap"
	newgidmap = "/usr/bin/newgidmap"
	userNic   = "/usr/libexec/lxc/lxc-user-nic"
)

// prepare makes the user, grants them a range, and makes the bridge.
func (b *bench) prepare() error {
	b.user = user{"bench", 1234}
	id := strconv.Itoa(int(b.user.uid))
	for _, argv := range [][]string{
		{"groupadd", "--gid", id, b.user.name},
		{"useradd", "--create-home", "--uid", id, "--gid", id, b.user.name},
	} {
		if err := command(argv...); err != nil {
			return err
		}
	}
	if err := b.grant(2); err != nil {
		return err
	}
	return b.network()
}

// sides are Debian's side of a row, or who is in its place, and ours: of is given the path of the program.
func (b *bench) sides(of func(program string) side, program string) (debian, ours side) {
	return of(b.beside + program), of(b.ours + program)
}

// command runs a command as root.
func command(argv ...string) error {
	text, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%q: %w: %s", argv, err, text)
	}
	return nil
}

// ip runs commands of ip(8).
func ip(lines ...string) error {
	c := exec.Command("ip", "-batch", "-")
	c.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if text, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("ip: %w: %s", err, text)
	}
	return nil
}

// write makes text the content of a file that root owns.
func write(path, text string) error { return os.WriteFile(path, []byte(text), 0o644) }

// hold starts a process of the user's in new namespaces, which waits.
func (u user) hold(unshare string) (*harness.Target, error) {
	return harness.Hold(harness.Owner{UID: u.uid, GID: u.uid}, "unshare", unshare, "cat")
}
