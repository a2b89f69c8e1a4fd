//go:build system

package packages

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// steps are the programs that the maintainer scripts call to change something.
var steps = []string{"rm", "cp", "sync", "mv", "ln", "chmod", "chown", "install", "rmdir", "dpkg-divert"}

// stand is put before each of the steps. It counts them in /run/steps, and at number /run/at does what /run/what says. Where
// the disk is full only the steps count that need room, and all from that one on fail.
const stand = `#!/bin/sh
n=$(cat /run/steps)
at=$(cat /run/at)
what=$(cat /run/what)
case $what:${0##*/} in full:cp | full:ln | full:install | full:dpkg-divert) ;; full:*) what=none ;; esac
[ "$what" = none ] || echo $((n + 1)) >/run/steps
case $what in
kill) [ "$n" -ne "$at" ] || kill -s KILL 0 ;;
fail) [ "$n" -ne "$at" ] || exit 1 ;;
full) [ "$at" -lt 0 ] || [ "$n" -lt "$at" ] || exit 1 ;;
esac
exec /usr/bin/%s "$@"
`

// interrupt lets dpkg's whole session be killed, or one command of its scripts fail, at step number at, or the disk be full
// from there on; none at -1.
func (m *machine) interrupt(t *testing.T, what string, at int) {
	t.Helper()
	for _, name := range steps {
		must(t, os.WriteFile(m.dir+"/usr/local/sbin/"+name, fmt.Appendf(nil, stand, name), 0o755))
	}
	for file, text := range map[string]string{"steps": "0", "at": strconv.Itoa(at), "what": what} {
		must(t, os.WriteFile(m.dir+"/run/"+file, []byte(text+"\n"), 0o644))
	}
}

// undisturbed is the end of interrupt. It returns how many steps were counted.
func (m *machine) undisturbed(t *testing.T) int {
	t.Helper()
	for _, name := range steps {
		must(t, os.Remove(m.dir+"/usr/local/sbin/"+name))
	}
	text, err := os.ReadFile(m.dir + "/run/steps")
	must(t, err)
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	must(t, err)
	return n
}

// operation is something that dpkg does with our package.
type operation struct {
	begin func(*testing.T) *machine
	argv  []string
	ours  bool // whether ours is installed afterwards
}

func operations() map[string]operation {
	return map[string]operation{
		"install": {withTheirs, []string{"-i", debs.ours}, true},
		"upgrade": {withOurs, []string{"-i", debs.oursNext}, true},
		"remove":  {withOurs, []string{"--remove", "userns-helpers"}, false},
	}
}

// TestKilled kills dpkg and its scripts together at one step after the other. Then dpkg finishes, or ours is purged, or
// their packages are upgraded in between: at no moment is a program missing, and all ends as if nothing had happened.
func TestKilled(t *testing.T) {
	atEachStep(t, "kill", killedAt)
}

// atEachStep runs a test for one step after the other of each operation, which are counted without an interruption first.
func atEachStep(t *testing.T, how string, each func(t *testing.T, does operation, at int)) {
	t.Helper()
	for name, does := range operations() {
		t.Run(name, func(t *testing.T) {
			m := does.begin(t)
			m.interrupt(t, how, -1)
			m.dpkg(t, does.argv...)
			count := m.undisturbed(t)
			const least = 5
			if count < least {
				t.Fatalf("only %d steps were seen", count)
			}
			for at := 0; at < count; at += *strideFlag {
				t.Run(strconv.Itoa(at), func(t *testing.T) { each(t, does, at) })
			}
		})
	}
}

func killedAt(t *testing.T, does operation, at int) {
	t.Helper()
	m := does.begin(t)
	m.watched(t, publicPrograms, func() {
		m.interrupt(t, "kill", at)
		if text, err := m.try(dpkgCommand(does.argv)...); err == nil {
			t.Errorf("not killed: %s", text)
		}
		m.undisturbed(t)
		m.goOn(t, does, at / *strideFlag)
	})
	m.isTheirs(t)
}

