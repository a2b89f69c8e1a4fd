//go:build system

package policy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// station is an interface from which frames are sent and on which they are awaited.
type station struct {
	fd    int
	index int
	mac   net.HardwareAddr
	ip    net.IP // from which it says hello
}

// open opens a station on an interface in the network namespace of a process.
func open(t testing.TB, pid int, nic string) station {
	t.Helper()
	type result struct {
		s   station
		err error
	}
	namespace := fmt.Sprintf("/proc/%d/ns/net", pid)
	if pid == os.Getpid() {
		namespace = home
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends, and its namespace with it
		s, err := openIn(namespace, nic)
		done <- result{s, err}
	}()
	r := <-done
	must(t, r.err)
	t.Cleanup(func() { _ = unix.Close(r.s.fd) })
	return r.s
}

func openIn(namespace, nic string) (station, error) {
	ns, err := unix.Open(namespace, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return station{}, err
	}
	defer unix.Close(ns)
	if err := unix.Setns(ns, unix.CLONE_NEWNET); err != nil {
		return station{}, err
	}
	device, err := net.InterfaceByName(nic)
	if err != nil {
		return station{}, err
	}
	const all = unix.ETH_P_ALL<<8&0xff00 | unix.ETH_P_ALL>>8
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, all)
	if err != nil {
		return station{}, err
	}
	return station{fd, device.Index, device.HardwareAddr, net.IPv4(169, 254, 1, 1)}, errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 1<<24),
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 10_000}),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: device.Index}))
}

func (s station) send(t testing.TB, frames ...[]byte) {
	t.Helper()
	// On one processor: what the kernel is given there it looks at in this order.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, one unix.CPUSet
	must(t, unix.SchedGetaffinity(0, &all))
	for cpu := 0; one.Count() == 0; cpu++ {
		if all.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	must(t, unix.SchedSetaffinity(0, &one))
	for _, frame := range frames {
		must(t, unix.Sendto(s.fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: s.index}))
	}
	must(t, unix.SchedSetaffinity(0, &all))
}

// try sends a frame, or says that the queue is full.
func (s station) try(frame []byte) error {
	return unix.Sendto(s.fd, frame, unix.MSG_DONTWAIT, &unix.SockaddrLinklayer{Ifindex: s.index})
}

// bytes counts what arrives for a while.
func (s station) bytes(while time.Duration) int {
	buffer := make([]byte, 1<<16)
	total := 0
	for end := time.Now().Add(while); time.Now().Before(end); {
		if n, err := unix.Read(s.fd, buffer); err == nil {
			total += n
		}
	}
	return total
}

// hears reports whether a frame with marker in it arrives in time.
func (s station) hears(marker []byte, patience time.Duration) bool {
	return s.first(patience, marker) == 0
}

// first returns which of the markers the first frame that has one has, -1 if none arrives in time.
func (s station) first(patience time.Duration, markers ...[]byte) int {
	buffer := make([]byte, 1<<16)
	for end := time.Now().Add(patience); time.Now().Before(end); {
		n, err := unix.Read(s.fd, buffer)
		if err != nil {
			time.Sleep(time.Millisecond)
			continue
		}
		if i := slices.IndexFunc(markers, func(m []byte) bool { return bytes.Contains(buffer[:n], m) }); i >= 0 {
			return i
		}
	}
	return -1
}

// Patience: what is to arrive arrives within a millisecond on an idle machine, and is waited for as long as it takes on a busy
// one. What is not to arrive has not arrived a moment after what was sent behind it.
const (
	long   = 10 * time.Second
	short  = 300 * time.Millisecond
	moment = 20 * time.Millisecond
)

// serial makes the frames of a run differ.
var serial uint32

// marked is a payload that no other frame has.
func marked() []byte {
	serial++
	return binary.BigEndian.AppendUint32([]byte("userns-helpers frame "), serial)
}

// Types of frames; the first is for experiments (IEEE 802).
const (
	typeLocal = 0x88b5
	typeARP   = 0x0806
	typeIPv6  = 0x86dd
)

var everybody = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// ethernet is a frame, padded to the least length.
func ethernet(to, from net.HardwareAddr, kind uint16, payload []byte) []byte {
	frame := append(append([]byte{}, to...), from...)
	frame = append(binary.BigEndian.AppendUint16(frame, kind), payload...)
	return append(frame, make([]byte, max(0, 60-len(frame)))...)
}

// arpReply says that an address is at mac. The marker is after what counts.
func arpReply(mac net.HardwareAddr, ip net.IP, marker []byte) []byte {
	payload := []byte{0, 1, 8, 0, 6, 4, 0, 2}
	payload = append(append(payload, mac...), ip.To4()...)
	payload = append(append(payload, everybody...), ip.To4()...)
	return append(payload, marker...)
}

// icmp6 is a packet of ICMPv6 with its checksum, from a link-local address to all nodes, with the hop limit that
// neighbour discovery demands.
func icmp6(source net.IP, message []byte) []byte {
	destination := net.ParseIP("ff02::1")
	header := []byte{0x60, 0, 0, 0, 0, 0, 58, 255}
	binary.BigEndian.PutUint16(header[4:], uint16(len(message)))
	pseudo := append(append([]byte{}, source...), destination...)
	pseudo = binary.BigEndian.AppendUint32(pseudo, uint32(len(message)))
	pseudo = append(append(pseudo, 0, 0, 0, 58), message...)
	if len(pseudo)%2 == 1 {
		pseudo = append(pseudo, 0)
	}
	var sum uint32
	for i := 0; i < len(pseudo); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(pseudo[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	binary.BigEndian.PutUint16(message[2:], ^uint16(sum))
	return append(append(append(header, source...), destination...), message...)
}

// neighbourAdvertisement says that an address is at mac. The marker is an option that nobody knows.
func neighbourAdvertisement(mac net.HardwareAddr, ip net.IP, marker []byte) []byte {
	message := append([]byte{136, 0, 0, 0, 0x20, 0, 0, 0}, ip...)
	message = append(append(message, 2, 1), mac...)
	return append(message, unknownOption(marker)...)
}

// routerAdvertisement makes its sender the default router for half an hour.
func routerAdvertisement(mac net.HardwareAddr) []byte {
	message := append([]byte{134, 0, 0, 0, 64, 0, 7, 8}, make([]byte, 8)...)
	return append(append(message, 1, 1), mac...)
}

func unknownOption(value []byte) []byte {
	length := (len(value) + 2 + 7) / 8
	return append(append([]byte{200, byte(length)}, value...), make([]byte, length*8-2-len(value))...)
}

// bpdu is a configuration message of the spanning tree in which mac is the root, with the best priority there is.
func bpdu(mac net.HardwareAddr) []byte {
	message := []byte{0x42, 0x42, 3, 0, 0, 0, 0, 0}
	id := append([]byte{0, 0}, mac...)
	message = append(append(append(message, id...), 0, 0, 0, 0), id...)
	message = append(message, 0x80, 1, 0, 0, 20, 0, 2, 0, 15, 0)
	frame := append([]byte{0x01, 0x80, 0xc2, 0, 0, 0}, mac...)
	frame = append(binary.BigEndian.AppendUint16(frame, uint16(len(message))), message...)
	return append(frame, make([]byte, 60-len(frame))...)
}
