//go:build system

package packages

import (
	"os"
	"testing"
	"time"
)

// serve starts the service on the machine, for the roles given, as its administrator would without systemd, and returns what ends it.
func (m *machine) serve(t *testing.T, roles ...string) (end func()) {
	t.Helper()
	var ends []func()
	for _, role := range roles {
		socket := "/run/userns-helpers/" + role + ".sock"
		cmd := m.command(private+"userns-helperd", "--listen", socket, role)
		must(t, cmd.Start())
		ends = append(ends, func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		t.Cleanup(ends[len(ends)-1])
		for tries := 0; m.file(socket) == ""; tries++ {
			if tries == 500 {
				t.Fatal("the service does not listen")
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	return func() {
		for _, end := range ends {
			end()
		}
	}
}

// looked are the programs in which LXC looks for privilege; lxc-user-nic it executes without a look.
var looked = []string{"/usr/bin/newuidmap", "/usr/bin/newgidmap", "/usr/bin/getsubids", "=/usr/libexec/lxc/lxc-user-nic"}

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
	end := m.serve(t, "maps")
	refused("nobody listens for interfaces")
	endNics := m.serve(t, "nics")
	is := func(what, nics string) {
		t.Helper()
		if said := m.run(t, "userns-helpers-privilege"); said != "newuidmap: "+what+"\nnewgidmap: "+what+"\nlxc-user-nic: "+nics {
			t.Errorf("%q, and not %s", said, what)
		}
	}
	served := func() {
		t.Helper()
		m.leadsToOurs(t)
		m.expect(t, private+"newuidmap", "755 0:0")
		m.expect(t, private+"newgidmap", "755 0:0")
		m.expect(t, private+"lxc-user-nic", "755 0:0")
		wants(t, m.run(t, "getcap", "-n", private+"newuidmap"), "cap_setuid=ep [rootid=")
		wants(t, m.run(t, "getcap", "-n", private+"newgidmap"), "cap_setgid=ep [rootid=")
		is("service", "none")
	}
	choose := func(what string) {
		t.Helper()
		m.watched(t, looked, func() { m.run(t, "userns-helpers-privilege", what) })
	}
	choose("service")
	served()
	m.watched(t, looked, func() { m.dpkg(t, "-i", debs.oursNext) })
	served()
	choose("capabilities")
	is("capabilities", "setuid")
	wants(t, m.run(t, "getcap", "-n", private+"newuidmap"), "cap_setuid=ep")
	choose("service")
	served()
	choose("setuid")
	m.isOurs(t)
	choose("service")
	end()
	endNics()
	m.watched(t, looked, func() { wants(t, m.dpkg(t, "-i", debs.ours), "stay setuid root") })
	m.isOurs(t)
	refused("its name is there, and nobody listens")
}

// TestServiceClosed: a program that dpkg-statoverride closed gets nothing, neither with the service nor on the way back.
func TestServiceClosed(t *testing.T) {
	m := withTheirs(t)
	m.run(t, "dpkg-statoverride", "--update", "--add", "root", "root", "755", "/usr/bin/newgidmap")
	m.dpkg(t, "-i", debs.ours)
	m.serve(t, "maps", "nics")
	for choice, nics := range map[string]string{"service": "none", "capabilities": "setuid", "setuid": "setuid"} {
		m.run(t, "userns-helpers-privilege", "service")
		m.run(t, "userns-helpers-privilege", choice)
		if said := m.run(t, "userns-helpers-privilege"); said != "newuidmap: "+choice+"\nnewgidmap: none\nlxc-user-nic: "+nics {
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
	m.serve(t, "maps", "nics")
	m.run(t, "userns-helpers-privilege", "service")
	m.watched(t, looked, func() { m.dpkg(t, "--remove", "userns-helpers") })
	m.isTheirs(t)
	m.expect(t, link, "")
	m.expect(t, "/run/userns-helpers", "")
}
