package rtnl

import (
	"encoding/binary"
	"errors"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// neighbour is the fixed part of a message about an entry of a bridge's table, struct ndmsg of rtnetlink(7).
type neighbour struct {
	index int // of the port, 0 in a question
	state uint16
	flags uint8
}

// Len is the length of the part in bytes.
func (n neighbour) Len() int { return unix.SizeofNdMsg }

// Serialize is the part as the kernel reads it.
func (n neighbour) Serialize() []byte {
	b := make([]byte, unix.SizeofNdMsg)
	b[0] = unix.AF_BRIDGE
	binary.NativeEndian.PutUint32(b[4:8], uint32(n.index))
	binary.NativeEndian.PutUint16(b[8:10], n.state)
	b[10] = n.flags
	return b
}

// Entry is one address in the table of a bridge.
type Entry struct {
	Port      int  // index of the port that it is behind; of the bridge itself, where it is the bridge's own
	Permanent bool // it is the address of a port, or of the bridge
	Static    bool // somebody put it there
	Sticky    bool // no frame moves it to another port (NTF_STICKY, Linux 4.20)
}

// Learned reports whether the bridge has seen a frame from the address and knows nothing else of it.
func (e Entry) Learned() bool { return !e.Permanent && !e.Static }

// Entry looks an address up in the table of a bridge (Linux 5.0), and reports whether it is there. vlan is 0 for the entry
// of no VLAN.
func (c *Conn) Entry(bridge int, mac [6]byte, vlan uint16) (Entry, bool, error) {
	parts := append([]nl.NetlinkRequestData{neighbour{}, number(unix.NDA_MASTER, uint32(bridge))}, addressIn(mac, vlan)...)
	reply, err := c.ask(unix.RTM_GETNEIGH, unix.RTM_NEWNEIGH, parts...)
	if errors.Is(err, unix.ENOENT) {
		return Entry{}, false, nil
	}
	if err != nil {
		return Entry{}, false, err
	}
	e, err := parseEntry(reply)
	return e, err == nil, err
}

// HasPort reports whether an address is that of a port of a bridge. As long as it is a port, the bridge's forwarding
// table has a permanent entry for it. What the bridge has learned does not count: a container can send frames from any
// address, and would take it from others.
func (c *Conn) HasPort(bridge int, mac [6]byte) (bool, error) {
	e, found, err := c.Entry(bridge, mac, 0)
	return found && e.Permanent, err
}

// parseEntry understands an RTM_NEWNEIGH message: ndm_ifindex, ndm_state and ndm_flags of struct ndmsg.
func parseEntry(message []byte) (Entry, error) {
	if len(message) < unix.SizeofNdMsg {
		return Entry{}, unix.EBADMSG
	}
	state := binary.NativeEndian.Uint16(message[8:10])
	return Entry{
		Port:      int(int32(binary.NativeEndian.Uint32(message[4:8]))),
		Permanent: state&unix.NUD_PERMANENT != 0,
		Static:    state&unix.NUD_NOARP != 0,
		Sticky:    message[10]&ntfSticky != 0,
	}, nil
}

// ntfSticky is NTF_STICKY of linux/neighbour.h, which x/sys does not have.
const ntfSticky = 1 << 6

// AddStatic puts an address behind a port into the bridge's table, for good: no frame moves it elsewhere, also one that
// comes in at a port that learns. It goes with the port. vlan is 0 for all that the port is in.
//
// A kernel before 4.20 ignores that the entry is sticky: whoever needs that looks it up.
func (c *Conn) AddStatic(port int, mac [6]byte, vlan uint16) error {
	parts := append([]nl.NetlinkRequestData{neighbour{port, unix.NUD_NOARP, unix.NTF_MASTER | ntfSticky}}, addressIn(mac, vlan)...)
	return c.change(unix.RTM_NEWNEIGH, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, parts...)
}

// addressIn are the attributes for an address in a VLAN, 0 for none.
func addressIn(mac [6]byte, vlan uint16) []nl.NetlinkRequestData {
	parts := []nl.NetlinkRequestData{nl.NewRtAttr(unix.NDA_LLADDR, mac[:])}
	if vlan != 0 {
		parts = append(parts, nl.NewRtAttr(unix.NDA_VLAN, nl.Uint16Attr(vlan)))
	}
	return parts
}
