//go:build system

package packages

import (
	"os"
	"testing"
)

// withTheirs is a machine that has the distribution's programs.
func withTheirs(t *testing.T) *machine {
	t.Helper()
	return layered(t, "theirs", func() *machine { return newMachine(t) }, debs.uidmap, debs.liblxc, debs.lxc)
}

// withOurs is withTheirs, with ours in their place.
func withOurs(t *testing.T) *machine {
	t.Helper()
	return layered(t, "ours", func() *machine { return withTheirs(t) }, debs.ours)
}

// TestWatcherSees proves that the watcher can fail: it sees the moment in which dpkg-divert --rename leaves nothing, a
// program without its setuid bit, and one that is gone for as long as two rename(2) of a shell take; these at one of five
// times, since the host of a virtual machine may take a processor away from it.
func TestWatcherSees(t *testing.T) {
	for name, script := range map[string]string{
		"divert": "dpkg-divert --local --rename --add /usr/bin/newuidmap && cp -a /usr/bin/newuidmap.distrib /usr/bin/newuidmap",
		"mode":   "for n in 1 2 3 4 5; do chmod u-s /usr/bin/newuidmap; chmod u+s /usr/bin/newuidmap; done",
		"moved":  "for n in 1 2 3 4 5; do mv /usr/bin/getsubids /x; mv /x /usr/bin/getsubids; done",
	} {
		t.Run(name, func(t *testing.T) {
			m := withTheirs(t)
			if len(m.seen(t, publicPrograms, func() { m.run(t, "sh", "-c", script) })) == 0 {
				t.Error("the watcher saw nothing")
			}
		})
	}
}

func TestInstallRemovePurge(t *testing.T) {
	m := withTheirs(t)
	before := m.tree(t)
	m.watched(t, publicPrograms, func() { m.dpkg(t, "-i", debs.ours) })
	m.isOurs(t)
	made := m.key(t)
	m.watched(t, publicPrograms, func() { m.dpkg(t, "-i", debs.ours) }) // once more
	m.isOurs(t)
	m.watched(t, publicPrograms, func() { m.dpkg(t, "--remove", "userns-helpers") })
	m.isTheirs(t)
	if m.key(t) != made {
		t.Error("the key of addresses is another one")
	}
	m.watched(t, publicPrograms, func() { m.dpkg(t, "--purge", "userns-helpers") })
	m.isTheirs(t)
	isSameTree(t, before, m.tree(t))
}

// key is the key of stable addresses, which only root can read.
func (m *machine) key(t *testing.T) string {
	t.Helper()
	const folder = "/var/lib/userns-helpers"
	m.expect(t, folder, "700 0:0")
	m.expect(t, folder+"/mac-key", "600 0:0")
	text, err := os.ReadFile(m.dir + folder + "/mac-key")
	if err != nil || len(text) != 32 {
		t.Errorf("%x, %v", text, err)
	}
	if names, err := os.ReadDir(m.dir + folder); err != nil || len(names) != 1 {
		t.Errorf("%v, %v", names, err)
	}
	return string(text)
}

func TestPurgeAtOnce(t *testing.T) {
	m := withTheirs(t)
	before := m.tree(t)
	m.watched(t, publicPrograms, func() {
		m.dpkg(t, "-i", debs.ours)
		m.run(t, "userns-helpers-privilege", "capabilities")
		m.dpkg(t, "--purge", "userns-helpers")
	})
	m.isTheirs(t)
	isSameTree(t, before, m.tree(t))
}

func TestUpgradeDowngrade(t *testing.T) {
	m := withOurs(t)
	m.watched(t, publicPrograms, func() { m.dpkg(t, "-i", debs.oursNext) })
	m.isOurs(t)
	m.watched(t, publicPrograms, func() { m.dpkg(t, "-i", debs.ours) })
	m.isOurs(t)
}

// TestTheirs changes their packages while ours stays. The kept original has to be the newest one when ours goes.
func TestTheirs(t *testing.T) {
	for name, packages := range map[string][]string{
		"reinstall": {debs.uidmap, debs.liblxc},
		"upgrade":   {debs.uidmapNext, debs.liblxcNext},
	} {
		t.Run(name, func(t *testing.T) {
			m := withOurs(t)
			m.watched(t, publicPrograms, func() { m.dpkg(t, append([]string{"-i"}, packages...)...) })
			m.isOurs(t)
			m.watched(t, publicPrograms, func() { m.dpkg(t, "--remove", "userns-helpers") })
			m.isTheirs(t)
		})
	}
}

func TestTheirsRemovedAndBack(t *testing.T) {
	m := withOurs(t)
	m.watched(t, publicPrograms, func() { m.dpkg(t, "--purge", "lxc", "liblxc-common", "uidmap") })
	m.isOurs(t)
	m.watched(t, publicPrograms, func() { m.dpkg(t, "-i", debs.uidmap, debs.liblxc, debs.lxc) })
	m.isOurs(t)
	m.watched(t, publicPrograms, func() { m.dpkg(t, "--purge", "userns-helpers") })
	m.isTheirs(t)
}

// TestOursFirst has ours installed before theirs: lxc finds its directory, with our link in it.
func TestOursFirst(t *testing.T) {
	m := newMachine(t)
	m.dpkg(t, "-i", debs.ours)
	m.isOurs(t)
	m.watched(t, publicPrograms, func() { m.dpkg(t, "-i", debs.uidmap, debs.liblxc, debs.lxc) })
	m.isOurs(t)
	m.watched(t, publicPrograms, func() { m.dpkg(t, "--remove", "userns-helpers") })
	m.isTheirs(t)
}

