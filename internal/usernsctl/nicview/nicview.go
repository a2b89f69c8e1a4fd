// Package nicview finds the network interfaces of containers that live on this host, and what is known of each.
//
// It changes nothing. Anybody may look; the slots and the processes of others are seen by root alone, and what is not
// seen is left out.
package nicview

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/ledger"
	"userns-helpers/internal/netquota/slots"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernic/mark"
	"userns-helpers/internal/usernsctl/bookview"
)

// NIC is an interface that was made for a user's container.
type NIC struct {
	Name        string   `json:"name"`      // on the host
	UID         int64    `json:"uid"`       // of who made it; -1: not known
	User        string   `json:"user"`      // login name of that, "" if there is none
	Charged     string   `json:"charged"`   // whose quota it counts against, "" if it is recorded nowhere
	Bridge      string   `json:"bridge"`    // that the kernel says it is on, or "none"; "" where it has left the one it was made on
	MadeOn      string   `json:"made_on"`   // the bridge that it was made on, or "none"
	Container   string   `json:"container"` // "" if it is not known
	Address     string   `json:"address"`   // its own IPv4 address, "" if it has none, or that is not seen
	PID         int      `json:"pid"`       // the oldest process in its network namespace, 0 if none was seen
	Namespace   int      `json:"namespace"` // id by which this host's network knows the namespace, -1 if it does not
	Leaving     bool     `json:"leaving"`   // its container has ended
	Since       int64    `json:"since"`     // seconds since 1970, 0 if it is not known
	FromInside  uint64   `json:"received"`  // bytes from the container
	ToInside    uint64   `json:"sent"`      // bytes to the container
	Protections []string `json:"protections"`
	Oddities    []Oddity `json:"oddities"` // what is not as it was made

	Is     netquota.Nic `json:"-"` // by what it is known again
	Making bool         `json:"-"` // lxc-user-nic is making it, or died over it
	Ours   bool         `json:"-"` // lxc-user-nic of these programs made it, and not LXC's
	Inside netquota.MAC `json:"-"` // the address that the container's end has; zero where that cannot be seen
}

// View is all interfaces, by name.
type View struct {
	NICs    []NIC `json:"interfaces"`
	Limited bool  `json:"limited"` // slots or processes of others could not be seen
}

// looker is one look.
type looker struct {
	*host
	names   map[uint32]string // login names
	rows    map[string]ledger.Row
	slots   map[string]bookview.Slot
	indexes map[int]bookview.Slot // slots by the index of the interface
	own     map[string]netip.Addr // addresses by the name that an interface was made with
	inside  processes
}

// Look finds them. Names are the login names of user ids. Errors: those of netlink and of the ledger.
func Look(names map[uint32]string) (View, error) {
	here, err := list()
	if err != nil {
		return View{}, err
	}
	l := &looker{host: here, names: names}
	limited, err := l.readBook()
	if err != nil {
		return View{}, err
	}
	l.inside = observe(here.handle)
	view := View{NICs: []NIC{}}
	for _, link := range here.links {
		if nic, is := l.look(link); is {
			view.NICs = append(view.NICs, nic)
		}
	}
	slices.SortFunc(view.NICs, func(a, b NIC) int { return strings.Compare(a.Name, b.Name) })
	view.Limited = limited || l.inside.hidden || here.odd
	return view, nil
}

// readBook reads the ledger and, where that is allowed, the slots.
func (l *looker) readBook() (limited bool, err error) {
	l.rows, l.slots, l.indexes = make(map[string]ledger.Row), make(map[string]bookview.Slot), make(map[int]bookview.Slot)
	first, network, err := l.conn.Here()
	if err != nil {
		return false, err
	}
	path, directory := slots.Locate(paths.Ledger(), paths.Slots(), slots.Network{Initial: first, ID: network})
	rows, noRows := bookview.Rows(path)
	slots, noSlots := bookview.Slots(directory)
	own, noAddresses := bookview.Addresses(directory)
	for _, err := range []error{noRows, noSlots, noAddresses} {
		limited = limited || err != nil
		if err != nil && !errors.Is(err, unix.EACCES) {
			return false, err
		}
	}
	l.own = own
	for _, row := range rows {
		l.rows[row.Nic] = row
	}
	for _, slot := range slots {
		l.slots[slot.Name] = slot
		if slot.Index != 0 {
			l.indexes[slot.Index] = slot
		}
	}
	return limited, nil
}

// look looks at one interface; false if it is none of a user's container.
func (l *looker) look(link netlink.Link) (NIC, bool) {
	if link.Type() != rtnl.KindVeth {
		return NIC{}, false
	}
	device := link.Attrs()
	slot, held := l.slotOf(device)
	row, listed := l.rows[madeName(device, slot)]
	nic := NIC{Name: device.Name, UID: -1, Charged: row.Owner, Namespace: device.NetNsID, Making: held && !slot.Complete}
	own, has := l.own[madeName(device, slot)]
	if has {
		nic.Address = own.String()
	}
	if device.Statistics != nil {
		nic.FromInside, nic.ToInside = device.Statistics.RxBytes, device.Statistics.TxBytes
	}
	if !listed && held {
		nic.Charged = slot.Owner
	}
	l.place(&nic, device, row.Place.Bridge, slot.Place.Bridge)
	made := nic.fromNames(madeName(device, slot), device.AltNames)
	if !listed && !held && !made {
		return NIC{}, false
	}
	nic.Ours = made || slot.MAC != netquota.MAC{}
	nic.Is = known(device, slot)
	if nic.UID >= 0 {
		nic.User = l.names[uint32(nic.UID)]
	}
	port, is := l.port(device)
	nic.Protections = append(protections(device.Name, port, is, l.rates[device.Index]), l.guards(device, own)...)
	l.locate(&nic, device)
	nic.Inside = l.addressInside(nic, device)
	nic.Oddities = l.oddities(nic, device, port)
	return nic, true
}

