package rtnl

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"testing"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// little skips a test of bytes that are written down as a little-endian machine has them.
func little(t *testing.T) {
	t.Helper()
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the bytes are those of a little-endian machine")
	}
}

// bytesOf is what a request sends after the header that counts it.
func bytesOf(parts ...nl.NetlinkRequestData) string {
	r := nl.NewNetlinkRequest(unix.RTM_SETLINK, 0)
	for _, p := range parts {
		r.AddData(p)
	}
	return hex.EncodeToString(r.Serialize()[unix.NLMSG_HDRLEN:])
}

// TestFlagsMessage: all flags in one attribute, and each says what it says, on or off.
func TestFlagsMessage(t *testing.T) {
	little(t)
	got := bytesOf(Flags{Locked: true, BPDUGuard: true, RootBlock: true}.attribute())
	want := "34000c80" + // IFLA_PROTINFO, nested
		"0500270001000000" + "0500210000000000" + // locked, isolated
		"0500080000000000" + "0500090000000000" + // learning, unicast flood
		"0500050001000000" + "0500060001000000" // guard, root block
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestVLANMessage: struct bridge_vlan_info in IFLA_AF_SPEC, as linux/if_bridge.h has it.
func TestVLANMessage(t *testing.T) {
	little(t)
	if got, want := bytesOf(vlanInfo(vlanPVID|vlanUntagged, 10)), "0c001a80"+"08000200"+"06000a00"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, vlan := range []uint16{0, 4095, 65535} {
		if (&Conn{}).OnlyVLAN(1, Bridge{}, vlan) == nil {
			t.Error(vlan)
		}
	}
}

func TestStaticMessage(t *testing.T) {
	little(t)
	got := bytesOf(append([]nl.NetlinkRequestData{neighbour{5, unix.NUD_NOARP, unix.NTF_MASTER | ntfSticky}},
		addressIn([6]byte{2, 1, 2, 3, 4, 5}, 10)...)...)
	if want := "070000000500000040004400" + "0a000200020102030405" + "0000" + "060005000a000000"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestBucket: bursts and queues are time at the rate, but never less than frames.
func TestBucket(t *testing.T) {
	for _, c := range []struct {
		bits uint64
		want bucket
	}{
		{8_000, bucket{1000, 2 * 1518, 20 * 1518}},
		{100_000_000, bucket{12_500_000, 125_000, 1_250_000}},
		{1_000_000_000_000, bucket{125_000_000_000, 1_250_000_000, math.MaxUint32}},
	} {
		if got := bucketOf(c.bits, 1500); got != c.want {
			t.Errorf("%d: %+v", c.bits, got)
		}
	}
	little(t)
	got := hex.EncodeToString(bucket{rate: 125_000_000_000, burst: 9, queue: 258}.parameters())
	if want := "0001000000000000ffffffff" + "000000000000000000000000" + "02010000" + "0000000000000000"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// port is a message of the kernel about a port of a bridge.
func port(attributes ...[]byte) []byte {
	return slices.Concat(make([]byte, unix.SizeofIfInfomsg), attribute(unix.IFLA_LINKINFO, slices.Concat(
		attribute(unix.IFLA_INFO_KIND, []byte("veth")), attribute(unix.IFLA_INFO_SLAVE_KIND, []byte("bridge\x00")),
		attribute(unix.IFLA_INFO_SLAVE_DATA, slices.Concat(attributes...)))))
}

// TestParsePort: a flag that the kernel says nothing of is one that it does not have.
func TestParsePort(t *testing.T) {
	d, err := parseDevice(port())
	if err != nil || d.Port != (Port{Flags: Flags{Learning: true, UnicastFlood: true}}) {
		t.Error(d.Port, err)
	}
	d, err = parseDevice(port(attribute(unix.IFLA_BRPORT_NO, []byte{0xff, 3}), attribute(unix.IFLA_BRPORT_LOCKED, []byte{1}),
		attribute(unix.IFLA_BRPORT_LEARNING, []byte{0}), attribute(unix.IFLA_BRPORT_ISOLATED, []byte{1}), attribute(unix.IFLA_BRPORT_STATE, []byte{3})))
	if want := (Port{Number: 1023, Flags: Flags{Locked: true, Isolated: true, UnicastFlood: true}}); err != nil || binary.NativeEndian.Uint16([]byte{1, 0}) == 1 && d.Port != want {
		t.Error(d.Port, err)
	}
	if d, err = parseDevice(port(attribute(unix.IFLA_BRPORT_STATE, []byte{0}))); err != nil || !d.Port.Disabled {
		t.Error(d.Port, err)
	}
	for name, bad := range map[string][]byte{"number": attribute(unix.IFLA_BRPORT_NO, []byte{1}), "flag": attribute(unix.IFLA_BRPORT_LOCKED, nil)} {
		if d, err := parseDevice(port(bad)); err == nil || d.Port.Number != 0 {
			t.Error(name)
		}
	}
}

// TestParseBridge: only a bridge has the attributes of one.
func TestParseBridge(t *testing.T) {
	off := slices.Concat(make([]byte, unix.SizeofIfInfomsg), attribute(unix.IFLA_LINKINFO, slices.Concat(
		attribute(unix.IFLA_INFO_KIND, []byte(KindBridge)), attribute(unix.IFLA_INFO_DATA, attribute(unix.IFLA_BR_VLAN_FILTERING, []byte{0})))))
	if d, err := parseDevice(off); err != nil || d.Bridge != (Bridge{}) {
		t.Error("a kernel without VLANs:", d.Bridge, err)
	}
	data := slices.Concat(attribute(unix.IFLA_BR_STP_STATE, binary.NativeEndian.AppendUint32(nil, kernelSTP)), attribute(unix.IFLA_BR_VLAN_FILTERING, []byte{1}), attribute(unix.IFLA_BR_VLAN_PROTOCOL, []byte{0x81, 0}),
		attribute(unix.IFLA_BR_VLAN_DEFAULT_PVID, binary.NativeEndian.AppendUint16(nil, 7)))
	message := func(kind string) []byte {
		return slices.Concat(make([]byte, unix.SizeofIfInfomsg), attribute(unix.IFLA_LINKINFO,
			slices.Concat(attribute(unix.IFLA_INFO_KIND, []byte(kind)), attribute(unix.IFLA_INFO_DATA, data))))
	}
	if d, err := parseDevice(message(KindBridge)); err != nil || d.Bridge != (Bridge{STP: true, KnowsVLANs: true, Filters: true, DefaultPVID: 7}) {
		t.Error(d.Bridge, err)
	}
	if d, err := parseDevice(message(KindVeth)); err != nil || d.Bridge != (Bridge{}) {
		t.Error(d.Bridge, err)
	}
}

// TestParseEntry: an address that the bridge has learned may be anybody's.
func TestParseEntry(t *testing.T) {
	message := make([]byte, unix.SizeofNdMsg)
	binary.NativeEndian.PutUint32(message[4:], 9)
	for state, want := range map[uint16]Entry{
		unix.NUD_PERMANENT: {Port: 9, Permanent: true}, unix.NUD_NOARP: {Port: 9, Static: true}, unix.NUD_REACHABLE: {Port: 9}, unix.NUD_STALE: {Port: 9}, 0: {Port: 9},
	} {
		binary.NativeEndian.PutUint16(message[8:], state)
		if got, err := parseEntry(message); got != want || err != nil || got.Learned() == (got.Permanent || got.Static) {
			t.Errorf("state %#x: %+v %v", state, got, err)
		}
	}
	binary.NativeEndian.PutUint16(message[8:], 0)
	message[10] = unix.NTF_MASTER | ntfSticky
	if got, err := parseEntry(message); got != (Entry{Port: 9, Sticky: true}) || err != nil {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := parseEntry(message[:11]); err == nil {
		t.Error("a short message is an entry")
	}
}
