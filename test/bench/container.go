package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// originals is where Debian's programs are kept while others are in their place.
const originals = "/opt/originals"

// containers measures the whole of an unprivileged container: lxc-start until it runs, and lxc-stop, which kills it.
func (b *bench) containers() error {
	for _, program := range []string{newuidmap, newgidmap, userNic} {
		if err := replace(originals+program, program); err != nil {
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
			if err := replace(program, directory+program); err != nil {
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

// replace makes target a copy of source, mode and all, in one step.
func replace(target, source string) error {
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer in.Close()
	stat, err := in.Stat()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	fresh, err := os.OpenFile(target+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer fresh.Close()
	if _, err := io.Copy(fresh, in); err != nil {
		return err
	}
	if err := os.Chmod(fresh.Name(), stat.Mode()); err != nil {
		return err
	}
	return os.Rename(fresh.Name(), target)
}
