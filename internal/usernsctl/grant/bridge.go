package grant

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/usernsctl/readdir"
)

// A bridge of a user's alone: containers of different users on one bridge can reach each other, and quarrel about addresses.

// bridgeOf is the name of a user's own bridge: at most 13 bytes, of the 15 that a name can have.
func bridgeOf(uid uint32) string { return "br-" + decimal(uint64(uid)) }

// usualNICs is how many interfaces a user gets on the bridge, if --nics does not say.
const usualNICs = 10

// withBridge adds the user's own bridge to the interfaces of an order.
func (o *Order) withBridge(p person) {
	for _, nic := range o.NICs {
		if nic.Bridge == bridgeOf(p.uid) {
			return
		}
	}
	o.NICs = append(o.NICs, NIC{bridgeOf(p.uid), usualNICs})
}

// The files of systemd-networkd.
const (
	networkDirectory = "/etc/systemd/network"
	networkPrefix    = "50-userns-helpers-"
)

// networkFiles are where systemd-networkd has a bridge.
func networkFiles(bridge string) (netdev, network string) {
	base := networkDirectory + "/" + networkPrefix + bridge
	return base + ".netdev", base + ".network"
}

// network are the settings of systemd-networkd: the host hands out addresses, and neither sends nor believes router
// advertisements. No cable is ever plugged in.
func network(bridge string, address subnet) []setting {
	netdev, network := networkFiles(bridge)
	return []setting{
		{netdev, []string{"[NetDev]", "Name=" + bridge, "Kind=bridge"}},
		{network, []string{
			"[Match]", "Name=" + bridge,
			"[Network]", addressKey + address.host(), "DHCPServer=yes", "IPMasquerade=ipv4", "IPv6SendRA=no", "IPv6AcceptRA=no", "ConfigureWithoutCarrier=yes",
		}},
	}
}

// mayBridge refuses where the user's own bridge is somebody else's.
func (h Host) mayBridge(o Order, p person) error {
	switch {
	case !o.OwnBridge:
		return nil
	case p.uid == 0:
		return &Refusal{"bridge-root", "root needs no bridge from here", "lxc-user-nic asks nothing of root: make a bridge."}
	case !h.networkdRuns():
		return nil
	}
	bridge := bridgeOf(p.uid)
	settings := network(bridge, subnet{})
	if account.Present("/sys/class/net/"+bridge) && !account.Present(settings[0].file) {
		return &Refusal{"bridge-foreign", "there is an interface " + bridge + " already, which usernsctl did not make", "Use it with --nics " + bridge + "=NUMBER, or remove it."}
	}
	return foreign(settings...)
}

// bridge makes a bridge of the user's alone, or says how.
func (j *job) bridge(r *Report) error {
	if !j.order.OwnBridge {
		return nil
	}
	p := j.people[0]
	name := bridgeOf(p.uid)
	own, err := address(name, p.uid)
	if err != nil {
		return err
	}
	if !j.networkdRuns() {
		r.paste("/etc/network/interfaces.d/"+name, ifupdown(name, own)...)
		r.remark("systemd-networkd does not run here: for ifupdown write the lines above, run ifup " + name + ", and have dnsmasq hand out addresses there.")
		return nil
	}
	changed, err := put(r, p.name, j.order.DryRun, network(name, own)...)
	if err != nil || j.order.DryRun {
		return err
	}
	if !changed && account.Present("/sys/class/net/"+name) {
		return nil
	}
	if err := tell("networkctl", "reload"); err != nil {
		return err
	}
	if !appears(name) {
		return fmt.Errorf("systemd-networkd has the files of %s, and made no bridge of them: journalctl -u systemd-networkd", name)
	}
	return nil
}

// appears waits for an interface, and reports whether it came.
func appears(name string) bool {
	const patience = 5 * time.Second
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if account.Present("/sys/class/net/" + name) {
			return true
		}
	}
	return false
}

// ifupdown is the bridge as interfaces(5) has it.
func ifupdown(bridge string, address subnet) []string {
	return []string{
		"auto " + bridge,
		"iface " + bridge + " inet static",
		"    address " + address.host(),
		"    bridge_ports none",
		"    bridge_fd 0",
		"    post-up sysctl -w net.ipv6.conf." + bridge + ".accept_ra=0",
	}
}

// networkdRuns reports whether systemd-networkd does: as root or as the user that it has, so that no user's process is taken
// for it.
func (h Host) networkdRuns() bool {
	owners := map[uint32]bool{0: true}
	_ = h.eachUser(func(u local) {
		if u.Name == "systemd-network" {
			owners[u.ID] = true
		}
	})
	names, _ := readdir.Names("/proc")
	for _, name := range names {
		var stat unix.Stat_t
		if subid.IsUID(name) && isNetworkd("/proc/"+name) && unix.Stat("/proc/"+name, &stat) == nil && owners[stat.Uid] {
			return true
		}
	}
	return false
}

// isNetworkd reports whether a process executes systemd-networkd, for this network: that of a container whose root is the host's
// has the same user, and makes no bridge here. Who may not see what it executes, for a dry run, believes its
// name: that of a setuid program is whatever its caller calls it.
func isNetworkd(process string) bool {
	if readdir.Beginning(process+"/comm", 32) != "systemd-network\n" { // 15 bytes of it
		return false
	}
	program, err := linkOf(process + "/exe")
	if err != nil {
		return unix.Geteuid() != 0
	}
	here, failed := linkOf("/proc/self/ns/net")
	there, err := linkOf(process + "/ns/net")
	return failed == nil && err == nil && here == there &&
		strings.HasSuffix(strings.TrimSuffix(program, " (deleted)"), "/systemd-networkd") // an upgrade deletes it
}

// linkOf is where a link of /proc says that it leads to.
func linkOf(path string) (string, error) {
	buffer := make([]byte, unix.PathMax)
	n, err := unix.Readlink(path, buffer)
	return string(buffer[:max(n, 0)]), err
}

// unbridge takes a user's own bridge away: its files, and the bridge, which systemd-networkd leaves.
func (h Host) unbridge(w Withdrawal, p person, r *Report) error {
	name := bridgeOf(p.uid)
	netdev, network := networkFiles(name)
	gone, err := removed(r, p.name, w.DryRun, network, netdev)
	if !gone || err != nil || w.DryRun {
		return err
	}
	if h.networkdRuns() {
		if err := tell("networkctl", "reload"); err != nil {
			return err
		}
	}
	link, err := netlink.LinkByName(name)
	var missing netlink.LinkNotFoundError
	switch {
	case errors.As(err, &missing):
		return nil
	case err == nil && link.Type() == "bridge":
		err = netlink.LinkDel(link)
	}
	if err != nil {
		return errors.New("the files are removed, and the bridge " + strconv.Quote(name) + " is not: " + err.Error())
	}
	return nil
}