// goOn repairs the machine in one of three ways, and ends without ours: dpkg finishes; ours is purged at once; or the
// distribution's packages are upgraded before anybody repairs anything.
func (m *machine) goOn(t *testing.T, does operation, way int) {
	t.Helper()
	const finish, purge, theirs, ways = 0, 1, 2, 3
	way %= ways
	if way == theirs {
		m.dpkg(t, "-i", debs.uidmapNext, debs.liblxcNext)
	}
	if way == finish {
		m.try(dpkgCommand([]string{"--configure", "-a"})...)
	}
	if way != purge {
		m.dpkg(t, does.argv...)
		if does.ours {
			m.isOurs(t)
		}
	}
	// dpkg asks for a reinstallation of what is half unpacked, unless it is told not to.
	m.dpkg(t, "--force-remove-reinstreq", "--purge", "userns-helpers")
	m.dpkg(t, "--configure", "-a")
}

// TestRemovedByForce kills an upgrade in prerm and in preinst, and removes what is there against dpkg's advice. From
// preinst on dpkg deletes the files before any script runs.
func TestRemovedByForce(t *testing.T) {
	states := map[string]bool{}
	for at := 10; at <= 40; at += 10 {
		t.Run(strconv.Itoa(at), func(t *testing.T) {
			m := withOurs(t)
			m.watched(t, publicPrograms, func() {
				m.interrupt(t, "kill", at)
				m.try(dpkgCommand([]string{"-i", debs.oursNext})...)
				m.undisturbed(t)
				states[m.run(t, "dpkg-query", "-W", "-f", "${db:Status-Status}", "userns-helpers")] = true
				// dpkg of sid removes it without that option.
				if said, err := m.try(dpkgCommand([]string{"--remove", "userns-helpers"})...); err != nil {
					wants(t, said, "reinstall it before attempting a removal")
				}
				m.dpkg(t, "--force-remove-reinstreq", "--remove", "userns-helpers")
			})
			m.isTheirs(t)
		})
	}
	for _, state := range []string{"half-configured", "half-installed"} {
		if !states[state] {
			t.Errorf("no kill left the package %s: %v", state, states)
		}
	}
}

// TestKilledUnpacking kills dpkg itself, at one rename(2) after the other: while it unpacks, and while it removes.
func TestKilledUnpacking(t *testing.T) {
	for name, does := range operations() {
		for when := 3; when < 40; when += *strideFlag {
			t.Run(fmt.Sprint(name, when), func(t *testing.T) {
				m := does.begin(t)
				m.watched(t, publicPrograms, func() {
					inject := fmt.Sprintf("inject=rename:signal=KILL:when=%d", when)
					argv := append([]string{"-o", "/dev/null", "-e", "trace=rename", "-e", inject, "chroot", m.dir}, dpkgCommand(does.argv)...)
					_ = command(append([]string{"strace"}, argv...)...) // killed, unless there are fewer of them
					m.dpkg(t, does.argv...)
					m.dpkg(t, "--purge", "userns-helpers")
					m.dpkg(t, "--configure", "-a")
				})
				m.isTheirs(t)
			})
		}
	}
}

// TestUnpacked ends between the unpacking and the configuration. dpkg runs no prerm then: the removal is postrm's.
func TestUnpacked(t *testing.T) {
	for name, begin := range map[string]func(*testing.T) *machine{"first": withTheirs, "upgrade": withOurs} {
		for _, then := range []string{"--remove", "--purge", "--configure"} {
			t.Run(name+then, func(t *testing.T) {
				m := begin(t)
				m.watched(t, publicPrograms, func() {
					m.dpkg(t, "--unpack", debs.oursNext)
					m.dpkg(t, "-i", debs.uidmapNext)
					m.dpkg(t, then, "userns-helpers")
				})
				if then == "--configure" {
					m.isOurs(t)
				} else {
					m.isTheirs(t)
				}
			})
		}
	}
}