// TestOursAlone never has theirs. A package that wants uidmap is not content with ours: it would be removed with ours.
func TestOursAlone(t *testing.T) {
	m := newMachine(t)
	before := m.tree(t)
	m.dpkg(t, "-i", debs.ours)
	m.isOurs(t)
	m.watched(t, publicPrograms, func() { m.dpkg(t, "-i", debs.oursNext) })
	m.isOurs(t)
	m.run(t, "sh", "-ec", `mkdir -p /srv/x/DEBIAN
		printf '%s\n' 'Package: wants' 'Version: 1' 'Architecture: all' 'Maintainer: x <x@x.x>' 'Description: x' \
			'Depends: uidmap (>= 1:4.17)' >/srv/x/DEBIAN/control
		dpkg-deb --build /srv/x /srv/wants.deb; ! dpkg -i /srv/wants.deb; dpkg --purge wants`)
	m.dpkg(t, "--purge", "userns-helpers")
	m.isGone(t)
	isSameTree(t, before, m.tree(t))
}

// TestForeignDiversion has an administrator who diverted a path by hand: the installation is refused before it changes
// anything, and says what to do.
func TestForeignDiversion(t *testing.T) {
	m := withTheirs(t)
	m.run(t, "cp", "-a", "/usr/bin/newgidmap", "/usr/bin/mine")
	m.run(t, "dpkg-divert", "--local", "--no-rename", "--divert", "/usr/bin/mine", "--add", "/usr/bin/newgidmap")
	before := m.tree(t)
	m.watched(t, publicPrograms, func() {
		text, err := m.try(dpkgCommand([]string{"-i", debs.ours})...)
		if err == nil {
			t.Error("installed")
		}
		wants(t, text, "dpkg-divert --rename --remove /usr/bin/newgidmap")
	})
	isSameTree(t, before, m.tree(t))
	m.isSound(t)
}

// TestForeignDiversionLater has an administrator divert a path between the unpacking and the configuration: what they put
// there stays, and the configuration can be made up for.
func TestForeignDiversionLater(t *testing.T) {
	m := withTheirs(t)
	m.dpkg(t, "--unpack", debs.ours)
	m.run(t, "dpkg-divert", "--local", "--no-rename", "--divert", "/usr/bin/mine", "--add", "/usr/bin/newgidmap")
	m.watched(t, publicPrograms, func() {
		text, err := m.try(dpkgCommand([]string{"--configure", "userns-helpers"})...)
		if err == nil {
			t.Error("configured")
		}
		wants(t, text, "dpkg-divert --rename --remove /usr/bin/newgidmap")
		m.expect(t, "/usr/bin/newgidmap", "4755 0:0")
		m.run(t, "dpkg-divert", "--local", "--no-rename", "--remove", "/usr/bin/newgidmap")
		m.dpkg(t, "--configure", "userns-helpers")
	})
	m.isOurs(t)
	m.watched(t, publicPrograms, func() { m.dpkg(t, "--purge", "userns-helpers") })
	m.isTheirs(t)
}

// TestDiversionTakenAway has somebody remove our diversions and leave our links: the originals come back all the same.
func TestDiversionTakenAway(t *testing.T) {
	for _, argv := range [][]string{{"--purge", "userns-helpers"}, {"-i", debs.oursNext}} {
		t.Run(argv[0], func(t *testing.T) {
			m := withOurs(t)
			for _, path := range publicPrograms {
				m.run(t, "dpkg-divert", "--package", "userns-helpers", "--no-rename", "--remove", path)
			}
			m.watched(t, publicPrograms, func() { m.dpkg(t, argv...) })
			if argv[0] == "-i" {
				m.isOurs(t)
				m.watched(t, publicPrograms, func() { m.dpkg(t, "--purge", "userns-helpers") })
			}
			m.isTheirs(t)
		})
	}
}

// TestNotOfAnyPackage has programs at the public paths that no package owns, as make install leaves them.
func TestNotOfAnyPackage(t *testing.T) {
	m := newMachine(t)
	m.run(t, "sh", "-ec", "cp /bin/true /usr/bin/newuidmap; chmod 4555 /usr/bin/newuidmap")
	m.watched(t, []string{"/usr/bin/newuidmap"}, func() { m.dpkg(t, "-i", debs.ours) })
	m.isOurs(t)
	m.dpkg(t, "--purge", "userns-helpers")
	m.expect(t, "/usr/bin/newuidmap", "4555 0:0")
}

// TestDistUpgrade upgrades the whole machine to the next release with ours installed, while a user watches. What is kept for the
// way back is then the next release's.
func TestDistUpgrade(t *testing.T) {
	if *nextFlag == "" {
		t.Fatal("the root of the next release is needed, with -next: make test-packages makes it")
	}
	m := withOurs(t)
	before := m.run(t, "dpkg-query", "-W", "-f", "${Version}", "uidmap")
	must(t, os.Mkdir(m.dir+"/srv/next", 0o755))
	bind(t, *nextFlag+"/srv/archive", m.dir+"/srv/next")
	m.index(t, "/srv/next")
	m.run(t, "sh", "-ec", "echo 'deb [trusted=yes] file:///srv/next ./' >/etc/apt/sources.list; apt-get -q update")
	m.watched(t, publicPrograms, func() { m.apt(t, "-o", "Dpkg::Options::=--force-confnew", "dist-upgrade") })
	m.isOurs(t)
	if after := m.run(t, "dpkg-query", "-W", "-f", "${Version}", "uidmap"); after == before {
		t.Errorf("uidmap is still %s", after)
	}
	m.watched(t, publicPrograms, func() { m.dpkg(t, "--purge", "userns-helpers") })
	m.isTheirs(t)
}
