//go:build system

package policy

import (
	"bytes"
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSegments: what a container has the kernel cut into datagrams (UDP_SEGMENT, udp(7)) passes the filter in one piece, with
// the first message of DHCP in its place, and is cut behind it. A second one in it, for another client, reaches no server.
func TestSegments(t *testing.T) {
	s := newOwnScene(t, column{nicProgram(), func(attack) string { return "[bridge.br0]\n" + addressGuard }})
	server, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	t.Cleanup(func() { _ = unix.Close(server) })
	must(t, unix.SetsockoptTimeval(server, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1}))
	must(t, unix.Bind(server, &unix.SockaddrInet4{Port: 67}))
	must(t, unix.SetsockoptInt(s.attacker.fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1))

	// message is as long as the shortest that servers understand: a message of BOOTP without its options (RFC 951, RFC 2131).
	const shortest = 240
	message := func(chaddr, marker []byte) []byte {
		return append(dhcp(chaddr, marker), make([]byte, shortest-44-len(marker))...)
	}
	asked := func(segment int, messages ...[]byte) {
		frame := to4(s, ownIP4, 17, nil, 0, udp(68, 67, bytes.Join(messages, nil)))
		copy(frame, s.bridge)
		copy(frame[30:], bridgeIP4.To4())
		frame[24], frame[25] = 0, 0
		binary.BigEndian.PutUint16(frame[24:], sum16(frame[14:34]))
		header := make([]byte, 10)
		if segment > 0 {
			const needsChecksum, ofUDP, start, offset = 1, 5, 34, 6
			header[0], header[1] = needsChecksum, ofUDP
			binary.NativeEndian.PutUint16(header[2:], start+8)
			binary.NativeEndian.PutUint16(header[4:], uint16(segment))
			binary.NativeEndian.PutUint16(header[6:], start)
			binary.NativeEndian.PutUint16(header[8:], offset)
		}
		s.attacker.send(t, append(header, frame...))
	}
	// hears is how many of the messages that the server gets are about each client, up to the last.
	hears := func(last []byte) (own, others int) {
		buffer := make([]byte, 4096)
		for {
			n, _, err := unix.Recvfrom(server, buffer, 0)
			must(t, err)
			switch got := buffer[:n]; {
			case bytes.Contains(got, last):
				return own, others
			case n >= 34 && bytes.Equal(got[28:34], s.attacker.mac):
				own++
			default:
				others++
			}
		}
	}
	one, two, three, end := marked(), marked(), marked(), marked()
	asked(0, message(s.attacker.mac, one))
	asked(shortest, message(s.attacker.mac, two), message(unknownMAC, three))
	asked(0, message(s.attacker.mac, end))
	if own, others := hears(end); own != 1 || others != 0 {
		t.Errorf("of its own %d messages came, want 1; of others' %d, want none", own, others)
	}
}
