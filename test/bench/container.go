package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// originals is where Debian's programs are while links are in their place. They stay the files of the machine's disk: in a copy
// in memory the same program is 5 to 10 % slower, since the pages of a file that was just written are mapped one by one.
const originals = "/opt/originals"

// containers measures the whole of an unprivileged container: lxc-start until it runs, and lxc-stop, which kills it.
func (b *bench) containers() error {
	for _, program := range []string{newuidmap, newgidmap, userNic} {
		if err := keep(program, originals+program); err != nil {
			return err
		}
	}
	if err := b.makeContainer(); err != nil {
		return err
	}
	r := row{Row: Row{Group: "container", Name: "lxc-start to lxc-stop", Target: 1.02}, runs: b.runs(40)}
	r.debian, r.ours = b.lifetime(originals), b.lifetime(b.ours)
	return b.row(r)
}

// lifetime starts and stops the container on the programs that are in directory.
func (b *bench) lifetime(directory string) side {
	return side{once: func() (sample, error) {
		for _, program := range []string{newuidmap, newgidmap, userNic} {
			if err := link(program, directory+program); err != nil {
				return sample{}, err
			}
		}
		if err := recordOthers(0, "br0"); err != nil {
			return sample{}, err
		}
		began := time.Now()
		if err := b.login("lxc-start", "--name", "web"); err != nil {
			return sample{}, err
		}
		if err := b.login("lxc-stop", "--name", "web", "--kill"); err != nil {
			return sample{}, err
		}
		return sample{wall: time.Since(began)}, emptied("br0", 2)
	}}
}

// makeContainer gives the user what a login gives, and a container of busybox that asks for no address.
func (b *bench) makeContainer() error {
	home, id := "/home/"+b.user.name, fmt.Sprint(b.user.uid)
	group := "/sys/fs/cgroup/" + b.user.name
	for _, directory := range []string{group, group + "/shell", "/run/user/" + id} {
		if err := os.MkdirAll(directory, 0o755); err != nil {
			return err
		}
	}
	config := home + "/web.conf"
	lines := []string{
		"lxc.idmap = u 0 100000 65536", "lxc.idmap = g 0 100000 65536", "lxc.apparmor.profile = unconfined",
		"lxc.net.0.type = veth", "lxc.net.0.flags = up", "lxc.net.0.link = br0",
	}
	if err := write(config, strings.Join(lines, "\n")+"\n"); err != nil {
		return err
	}
	for _, argv := range [][]string{
		{"chown", "-R", id + ":" + id, group, "/run/user/" + id},
		{"chmod", "700", "/run/user/" + id},
		{"chmod", "711", home},
	} {
		if err := command(argv...); err != nil {
			return err
		}
	}
	if err := b.login("lxc-create", "--name", "web", "--config", config, "--template", "busybox"); err != nil {
		return err
	}
	return write(filepath.Join(home, ".local/share/lxc/web/rootfs/etc/init.d/rcS"), "#!/bin/sh\n/bin/mount -a\n")
}

// login runs a command as the user, in the cgroup that is hers.
func (b *bench) login(argv ...string) error {
	home, id := "/home/"+b.user.name, fmt.Sprint(b.user.uid)
	shell, err := unix.Open("/sys/fs/cgroup/"+b.user.name+"/shell", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(shell)
	out, err := output() // a daemon keeps it open, so no pipe
	if err != nil {
		return err
	}
	defer out.Close()
	c := exec.Command(argv[0], argv[1:]...)
	c.Dir, c.Stdout, c.Stderr = home, out, out
	c.Env = append(environment(), "HOME="+home, "USER="+b.user.name, "LOGNAME="+b.user.name, "XDG_RUNTIME_DIR=/run/user/"+id)
	c.SysProcAttr = &syscall.SysProcAttr{
		Credential: &syscall.Credential{Uid: b.user.uid, Gid: b.user.uid}, UseCgroupFD: true, CgroupFD: shell, Setsid: true,
	}
	if err := c.Run(); err != nil {
		text := make([]byte, 4096)
		n, _ := out.ReadAt(text, 0)
		return fmt.Errorf("%q: %w: %s", argv, err, text[:n])
	}
	return nil
}

// keep shows the file at path at another one as well, whatever path becomes.
func keep(path, other string) error {
	if err := os.MkdirAll(filepath.Dir(other), 0o755); err != nil {
		return err
	}
	if err := write(other, ""); err != nil {
		return err
	}
	return os.NewSyscallError("mount", unix.Mount(path, other, "", unix.MS_BIND, ""))
}

// link makes target a symbolic link to a program, in one step.
func link(target, program string) error {
	if err := os.Symlink(program, target+".new"); err != nil {
		return err
	}
	return os.Rename(target+".new", target)
}
