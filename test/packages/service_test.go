//go:build system

package packages

import (
	"os"
	"testing"
	"time"
)

// serve starts the service on the machine, as its administrator would without systemd, and returns what ends it.
func (m *machine) serve(t *testing.T) (end func()) {
	t.Helper()
	const socket = "/run/userns-helpers/maps.sock"
	cmd := m.command(private+"userns-helperd", "--listen", socket, "maps")
	must(t, cmd.Start())
	end = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(end)
	for tries := 0; m.file(socket) == ""; tries++ {
		if tries == 500 {
			t.Fatal("the service does not listen")
		}
		time.Sleep(10 * time.Millisecond)
	}
	return end
}

// TestService chooses the service: at no moment does LXC, which looks for a bit or a capability, find neither; the choice outlives
// upgrades while the service is there, and goes back from there to each other one.
func TestService(t *testing.T) {
	m := withOurs(t)
	refused := func(why string) {
		t.Helper()
		if text, err := m.try("userns-helpers-privilege", "service"); err == nil {
			t.Errorf("%s: chosen: %s", why, text)
		}
		m.isOurs(t)
	}
	refused("nobody listens")
	end := m.serve(t)
	is := func(what string) {
		t.Helper()
		if said := m.run(t, "userns-helpers-privilege"); said != "newuidmap: "+what+"\nnewgidmap: "+what {
			t.Errorf("%q, and not %s", said, what)
		}
	}
	served := func() {
		t.Helper()
		m.leadsToOurs(t)
		m.expect(t, private+"newuidmap", "755 0:0")
		m.expect(t, private+"newgidmap", "755 0:0")
		m.expect(t, private+"lxc-user-nic", "4755 0:0")
		wants(t, m.run(t, "getcap", "-n", private+"newuidmap"), "cap_setuid=ep [rootid=")
		wants(t, m.run(t, "getcap", "-n", private+"newgidmap"), "cap_setgid=ep [rootid=")
		is("service")
	}
	choose := func(what string) {
		t.Helper()
		m.watched(t, publicPrograms, func() { m.run(t, "userns-helpers-privilege", what) })
	}
	choose("service")
	served()
	m.watched(t, publicPrograms, func() { m.dpkg(t, "-i", debs.oursNext) })
	served()
	choose("capabilities")
	is("capabilities")
	wants(t, m.run(t, "getcap", "-n", private+"newuidmap"), "cap_setuid=ep")
	choose("service")
	served()
	choose("setuid")
	m.isOurs(t)
	choose("service")
	end()
	m.watched(t, publicPrograms, func() { wants(t, m.dpkg(t, "-i", debs.ours), "stay setuid root") })
	m.isOurs(t)
	refused("its name is there, and nobody listens")
}

// TestServiceClosed: a program that dpkg-statoverride closed gets nothing, neither with the service nor on the way back.
func TestServiceClosed(t *testing.T) {
	m := withTheirs(t)
	m.run(t, "dpkg-statoverride", "--update", "--add", "root", "root", "755", "/usr/bin/newgidmap")
	m.dpkg(t, "-i", debs.ours)
	m.serve(t)
	for _, choice := range []string{"service", "capabilities", "service", "setuid"} {
		m.run(t, "userns-helpers-privilege", choice)
		if said := m.run(t, "userns-helpers-privilege"); said != "newuidmap: "+choice+"\nnewgidmap: none" {
			t.Errorf("%s: %q", choice, said)
		}
	}
}

// TestServiceRemoved: a removal takes the link by which an administrator enabled the service, which dpkg does not know, and the
// directory of its socket.
func TestServiceRemoved(t *testing.T) {
	m := withOurs(t)
	const link = "/etc/systemd/system/sockets.target.wants/userns-helpers-maps.socket"
	must(t, os.MkdirAll(m.dir+"/etc/systemd/system/sockets.target.wants", 0o755))
	must(t, os.Symlink("/usr/lib/systemd/system/userns-helpers-maps.socket", m.dir+link))
	m.serve(t)
	m.run(t, "userns-helpers-privilege", "service")
	m.watched(t, publicPrograms, func() { m.dpkg(t, "--remove", "userns-helpers") })
	m.isTheirs(t)
	m.expect(t, link, "")
	m.expect(t, "/run/userns-helpers", "")
}