// TestDeconfigured has dpkg take the configuration back, for the sake of a package that breaks ours. Then ours is purged,
// or configured again.
func TestDeconfigured(t *testing.T) {
	for _, then := range []string{"--purge", "--configure"} {
		t.Run(then, func(t *testing.T) {
			m := withOurs(t)
			m.run(t, "sh", "-ec", `mkdir -p /srv/x/DEBIAN
				printf '%s\n' 'Package: breaks' 'Version: 1' 'Architecture: all' 'Maintainer: x <x@x.x>' 'Description: x' \
					'Breaks: userns-helpers' >/srv/x/DEBIAN/control
				dpkg-deb --build /srv/x /srv/breaks.deb`)
			m.watched(t, publicPrograms, func() {
				m.dpkg(t, "--auto-deconfigure", "--unpack", "/srv/breaks.deb")
				if status := m.run(t, "dpkg-query", "-W", "-f", "${db:Status-Status}", "userns-helpers"); status != "half-configured" {
					t.Errorf("ours is %s", status)
				}
				if then == "--configure" {
					m.dpkg(t, "--purge", "breaks")
				}
				m.dpkg(t, then, "userns-helpers")
			})
			if then == "--configure" {
				m.isOurs(t)
				return
			}
			m.dpkg(t, "--purge", "breaks")
			m.isTheirs(t)
		})
	}
}

// TestFailing lets a command of a maintainer script fail, as on a full disk. dpkg says so, and ends, or tries the new
// package's prerm; everything still works; and once the disk is not full any more, it can be finished or undone.
func TestFailing(t *testing.T) {
	for name, does := range operations() {
		for _, at := range []int{3, 20} {
			t.Run(fmt.Sprint(name, at), func(t *testing.T) {
				m := does.begin(t)
				m.watched(t, publicPrograms, func() {
					m.interrupt(t, "fail", at)
					said, _ := m.try(dpkgCommand(does.argv)...)
					if n := m.undisturbed(t); n > at {
						wants(t, said, "exit status 1") // dpkg of sid says it in other words
					}
					m.dpkg(t, does.argv...)
					m.dpkg(t, "--purge", "userns-helpers")
				})
				m.isTheirs(t)
			})
		}
	}
}

// TestFull has a disk that is full, from one step after the other on: also for what dpkg then tries, the new package's prerm
// (failed-upgrade) and the way back (abort-upgrade, abort-remove). At no moment is a program missing; once there is room, it
// can be finished or undone.
func TestFull(t *testing.T) {
	atEachStep(t, "full", func(t *testing.T, does operation, at int) {
		m := does.begin(t)
		m.watched(t, publicPrograms, func() {
			m.interrupt(t, "full", at)
			m.try(dpkgCommand(does.argv)...) // it may be that nothing more needs room
			m.undisturbed(t)
			m.goOn(t, does, at / *strideFlag)
		})
		m.isTheirs(t)
	})
}

// TestPostinstFails has a postinst that cannot succeed: a directory is where a program should be.
func TestPostinstFails(t *testing.T) {
	m := withTheirs(t)
	m.dpkg(t, "--purge", "lxc", "liblxc-common")
	m.run(t, "mkdir", "-p", "/usr/libexec/lxc/lxc-user-nic/x")
	others := publicPrograms[:3]
	m.watched(t, others, func() {
		if text, err := m.try(dpkgCommand([]string{"-i", debs.ours})...); err == nil {
			t.Errorf("installed: %s", text)
		}
	})
	if status := m.run(t, "dpkg-query", "-W", "-f", "${db:Status-Status}", "userns-helpers"); status != "half-configured" {
		t.Errorf("ours is %s", status)
	}
	m.run(t, "rm", "-r", "/usr/libexec/lxc/lxc-user-nic")
	m.watched(t, others, func() { m.dpkg(t, "--configure", "userns-helpers") })
	m.isOurs(t)
	m.expect(t, filepath.Join(kept, "lxc-user-nic"), "")
}
