package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"userns-helpers/test/blackbox/harness"
)

// Paths of the ledger and of lxc-usernet(5), the same for both programs.
const (
	ledgerFolder = "/run/lxc"
	ledger       = ledgerFolder + "/nics"
	usernet      = "/etc/lxc/lxc-usernet"
)

// network makes the bridge of all rows, with two ports, and grants the user interfaces.
func (b *bench) network() error {
	if err := write(usernet, b.user.name+" veth br0 5\n"+b.user.name+" veth br400 5\n"+b.user.name+" veth br1000 5\n"); err != nil {
		return err
	}
	return makeBridge("br0", 2)
}

// nics measures lxc-user-nic: one interface is made on a bridge, among other users' rows and ports.
func (b *bench) nics() error {
	for ports, bridge := range map[int]string{400: "br400", 1000: "br1000"} {
		if err := makeBridge(bridge, ports); err != nil {
			return err
		}
	}
	targets := map[int]float64{0: 1, 2000: 0.3}
	for _, rows := range []int{0, 200, 2000, 10000} {
		r := row{Row: Row{Group: "lxc-user-nic, by rows of the ledger", Name: "lxc-user-nic, " + thousands(rows) + " rows", X: float64(rows), Target: targets[rows]}}
		if err := b.nic(r, "br0", rows); err != nil {
			return err
		}
	}
	for _, ports := range []int{2, 400, 1000} {
		bridge := "br" + strconv.Itoa(ports)
		if ports == 2 {
			bridge = "br0"
		}
		r := row{Row: Row{Group: "lxc-user-nic, by ports of the bridge", Name: "lxc-user-nic, " + thousands(ports) + " ports", X: float64(ports)}}
		if ports == 400 {
			r.Target = 1
		}
		if err := b.nic(r, bridge, 0); err != nil {
			return err
		}
	}
	return ip("link del br400", "link del br1000")
}

func (b *bench) nic(r row, bridge string, rows int) error {
	target, err := b.user.hold("-Urn")
	if err != nil {
		return err
	}
	defer target.Release()
	r.runs = b.runs(100)
	r.debian, r.ours = b.sides(func(program string) side { return b.creating(program, target, bridge, rows) }, userNic)
	return b.row(r)
}

// creating makes an interface; the ledger has rows of other users' interfaces then. Each is for a container of another
// name: our address of a name stays claimed until the kernel has let go of the interface before, and would be waited for.
func (b *bench) creating(program string, target *harness.Target, bridge string, rows int) side {
	var made string
	containers := 0
	next := func() (call, error) {
		if err := recordOthers(rows, bridge); err != nil {
			return call{}, err
		}
		containers++
		return call{
			argv: []string{program, "create", "/dev/null", "c" + strconv.Itoa(containers), strconv.Itoa(target.PID), "veth", bridge, "eth0"}, uid: b.user.uid,
			after: func(stdout string) error {
				fields := strings.Split(strings.TrimSpace(stdout), ":")
				if len(fields) != 4 {
					return fmt.Errorf("%s: unexpected output %q", program, stdout)
				}
				made = fields[2]
				return nil
			},
		}, nil
	}
	return calling(next, func() error { return ip("link del " + made) })
}

// recordOthers makes a ledger of rows of other users.
func recordOthers(rows int, bridge string) error {
	if err := os.RemoveAll(ledgerFolder); err != nil {
		return err
	}
	if err := os.MkdirAll(ledgerFolder, 0o755); err != nil {
		return err
	}
	var text strings.Builder
	for i := range rows {
		fmt.Fprintf(&text, "user%d veth %s veth%d_%04d\n", i, bridge, 10000+i, i)
	}
	return write(ledger, text.String())
}

// makeBridge makes a bridge with an even number of ports, pairs with both ends on it, which stay down.
func makeBridge(name string, ports int) error {
	lines := []string{"link add " + name + " address 02:00:00:00:00:01 type bridge", "link set " + name + " up"}
	for i := range ports / 2 {
		one, other := fmt.Sprintf("%sa%d", name, i), fmt.Sprintf("%sb%d", name, i)
		lines = append(lines, "link add "+one+" type veth peer name "+other, "link set "+one+" master "+name, "link set "+other+" master "+name)
	}
	return ip(lines...)
}
