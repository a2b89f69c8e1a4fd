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
	"userns-helpers/internal/usernsctl/bookview"
)

// NIC is an interface that was made for a user's container.
type NIC struct {
	Name        string   `json:"name"`      // on the host
	UID         int64    `json:"uid"`       // of who made it; -1: not known
	User        string   `json:"user"`      // login name of that, "" if there is none
	Charged     string   `json:"charged"`   // whose quota it counts against, "" if it is recorded nowhere
	Bridge      string   `json:"bridge"`    // or "none"
	Container   string   `json:"container"` // "" if it is not known
	Address     string   `json:"address"`   // its own IPv4 address, "" if it has none, or that is not seen
	PID         int      `json:"pid"`       // the oldest process in its network namespace, 0 if none was seen
	Namespace   int      `json:"namespace"` // id by which this host's network knows the namespace, -1 if it does not
	Leaving     bool     `json:"leaving"`   // its container has ended
	Since       int64    `json:"since"`     // seconds since 1970, 0 if it is not known
	FromInside  uint64   `json:"received"`  // bytes from the container
	ToInside    uint64   `json:"sent"`      // bytes to the container
	Protections []string `json:"protections"`
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
	nic := NIC{Name: device.Name, UID: -1, Charged: row.Owner, Namespace: device.NetNsID}
	if own, has := l.own[madeName(device, slot)]; has {
		nic.Address = own.String()
	}
	if device.Statistics != nil {
		nic.FromInside, nic.ToInside = device.Statistics.RxBytes, device.Statistics.TxBytes
	}
	if !listed && held {
		nic.Charged = slot.Owner
	}
	nic.Bridge = l.bridge(device, row.Place.Bridge, slot.Place.Bridge)
	made := nic.fromNames(madeName(device, slot), device.AltNames)
	if !listed && !held && !made {
		return NIC{}, false
	}
	if nic.UID >= 0 {
		nic.User = l.names[uint32(nic.UID)]
	}
	port, is := l.port(device)
	nic.Protections = append(protections(device.Name, port, is, l.rates[device.Index]), l.guards(device)...)
	l.locate(&nic, device)
	return nic, true
}

// slotOf is the slot of a device: it may have another name than when it was made.
func (l *looker) slotOf(device *netlink.LinkAttrs) (bookview.Slot, bool) {
	if slot, held := l.indexes[device.Index]; held {
		return slot, true
	}
	slot, held := l.slots[device.Name]
	return slot, held && slot.Index == 0
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

// bridge is where an interface is: what the kernel says, or else what is recorded.
func (l *looker) bridge(device *netlink.LinkAttrs, recorded ...string) string {
	if l.kindOf(device.MasterIndex) == rtnl.KindBridge {
		return l.links[device.MasterIndex].Attrs().Name
	}
	for _, name := range recorded {
		if name != "" {
			return name
		}
	}
	return ifname.None
}

// fromNames takes what the names tell; false if they tell that lxc-user-nic did not make the interface.
func (n *NIC) fromNames(name string, altNames []string) bool {
	for _, alt := range altNames {
		if uid, container, ok := parseAltName(alt, n.Bridge); ok {
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
		{quiet(name), "no ipv6_on_host"},
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
