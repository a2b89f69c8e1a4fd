//go:build system

package policy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

const (
	// own is a policy with an address for each interface: 62 of them, as the bridge is not in the pool.
	own = "[bridge.br0]\naddress_guard = true\naddresses = [\"10.7.0.64/26\", \"fd00:7::/64\"]\n"
	// hosts is the directory of what dnsmasq is told.
	hosts = "/run/lxc/dhcp-hosts"
)

// addressed are the addresses that are recorded for a bridge, by the interface that has one, or had it last.
func addressed(t *testing.T, bridge string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("/run/lxc/nics.d/address." + bridge + "+1")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	found := make(map[string]string)
	for ; len(text) >= 96; text = text[min(128, len(text)):] {
		if words := strings.Fields(string(text[:96])); len(words) == 9 {
			found[words[2]] = words[7]
		}
	}
	return found
}

// addressOf is the address of the interface that an answer names.
func addressOf(t *testing.T, a answer) string {
	t.Helper()
	words := strings.Split(strings.TrimSpace(a.text), ":")
	if !a.ok || len(words) != 4 {
		t.Fatal(a.text)
	}
	return addressed(t, "br0")[words[2]]
}

// ended deletes the interface of an answer, as the end of its container does.
func ended(t *testing.T, a answer) {
	t.Helper()
	sh(t, "ip link del %s", strings.Split(a.text, ":")[2])
}

// TestAddressesAtOnce: of 200 calls of two users at once 62 get an address, each another one, and the others are told.
func TestAddressesAtOnce(t *testing.T) {
	network(t)
	setPolicy(t, own)
	sh(t, "ip address add 10.7.0.1/24 dev br0")
	pids := map[string]int{alice.name: hold(t, alice), bob.name: hold(t, bob)}
	granted, refused := crowd(t, calls, "No free IP address: 62 of 62 in use", func(i int) (user, int, string) {
		u := []user{alice, bob}[i%2]
		return u, pids[u.name], "br0"
	})
	if granted["alice"]+granted["bob"] != 62 || refused != calls-62 || living(t, alice)+living(t, bob) != 62 {
		t.Errorf("granted %v, refused %d", granted, refused)
	}
	taken := make(map[string]string)
	for nic, address := range addressed(t, "br0") {
		if other, twice := taken[address]; twice {
			t.Errorf("%s and %s have %s", nic, other, address)
		}
		taken[address] = nic
		var last int
		if _, err := fmt.Sscanf(address, "10.7.0.%d", &last); err != nil || last <= 64 || last >= 127 {
			t.Errorf("%s has %s", nic, address)
		}
	}
	for _, name := range interfaces(t) {
		if strings.HasPrefix(name, "veth") && addressed(t, "br0")[name] == "" {
			t.Errorf("%s has no address", name)
		}
	}
}

// TestAddressKept: a container has its address at each start, others in between do not get it, the record has it, and the
// bridge's own is nobody's.
func TestAddressKept(t *testing.T) {
	network(t)
	setPolicy(t, "[bridge.br0]\naddress_guard = true\naddresses = [\"10.7.0.0/29\"]\n[[rule]]\nuser = \"bob\"\ncontainer = \"cfix\"\naddress = \"10.7.0.3\"\n")
	sh(t, "ip address add 10.7.0.2/24 dev br0")
	pid, others := hold(t, alice), hold(t, bob)
	journal, err := harness.Listen()
	must(t, err)
	first := create(nicProgram(), alice, pid, "br0", "e0")
	address := addressOf(t, first)
	if records := strings.Join(journal.Records(), "\n"); !strings.Contains(records, "address=\""+address+"\"") {
		t.Errorf("the record has no %s: %s", address, records)
	}
	ended(t, first)
	seen := map[string]bool{address: true}
	for i := range 3 { // of 10.7.0.1, 4, 5, 6
		other := create(nicProgram(), bob, others, "br0", fmt.Sprintf("f%d", i))
		if a := addressOf(t, other); seen[a] || a == "10.7.0.2" || a == "10.7.0.3" {
			t.Errorf("bob has %s beside %v", a, seen)
		} else {
			seen[a] = true
		}
	}
	if again := create(nicProgram(), bob, others, "br0", "f9"); again.ok || !strings.Contains(again.text, "4 of 4 in use") {
		t.Errorf("more than there are: %s", again.text)
	}
	if fixed := addressOf(t, create(nicProgram(), bob, others, "br0", "fix")); fixed != "10.7.0.3" {
		t.Errorf("the fixed one has %s", fixed)
	}
	again := create(nicProgram(), alice, pid, "br0", "e0")
	if now := addressOf(t, again); now != address {
		t.Errorf("%s, then %s", address, now)
	}
}

