package nicview

import (
	"encoding/hex"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/usernsctl/finding"
)

// Oddity is something that is not as it was when an interface was made.
type Oddity struct {
	ID   string `json:"id"`   // one of those below, which never change
	Text string `json:"text"` // what is so, and the way back
}

// The oddities.
const (
	LeftBridge  = "left-bridge"  // it is on no bridge any more
	OtherBridge = "other-bridge" // it is on another one
	Shut        = "shut"         // bpdu_guard shut it
	OtherMAC    = "other-mac"    // the container speaks from another address than the one that it is locked to
)

// oddities finds what is not as it was.
func (l *looker) oddities(nic NIC, device *netlink.LinkAttrs, port rtnl.Port) []Oddity {
	odd := []Oddity{}
	switch {
	case nic.Bridge == "":
		odd = append(odd, Oddity{LeftBridge, "has left " + nic.MadeOn + ": " + finding.Link(nic.Name) + " master " + finding.Word(nic.MadeOn) + "; " + finding.Applied(nic.Name)})
	case nic.Bridge != nic.MadeOn:
		odd = append(odd, Oddity{OtherBridge, "was made on " + nic.MadeOn})
	}
	if l.shut(device, port) {
		odd = append(odd, Oddity{Shut, "shut by bpdu_guard, since the container sent a BPDU: " + finding.Link(nic.Name) + " down; " + finding.Link(nic.Name) + " up"})
	}
	if nic.Inside != (netquota.MAC{}) && port.Flags.Locked && nic.Inside != nic.Is.MAC {
		odd = append(odd, Oddity{OtherMAC, "speaks as " + MACText(nic.Inside) + ", and is locked to " + MACText(nic.Is.MAC) +
			": it has no network (lxc.net.N.hwaddr in its configuration?)"})
	}
	return odd
}

// shut reports whether the guard of a port shut it: one whose link is up, on a bridge that is up, forwards nothing.
func (l *looker) shut(device *netlink.LinkAttrs, port rtnl.Port) bool {
	master, is := l.links[device.MasterIndex]
	return is && port.Flags.BPDUGuard && port.Disabled && runs(device) && master.Attrs().RawFlags&unix.IFF_UP != 0
}

// runs reports whether an interface is up and has a carrier.
func runs(device *netlink.LinkAttrs) bool {
	const both = unix.IFF_UP | unix.IFF_RUNNING
	return device.RawFlags&both == both
}

// addressInside is the address that the container's end has, for those who may look into its namespace.
func (l *looker) addressInside(nic NIC, device *netlink.LinkAttrs) netquota.MAC {
	if device.NetNsID == rtnl.NoNamespace || nic.Leaving {
		return netquota.MAC{}
	}
	end, err := l.conn.DeviceIn(device.NetNsID, device.ParentIndex)
	if err != nil {
		return netquota.MAC{}
	}
	return end.Address
}

// MACText is an address as people write it.
func MACText(mac netquota.MAC) string {
	var pairs []string
	for i := range mac {
		pairs = append(pairs, hex.EncodeToString(mac[i:i+1]))
	}
	return strings.Join(pairs, ":")
}
