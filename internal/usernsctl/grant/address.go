package grant

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"userns-helpers/internal/text/number"
	"userns-helpers/internal/usernsctl/readdir"
)

// The networks of users' own bridges: a /24 each of 10.128.0.0/9. systemd-networkd can choose a free one itself
// (Address=0.0.0.0/24), and chooses another one each time it configures the bridge: containers that run would be cut off.
const (
	networks = 1 << 15
	first    = 10<<24 | 128<<16
)

// subnet are addresses of version 4 with bits in common.
type subnet struct {
	base uint32
	bits int
}

// mask has as many leading ones.
func mask(bits int) uint32 { return ^uint32(0) << (32 - bits) }

func (s subnet) overlaps(t subnet) bool {
	m := mask(min(s.bits, t.bits))
	return s.base&m == t.base&m
}

// host is the address that the host has in a network, with its length.
func (s subnet) host() string {
	b := binary.BigEndian.AppendUint32(nil, s.base+1)
	return decimal(uint64(b[0])) + "." + decimal(uint64(b[1])) + "." + decimal(uint64(b[2])) + "." + decimal(uint64(b[3])) + "/" + strconv.Itoa(s.bits)
}

// parse reads what host writes.
func parse(text string) (subnet, bool) {
	address, length, _ := strings.Cut(text, "/")
	bits, err := number.Decimal(length)
	parts := strings.Split(address, ".")
	if err != nil || bits > 32 || len(parts) != 4 {
		return subnet{}, false
	}
	s := subnet{bits: int(bits)}
	for _, part := range parts {
		b, err := number.Decimal(part)
		if err != nil || b > 255 {
			return subnet{}, false
		}
		s.base = s.base<<8 | uint32(b)
	}
	s.base &= mask(s.bits)
	return s, true
}

// freeNetwork is the first network from that of uid on that overlaps none of taken.
func freeNetwork(uid uint32, taken []subnet) (subnet, bool) {
	for n := range uint32(networks) {
		candidate := subnet{first + (uid+n)%networks<<8, 24}
		if !slices.ContainsFunc(taken, candidate.overlaps) {
			return candidate, true
		}
	}
	return subnet{}, false
}

const addressKey = "Address="

// address is the network of a user's own bridge: the one that it has, or one that no interface, route or other bridge of a
// user's has.
func address(bridge string, uid uint32) (subnet, error) {
	_, file := networkFiles(bridge)
	if has, ok := addressIn(file); ok {
		return has, nil
	}
	taken, err := routed()
	if err != nil {
		return subnet{}, err
	}
	names, _ := readdir.Names(networkDirectory)
	for _, name := range names {
		if other, ok := addressIn(networkDirectory + "/" + name); ok && strings.HasPrefix(name, networkPrefix) {
			taken = append(taken, other)
		}
	}
	free, ok := freeNetwork(uid, taken)
	if !ok {
		return free, &Refusal{"bridge-address", "this host has routes to all of 10.128.0.0/9, so that no network is left for a bridge", "Make a bridge with addresses of your own, and grant it with --nics."}
	}
	return free, nil
}

// addressIn is the address in settings of systemd-networkd.
func addressIn(file string) (subnet, bool) {
	for line := range strings.Lines(readdir.Beginning(file, 4096)) {
		if value, is := strings.CutPrefix(strings.TrimSuffix(line, "\n"), addressKey); is {
			return parse(value)
		}
	}
	return subnet{}, false
}

// routed are the networks of version 4 that this host has addresses in or routes to, but for the default one.
func routed() ([]subnet, error) {
	var all []subnet
	add := func(ip []byte, length int) {
		if n := len(ip); n >= 4 && length > 0 { // of version 4 the last four bytes count
			all = append(all, subnet{binary.BigEndian.Uint32(ip[n-4:]) & mask(length), length})
		}
	}
	addresses, err := netlink.AddrList(nil, unix.AF_INET)
	if err != nil {
		return nil, err
	}
	for _, a := range addresses {
		length, _ := a.Mask.Size()
		add(a.IP, length)
	}
	routes, err := netlink.RouteList(nil, unix.AF_INET)
	if err != nil {
		return nil, err
	}
	for _, r := range routes {
		if r.Dst != nil {
			length, _ := r.Dst.Mask.Size()
			add(r.Dst.IP, length)
		}
	}
	return all, nil
}