// TestAddressShare: a user who starts one container after the other, each of another name, leaves others theirs.
func TestAddressShare(t *testing.T) {
	network(t)
	setPolicy(t, own+"[limits]\nnics_per_user = 300\n")
	usernet, err := os.ReadFile("/etc/lxc/lxc-usernet")
	must(t, err)
	replaced(t, "/etc/lxc/lxc-usernet", strings.Replace(string(usernet), "alice veth br0 300", "alice veth br0 3", 1))
	pid := hold(t, alice)
	seen := make(map[string]bool)
	for i := range 20 {
		a := create(nicProgram(), alice, pid, "br0", fmt.Sprintf("e%d", i))
		seen[addressOf(t, a)] = true
		ended(t, a)
	}
	if len(seen) != 6 || len(addressed(t, "br0")) != 6 {
		t.Errorf("with a quota of 3 she has had %d addresses", len(seen))
	}
}

// TestHandedToDnsmasq: dnsmasq is told by a file that users cannot read, which a create that fails, and a second one, leave
// alone; and a directory that is not fit refuses the interface and leaves nothing.
func TestHandedToDnsmasq(t *testing.T) {
	network(t)
	setPolicy(t, own+"dhcp_hosts = true\n")
	sh(t, "groupadd -f dnsmasq; mkdir -m 755 /run/lxc; install -d -m 2750 -g dnsmasq %s", hosts)
	t.Cleanup(func() { sh(t, "groupdel dnsmasq") })
	pid := hold(t, alice)
	first := create(nicProgram(), alice, pid, "br0", "e0")
	address := addressOf(t, first)
	mac := strings.Fields(inside(t, pid, "ip -br link show e0"))[2]
	path := filepath.Join(hosts, address)
	text, err := os.ReadFile(path)
	if want := mac + ",id:*," + address + ",ce0-1501,600\n"; err != nil || string(text) != want {
		t.Errorf("%q, %v, want %q", text, err, want)
	}
	if got := strings.TrimSpace(sh(t, "stat -c %%a:%%U:%%G %s", path)); got != "640:root:dnsmasq" {
		t.Error(got)
	}
	if seen := callAs(alice, "/bin/ls", hosts); seen.ok {
		t.Errorf("alice sees %q", seen.text)
	}
	before := sh(t, "stat -c %%i:%%Z %s", path)
	ended(t, first)
	if again := addressOf(t, create(nicProgram(), alice, pid, "br0", "e0")); again != address || sh(t, "stat -c %%i:%%Z %s", path) != before {
		t.Errorf("%s, then %s; the file was written again", address, again)
	}
	names, err := exec.Command("/bin/ls", "-A", hosts).Output()
	if err != nil || string(names) != address+"\n" {
		t.Errorf("%q, %v", names, err)
	}
	for _, spoil := range []string{"chmod 2755", "chmod 00750", "chmod 2770", "chown 1501"} {
		sh(t, "%s %s", spoil, hosts)
		before := living(t, alice)
		if a := create(nicProgram(), alice, pid, "br0", "e1"); a.ok || !strings.Contains(a.text, "install -d -m 2750") || living(t, alice) != before {
			t.Errorf("%s: %s", spoil, a.text)
		}
		sh(t, "chown root:dnsmasq %s; chmod 2750 %s", hosts, hosts)
	}
}

// TestForgedAddress: a user whose calls fail once dnsmasq is told, and who then makes what the container's end was, has no more
// addresses than their share: whether an address is in use is not for the container to say.
func TestForgedAddress(t *testing.T) {
	network(t)
	setPolicy(t, own+"dhcp_hosts = true\n")
	usernet, err := os.ReadFile("/etc/lxc/lxc-usernet")
	must(t, err)
	replaced(t, "/etc/lxc/lxc-usernet", strings.Replace(string(usernet), "alice veth br0 300", "alice veth br0 1", 1))
	sh(t, "groupadd -f dnsmasq; mkdir -m 755 /run/lxc; install -d -m 2750 -g dnsmasq %s", hosts)
	t.Cleanup(func() { sh(t, "groupdel dnsmasq") })
	elsewhere, seen := hold(t, alice), make(map[string]bool)
	for i := range 5 {
		pid := hold(t, alice)
		a := callAs(alice, "/bin/sh", "-c", fmt.Sprintf("exec %s create /dev/null c%d %d veth br0 e0 >/dev/full", nicProgram(), i, pid))
		if a.ok || living(t, alice) != 0 {
			t.Fatal(a.text)
		}
		text, err := os.ReadFile("/run/lxc/nics.d/address.br0+1")
		must(t, err)
		for ; len(text) >= 96; text = text[min(128, len(text)):] {
			words := strings.Fields(string(text[:96]))
			if _, err := os.Stat(filepath.Join(hosts, words[7])); err != nil || words[6] == "-" {
				t.Fatalf("%v: %v", words, err)
			}
			if !seen[words[2]] {
				seen[words[2]] = true
				inside(t, pid, "ip link add e0 index %s type veth peer name e%d netns %d", words[6], i, elsewhere)
			}
		}
	}
	if held := addressed(t, "br0"); len(held) != 2 || len(seen) != 5 {
		t.Errorf("with a quota of 1 she holds %d addresses: %v", len(held), held)
	}
	if a := create(nicProgram(), bob, hold(t, bob), "br0", "e0"); !a.ok {
		t.Error(a.text)
	}
}
