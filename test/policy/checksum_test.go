//go:build system

package policy

import (
	"encoding/binary"
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// uplink is a port of br0 whose device leaves checksums to the kernel, as many network cards do; what is read is what is on
// the wire.
func uplink(t testing.TB) station {
	t.Helper()
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	must(t, err)
	t.Cleanup(func() { _ = unix.Close(fd) })
	request, err := unix.NewIfreq("tap0")
	must(t, err)
	request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	must(t, unix.IoctlIfreq(fd, unix.TUNSETIFF, request))
	sh(t, "ip link set tap0 mtu 9000 master br0 up")
	until(t, "the port forwards", func() bool { return strings.Contains(sh(t, "bridge link show dev tap0"), "state forwarding") })
	return station{fd: fd}
}

// offloaded is a frame behind the header of virtio_net: the checksum of what begins at the ICMPv6 message is to be written
// where its type and code are.
func offloaded(frame []byte) []byte {
	const needsChecksum, start, offset = 1, 54, 0
	header := []byte{needsChecksum, 0, 0, 0, 0, 0}
	header = binary.NativeEndian.AppendUint16(header, start)
	return append(binary.NativeEndian.AppendUint16(header, offset), frame...)
}

// TestChecksum: what a container has the kernel write into a frame as its checksum is written when it leaves by an uplink,
// behind the filter: two bytes of its choice. docs/protections.md says so.
func TestChecksum(t *testing.T) {
	s := newOwnScene(t, column{nicProgram(), func(attack) string { return "[bridge.br0]\nrouter_guard = true\nframe_guard = true\n" }})
	wire := uplink(t)
	must(t, unix.SetsockoptInt(s.attacker.fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1))
	advertised := func(marker []byte) []byte {
		packet := icmp6(s.link(), append(routerAdvertisement(s.attacker.mac), unknownOption(marker)...))
		return ethernet(net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}, s.attacker.mac, typeIPv6, packet)
	}
	asIs := func(frame []byte) []byte { return append(make([]byte, 10), frame...) }
	arrives := func(frame, marker []byte) (came bool) {
		until(t, "genuine traffic is on the wire", func() bool {
			behind := marked()
			s.attacker.send(t, frame, asIs(hello(s.attacker, station{mac: everybody}, behind)))
			first := wire.first(short, behind, marker)
			came = first == 1
			return first >= 0
		})
		return came
	}

	marker := marked()
	frame := advertised(marker)
	if arrives(asIs(frame), marker) {
		t.Fatal("router_guard lets an advertisement pass")
	}

	// The checksum over the message is to be its type and code, 134 and 0: what stands there before makes up the difference.
	marker = marked()
	frame = advertised(marker)
	message := frame[54:]
	copy(message, []byte{0, 0})
	before := uint32(sum16(message)) + 0xffff - 134<<8
	binary.BigEndian.PutUint16(message, uint16(before>>16+before&0xffff))
	if message[0] == 134 {
		t.Fatal("it is an advertisement already")
	}
	if !arrives(offloaded(frame), marker) {
		t.Error("this kernel does not let it pass: docs/protections.md has to say from which version on")
	}
}