// slotOf is the slot of a device: it may have another name than when it was made.
func (l *looker) slotOf(device *netlink.LinkAttrs) (bookview.Slot, bool) {
	if slot, held := l.indexes[device.Index]; held {
		return slot, true
	}
	if slot, held := l.slots[device.Name]; held && slot.Index == 0 {
		return slot, true
	}
	return l.unfinished(device)
}

// unfinished is the slot of a device that has another name already, and whose maker has not recorded its index: by its address.
func (l *looker) unfinished(device *netlink.LinkAttrs) (bookview.Slot, bool) {
	if len(device.HardwareAddr) != len(netquota.MAC{}) || device.HardwareAddr[0] != mark.OfHost {
		return bookview.Slot{}, false
	}
	mac := mark.Container(netquota.MAC(device.HardwareAddr))
	for _, slot := range l.slots {
		if slot.Index == 0 && slot.MAC == mac {
			return slot, true
		}
	}
	return bookview.Slot{}, false
}

// madeName is the name that a device was made with, by its slot or its altname: rows have that.
func madeName(device *netlink.LinkAttrs, slot bookview.Slot) string {
	if slot.Name != "" {
		return slot.Name
	}
	for _, alt := range device.AltNames {
		if made, ok := originalName(alt); ok {
			return made
		}
	}
	return device.Name
}

// place says where an interface is, and where it was made. For a bridge of Linux the kernel says where it is; elsewhere what
// is recorded has to do.
func (l *looker) place(nic *NIC, device *netlink.LinkAttrs, recorded ...string) {
	nic.MadeOn = ifname.None
	for _, name := range slices.Backward(recorded) {
		if name != "" {
			nic.MadeOn = name
		}
	}
	on := l.kindOf(device.MasterIndex) == rtnl.KindBridge
	switch {
	case on && !slices.ContainsFunc(recorded, func(name string) bool { return name != "" }):
		nic.MadeOn = l.links[device.MasterIndex].Attrs().Name
		nic.Bridge = nic.MadeOn
	case on:
		nic.Bridge = l.links[device.MasterIndex].Attrs().Name
	case !l.hasMasters(nic.MadeOn):
		nic.Bridge = nic.MadeOn
	}
}

// hasMasters reports whether the kernel tells which interfaces are on the bridge of a name, or there is none of that name. It
// does not tell of those of Open vSwitch.
func (l *looker) hasMasters(bridge string) bool {
	if bridge == ifname.None {
		return false
	}
	for _, link := range l.links {
		if link.Attrs().Name == bridge {
			return link.Type() != rtnl.KindOpenVSwitch && link.Type() != rtnl.KindTun
		}
	}
	return true
}

// known is by what an interface is known again: what its slot says, or else its own marks.
func known(device *netlink.LinkAttrs, slot bookview.Slot) netquota.Nic {
	is := slot.Nic
	if is.Name == "" {
		is = netquota.Named(madeName(device, slot))
	}
	is.Index = device.Index
	if is.MAC == (netquota.MAC{}) && len(device.HardwareAddr) == len(is.MAC) && device.HardwareAddr[0] == mark.OfHost {
		is.MAC = mark.Container(netquota.MAC(device.HardwareAddr))
	}
	return is
}

// fromNames takes what the names tell; false if they tell that lxc-user-nic did not make the interface.
func (n *NIC) fromNames(name string, altNames []string) bool {
	for _, alt := range altNames {
		if uid, container, ok := parseAltName(alt, n.MadeOn); ok {
			n.UID, n.Container = int64(uid), container
			return true
		}
	}
	if uid, ok := netquota.UserOf(name); ok {
		n.UID = int64(uid)
	}
	return false
}

// protections are those that are on, by the words of policy.toml(5) and bridge(8); isPort says that the interface called
// name is a port of a Linux bridge.
func protections(name string, port rtnl.Port, isPort bool, rate uint64) []string {
	on := []string{}
	flags := port.Flags
	for _, p := range []struct {
		is   bool
		name string
	}{
		{isPort && flags.Locked && !flags.Learning, "mac_lock"},
		{isPort && flags.Isolated, "isolated"},
		{isPort && !flags.UnicastFlood, "no unicast_flood"},
		{isPort && flags.BPDUGuard, "bpdu_guard"},
		{isPort && flags.RootBlock, "root_block"},
		{Quiet(name), "no ipv6_on_host"},
	} {
		if p.is {
			on = append(on, p.name)
		}
	}
	if rate > 0 {
		on = append(on, "rate_to_container "+rateText(rate))
	}
	return on
}

// rateText is a rate in bits a second as policy.toml(5) has it, in the largest unit that leaves no fraction.
func rateText(bits uint64) string {
	for _, u := range []struct {
		size uint64
		name string
	}{{1_000_000_000, "gbit"}, {1_000_000, "mbit"}, {1_000, "kbit"}} {
		if bits%u.size == 0 {
			return strconv.FormatUint(bits/u.size, 10) + u.name
		}
	}
	return strconv.FormatUint(bits, 10) + "bit"
}
