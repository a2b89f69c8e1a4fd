package apply

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"userns-helpers/internal/policy/guard"
	"userns-helpers/internal/usernsctl/drift"
	"userns-helpers/internal/usernsctl/nicview"
	"userns-helpers/internal/usernsctl/readdir"
)

// leases is where dnsmasq(8) of Debian and its kin keeps who has which address: dnsmasq.leases, dnsmasq.lxcbr0.leases.
const leases = "/var/lib/misc"

// mostLeases bounds what is read of a file of leases, in bytes: some 10,000 of them.
const mostLeases = 1 << 20

// strange says which addresses the container will lose with address_guard, which its interface does not have yet. Its own is
// the one that the book has, written before the interface was made: what neighbours and leases say is what the container, and
// any other on the bridge, makes them say, and decides nothing.
func (h *hands) strange(n drift.NIC) (remarks []string) {
	if !n.Guard.Addresses || !slices.Contains(keysOf(n.Gaps), drift.Filter) || nicview.AddressIn(n.Have.Filter, n.Is.MAC).IsValid() {
		return nil
	}
	for _, address := range append(h.neighbours(n), leased(nicview.MACText(n.Is.MAC))...) {
		if !isOwn(n.Guard, address) && len(remarks) < mostStrange {
			remarks = append(remarks, "The host knows its container by "+address.String()+", which is not its own: nothing comes from there any more with address_guard.")
		}
	}
	return remarks
}

// mostStrange bounds how many such addresses are told: a container can have any number.
const mostStrange = 4

// isOwn reports whether an address is one of an interface's own.
func isOwn(own guard.Nic, address netip.Addr) bool {
	if address.Is4() {
		return slices.Contains(own.OwnIPv4, address.As4())
	}
	return slices.Contains(own.OwnIPv6, address.As16())
}

// neighbours are the addresses by which the host knows who has an interface's hardware address, on its bridge, as far as they
// can be listed.
func (h *hands) neighbours(n drift.NIC) []netip.Addr {
	index := n.Link.Device.Index
	if index == 0 { // with no bridge the host's end is where they are
		index = n.Is.Index
	}
	var used []netip.Addr
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		all, _ := h.handle.NeighList(index, family)
		for _, neighbour := range all {
			address, is := netip.AddrFromSlice(neighbour.IP)
			if is && slices.Equal(neighbour.HardwareAddr, n.Is.MAC[:]) && neighbour.State&netlink.NUD_FAILED == 0 {
				used = append(used, address.Unmap())
			}
		}
	}
	return used
}

// leased are the addresses that leases of dnsmasq which have not ended give to a hardware address.
func leased(mac string) []netip.Addr {
	names, _ := readdir.Names(leases)
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_REALTIME, &now)
	var used []netip.Addr
	for _, name := range names {
		if strings.HasPrefix(name, "dnsmasq") && strings.HasSuffix(name, ".leases") {
			used = append(used, leasesIn(readdir.Beginning(leases+"/"+name, mostLeases), mac, now.Sec)...)
		}
	}
	return used
}

// leasesIn are those of a file: when it ends, or 0, the hardware address, the address.
func leasesIn(text, mac string, now int64) []netip.Addr {
	var used []netip.Addr
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 3 || !strings.EqualFold(words[1], mac) {
			continue
		}
		ends, err := strconv.ParseInt(words[0], 10, 64)
		address, bad := netip.ParseAddr(words[2])
		if err == nil && bad == nil && (ends == 0 || ends > now) {
			used = append(used, address)
		}
	}
	return used
}
