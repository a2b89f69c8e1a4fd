// Package nicview finds the network interfaces of containers that live on this host, and what is known of each.
//
// It changes nothing. Anybody may look; the slots and the processes of others are seen by root alone, and what is not
// seen is left out.
package nicview

import (
	"errors"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/slots"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernic"
)

// NIC is an interface that was made for a user's container.
type NIC struct {
	Name        string   `json:"name"`      // on the host
	UID         int64    `json:"uid"`       // of who made it; -1: not known
	User        string   `json:"user"`      // login name of that, "" if there is none
	Charged     string   `json:"charged"`   // whose quota it counts against, "" if it is recorded nowhere
	Bridge      string   `json:"bridge"`    // or "none"
	Container   string   `json:"container"` // "" if it is not known
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
	conn    *rtnl.Conn
	names   map[uint32]string // login names
	rows    map[string]slots.Row
	slots   map[string]slots.Slot
	indexes map[int]slots.Slot // slots by the index of the interface
	odd     bool               // an interface could not be described
	inside  processes
	masters map[int]string // names of bridges
}

// Look finds them. Names are the login names of user ids. Errors: those of netlink and of the ledger.
func Look(names map[uint32]string) (View, error) {
	conn, err := rtnl.Dial()
	if err != nil {
		return View{}, err
	}
	l := &looker{conn: conn, names: names, masters: make(map[int]string)}
	limited, err := l.readBook()
	if err != nil {
		return View{}, err
	}
	all, err := rtnl.Names()
	if err != nil {
		return View{}, err
	}
	l.inside = observe(conn)
	view := View{NICs: []NIC{}, Limited: limited || l.inside.hidden}
	for _, name := range slices.Sorted(slices.Values(all)) {
		if nic, is := l.look(name); is {
			view.NICs = append(view.NICs, nic)
		}
	}
	view.Limited = view.Limited || l.odd
	return view, nil
}

// readBook reads the ledger and, where that is allowed, the slots.
func (l *looker) readBook() (limited bool, err error) {
	l.rows, l.slots, l.indexes = make(map[string]slots.Row), make(map[string]slots.Slot), make(map[int]slots.Slot)
	first, network, err := l.conn.Here()
	if err != nil {
		return false, err
	}
	ledger, folder := slots.Locate(paths.Ledger(), paths.Slots(), slots.Network{Initial: first, ID: network})
	rows, noRows := slots.ReadRows(ledger)
	slots, noSlots := slots.ReadSlots(folder)
	for _, err := range []error{noRows, noSlots} {
		limited = limited || err != nil
		if err != nil && !errors.Is(err, unix.EACCES) {
			return false, err
		}
	}
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

// look looks at one interface; false if it is none of a user's container. One that cannot be described is not shown, and
// keeps no other from being.
func (l *looker) look(name string) (NIC, bool) {
	device, err := l.conn.Inspect(name)
	if err != nil || device.Kind != rtnl.KindVeth {
		l.odd = l.odd || err != nil && !errors.Is(err, unix.ENODEV)
		return NIC{}, false
	}
	slot, held := l.slotOf(device.Device)
	row, listed := l.rows[madeName(device.Device, slot)]
	nic := NIC{Name: name, UID: -1, Charged: row.Owner, Namespace: device.PeerNSID, FromInside: device.Received, ToInside: device.Sent}
	if !listed && held {
		nic.Charged = slot.Owner
	}
	nic.Bridge = l.bridge(device.Device, row.Place.Bridge, slot.Place.Bridge)
	made := nic.fromNames(madeName(device.Device, slot), device.AltNames)
	if !listed && !held && !made {
		return NIC{}, false
	}
	nic.User = l.names[uint32(max(nic.UID, 0))]
	if nic.UID < 0 {
		nic.User = ""
	}
	nic.Protections = append(protections(device), l.guards(device.Device)...)
	l.locate(&nic, device.Device)
	return nic, true
}

// slotOf is the slot of a device: it may have another name than when it was made.
func (l *looker) slotOf(device rtnl.Device) (slots.Slot, bool) {
	if slot, held := l.indexes[device.Index]; held {
		return slot, true
	}
	slot, held := l.slots[device.Name]
	return slot, held && slot.Index == 0
}

// madeName is the name that a device was made with, by its slot or its altname: rows have that.
func madeName(device rtnl.Device, slot slots.Slot) string {
	if slot.Name != "" {
		return slot.Name
	}
	for _, alt := range device.AltNames {
		if made, ok := usernic.MadeName(alt); ok {
			return made
		}
	}
	return device.Name
}

// bridge is where an interface is: what the kernel says, or else what is recorded.
func (l *looker) bridge(device rtnl.Device, recorded ...string) string {
	if device.Master != 0 {
		if l.masters[device.Master] == "" {
			master, err := l.conn.DeviceIn(rtnl.NoNamespace, device.Master)
			if err == nil && master.Kind == rtnl.KindBridge {
				l.masters[device.Master] = master.Name
			}
		}
		if name := l.masters[device.Master]; name != "" {
			return name
		}
	}
	for _, name := range recorded {
		if name != "" {
			return name
		}
	}
	return "none"
}

// fromNames takes what the names tell; false if they tell that lxc-user-nic did not make the interface.
func (n *NIC) fromNames(name string, altNames []string) bool {
	for _, alt := range altNames {
		if uid, container, ok := usernic.ParseAltName(alt, n.Bridge); ok {
			n.UID, n.Container = int64(uid), container
			return true
		}
	}
	if uid, ok := netquota.UserOf(name); ok {
		n.UID = int64(uid)
	}
	return false
}

// protections are those that are on, by the words of policy.toml(5) and bridge(8).
func protections(d rtnl.Inspected) []string {
	on := []string{}
	flags := d.Port.Flags
	for _, p := range []struct {
		is   bool
		name string
	}{
		{d.OnBridge && flags.Locked && !flags.Learning, "mac_lock"},
		{d.OnBridge && flags.Isolated, "isolated"},
		{d.OnBridge && !flags.UnicastFlood, "no unicast_flood"},
		{d.OnBridge && flags.BPDUGuard, "bpdu_guard"},
		{d.OnBridge && flags.RootBlock, "root_block"},
		{rtnl.QuietsIPv6(d.Name), "no ipv6_on_host"},
	} {
		if p.is {
			on = append(on, p.name)
		}
	}
	if d.Rate > 0 {
		on = append(on, "rate_to_container "+rateText(d.Rate))
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
