package nicview

import (
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/policy/guard"
)

// loaded is a filter as the kernel has it.
func loaded(f guard.Filter) []unix.SockFilter {
	var program []unix.SockFilter
	for _, i := range f {
		program = append(program, unix.SockFilter{Code: i.Op, Jt: i.JT, Jf: i.JF, K: i.K})
	}
	return program
}

// TestGuards: a filter is known again by the interface and the addresses that it was made for, and by no others.
func TestGuards(t *testing.T) {
	host := [6]byte{0xfe, 1, 2, 3, 4, 5}
	own := [6]byte{2, 1, 2, 3, 4, 5}
	bridge := [6]byte{2, 0, 0, 0, 1, 0}
	of := rtnl.Addresses{IPv4: [][4]byte{{10, 0, 3, 9}, {10, 0, 3, 1}}, IPv6: [][16]byte{{0xfd, 9, 15: 1}}}
	ipv4 := [][4]byte{{10, 0, 3, 1}, {10, 0, 3, 9}}
	ipv6 := [][16]byte{{0xfd, 9, 15: 1}, {0xfe, 0x80, 11: 0xff, 0xfe, 0, 1, 0}}
	for want, n := range map[string]guard.Nic{
		"frame_guard, no link-local groups":                                     {MAC: own, Frames: true},
		"no link-local groups":                                                  {Groups: true},
		"no link-local groups but BPDUs":                                        {Groups: true, STP: true},
		"no link-local groups, no multicast queries":                            {Groups: true, Queries: true},
		"router_guard, no multicast queries":                                    {Routers: true, IPv4: ipv4, IPv6: ipv6},
		"frame_guard, router_guard, no link-local groups, no multicast queries": {MAC: own, Frames: true, Routers: true, IPv4: ipv4, IPv6: ipv6},
	} {
		words, known := recognise(host, netip.Addr{}, loaded(n.Filter()), bridge, of)
		if got := strings.Join(words, ", "); got != want || !known {
			t.Errorf("%s: %s %v", want, got, known)
		}
	}
	pools := []netip.Prefix{netip.MustParsePrefix("10.0.3.0/24"), netip.MustParsePrefix("fd00:3::/64"), netip.MustParsePrefix("fd00:4::/64")}
	mine := netip.MustParseAddr("10.0.3.7")
	for want, n := range map[string]guard.Nic{
		"address_guard": {MAC: own},
		"router_guard, address_guard, no multicast queries": {MAC: own, Routers: true, IPv4: ipv4, IPv6: ipv6},
	} {
		for _, has := range []netip.Addr{mine, {}} {
			filter := loaded(n.Owning(has, pools).Filter())
			if got := AddressIn(filter, own); got != has {
				t.Errorf("%s: %v, want %v", want, got, has)
			}
			words, known := recognise(host, has, filter, bridge, of)
			if got := strings.Join(words, ", "); got != want || !known {
				t.Errorf("%s, %v: %s %v", want, has, got, known)
			}
			if words, known := recognise(host, mine.Next(), filter, bridge, of); known {
				t.Errorf("%s: known with another address: %v", want, words)
			}
		}
	}
	for name, n := range map[string]guard.Nic{
		"another interface": {MAC: [6]byte{2}, Frames: true}, "other addresses": {Routers: true, IPv4: [][4]byte{{10, 0, 3, 2}}},
	} {
		if words, known := recognise(host, netip.Addr{}, loaded(n.Filter()), bridge, of); known {
			t.Errorf("%s: %v", name, words)
		}
	}
	if got := AddressIn(loaded(guard.Nic{Routers: true, IPv4: ipv4[:1], IPv6: ipv6}.Filter()), own); got.IsValid() {
		t.Error(got)
	}
	if words, known := recognise(host, netip.Addr{}, nil, bridge, of); !known || words != nil {
		t.Error(words, known)
	}
}
