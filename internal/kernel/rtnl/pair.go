package rtnl

import (
	"errors"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Pair is a veth(4) pair to be made: a host end here and a peer in another namespace.
type Pair struct {
	HostName  string
	HostMAC   [6]byte
	PeerName  string // a pattern like eth%d lets the kernel pick the first free number
	PeerMAC   [6]byte
	Namespace int // descriptor of the peer's network namespace
	MTU       int // of both ends, in bytes
	Bridge    int // index of the bridge that the host end becomes a port of, or 0
}

// CreatePair makes a pair with one RTM_NEWLINK; both ends are down. Where it fails there is no pair. It describes the host
// end as it was before it became a port of the bridge, if the kernel does (NLM_F_ECHO, Linux 6.2); where it does not the
// index is 0.
//
// A pair that is made first and then moved, renamed or given its address loses what others did in between: networkd its
// addresses (lxc#3248), udev the address (systemd#21185).
//
// Errors: unix.EEXIST if one of the two names is taken, unix.EXFULL if the bridge has no free port.
func (c *Conn) CreatePair(p Pair) (Device, error) {
	parts := []nl.NetlinkRequestData{
		header(unix.AF_UNSPEC, 0), called(p.HostName), number(unix.IFLA_MTU, uint32(p.MTU)),
		nl.NewRtAttr(unix.IFLA_ADDRESS, p.HostMAC[:]), p.info(),
	}
	if p.Bridge != 0 {
		parts = append(parts, number(unix.IFLA_MASTER, uint32(p.Bridge)))
	}
	return c.make(parts)
}

// make sends the message that makes an interface, and takes the echo, if there is one, before the acknowledgement. An echo
// that cannot be understood is as none: what counts is that it was made.
func (c *Conn) make(parts []nl.NetlinkRequestData) (Device, error) {
	flags := unix.NLM_F_CREATE | unix.NLM_F_EXCL | unix.NLM_F_ECHO | unix.NLM_F_ACK
	sequence, err := c.send(unix.RTM_NEWLINK, flags, parts)
	if err != nil {
		return Device{}, err
	}
	var made Device
	for {
		message, length, err := c.await(sequence)
		switch {
		case err != nil:
			return Device{}, err
		case length > len(c.room):
			continue
		}
		a, err := content(message)
		if err != nil || a.body == nil {
			return made, err
		}
		if d, err := parseDevice(a.body); err == nil && a.kind == unix.RTM_NEWLINK {
			made = d
		}
	}
}

// info is the part of the message that is about the peer.
func (p Pair) info() *nl.RtAttr {
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(unix.IFLA_INFO_KIND, nl.NonZeroTerminated(KindVeth))
	peer := info.AddRtAttr(unix.IFLA_INFO_DATA, nil).AddRtAttr(nl.VETH_INFO_PEER, nil)
	nl.NewIfInfomsgChild(peer, unix.AF_UNSPEC)
	peer.AddRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(p.PeerName))
	peer.AddRtAttr(unix.IFLA_MTU, nl.Uint32Attr(uint32(p.MTU)))
	peer.AddRtAttr(unix.IFLA_ADDRESS, p.PeerMAC[:])
	peer.AddRtAttr(unix.IFLA_NET_NS_FD, nl.Uint32Attr(uint32(p.Namespace)))
	return info
}

// AddAltName gives an interface a second name (Linux 5.5), of at most 127 bytes.
func (c *Conn) AddAltName(index int, name string) error {
	list := nl.NewRtAttr(unix.IFLA_PROP_LIST|unix.NLA_F_NESTED, nil)
	list.AddRtAttr(unix.IFLA_ALT_IFNAME, nl.ZeroTerminated(name))
	flags := unix.NLM_F_CREATE | unix.NLM_F_EXCL | unix.NLM_F_APPEND
	return c.change(unix.RTM_NEWLINKPROP, flags, header(unix.AF_UNSPEC, index), list)
}

// Up raises an interface.
func (c *Conn) Up(index int) error {
	h := header(unix.AF_UNSPEC, index)
	h.Flags, h.Change = unix.IFF_UP, unix.IFF_UP
	return c.change(unix.RTM_SETLINK, 0, h)
}

// Delete deletes the interface with an index, and its peer with it. None of that index is no error.
func (c *Conn) Delete(index int) error {
	err := c.change(unix.RTM_DELLINK, 0, header(unix.AF_UNSPEC, index))
	if errors.Is(err, unix.ENODEV) {
		return nil
	}
	return err
}
