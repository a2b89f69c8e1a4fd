package guard

import (
	"net/netip"
	"slices"
	"testing"
)

// Pieces of the frames below.
var (
	all       = []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	nodes     = []byte{0x33, 0x33, 0, 0, 0, 1}
	own6      = [16]byte{0xfe, 0x80, 8: 0x11, 15: 0x55}
	noAddress = [16]byte{}
	hop       = []byte{5, 2, 0, 0, 1, 0} // the router alert of MLD, and padding
	nothing8  = make([]byte, 8)
)

func ether(to []byte, kind uint16, rest ...[]byte) frame {
	return frame{bytes: slices.Concat(append([][]byte{to, ownMAC[:], {byte(kind >> 8), byte(kind)}}, rest...)...)}
}

func arpFrame(operation byte, sender, target [4]byte) frame {
	return ether(all, typeARP, []byte{0, 1, 8, 0, 6, 4, 0, operation}, ownMAC[:], sender[:], make([]byte, 6), target[:])
}

func ip4Frame(first byte, fragment, protocol byte, source [4]byte, rest ...byte) frame {
	return ether(all, typeIPv4, []byte{first, 0, 0, 0, 0, 0, fragment >> 3, fragment << 5, 64, protocol, 0, 0}, source[:], make([]byte, 4), rest)
}

func ip6Frame(next byte, source [16]byte, rest ...[]byte) frame {
	return ether(nodes, typeIPv6, append([][]byte{{0x60, 0, 0, 0, 0, 0, next, 255}, source[:], make([]byte, 16)}, rest...)...)
}

func icmp(kind byte, target [16]byte) []byte {
	return slices.Concat([]byte{kind, 0, 0, 0, 0, 0, 0, 0}, target[:])
}

func udp(from, to uint16) []byte {
	return []byte{byte(from >> 8), byte(from), byte(to >> 8), byte(to), 0, 8, 0, 0}
}

// moreFollow makes a packet of IPv4 the first fragment.
func moreFollow(f frame) frame {
	f.bytes[offIP4Fragment] |= 0x20
	return f
}

// TestOwning: the addresses that the kernel derives (the example of RFC 4291, appendix A), and none of IPv4 where there is none.
func TestOwning(t *testing.T) {
	n := Nic{MAC: [6]byte{0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde}}.Owning(netip.Addr{}, mine6)
	want := [][16]byte{netip.MustParseAddr("fe80::3656:78ff:fe9a:bcde").As16(), netip.MustParseAddr("fd00:3::3656:78ff:fe9a:bcde").As16()}
	if !n.Addresses || n.OwnIPv4 != nil || !slices.Equal(n.OwnIPv6, want) {
		t.Errorf("%+v", n)
	}
}

// TestCases: what guards are for, by name, and what they must let pass.
func TestCases(t *testing.T) {
	routers := Nic{Routers: true, IPv4: bridge4, IPv6: bridge6}
	frames, queries := Nic{MAC: ownMAC, Frames: true}, Nic{Queries: true}
	own := Nic{MAC: ownMAC}.Owning(mine4, mine6)
	everything := crowded().Owning(mine4, mine6)
	mine, pooled := own.OwnIPv6[0], own.OwnIPv6[1]
	neighbour := [16]byte{0xfd, 0, 0, 3, 15: 9}
	ask := func(mac [6]byte) []byte {
		return slices.Concat(udp(68, 67), []byte{1, 1, 6, 0}, make([]byte, 24), mac[:], make([]byte, 26))
	}
	fromOther := arpFrame(1, [4]byte{10, 0, 3, 7}, bridge4[0])
	fromOther.bytes[27]++
	tagged := func(f frame) frame { f.tagged = true; return f }
	spoofed := ether(all, typeIPv4)
	spoofed.bytes[11]++
	ownIP, bridgeIP := [4]byte{10, 0, 3, 7}, bridge4[0]
	for name, c := range map[string]struct {
		n      Nic
		f      frame
		passes bool
	}{
		"frames: IPv4":                              {frames, ether(all, typeIPv4), true},
		"frames: a tag":                             {frames, tagged(ether(all, typeIPv4)), false},
		"frames: a second tag":                      {frames, tagged(ether(all, typeTag)), false},
		"frames: another address":                   {frames, spoofed, false},
		"frames: LLDP":                              {frames, ether([]byte{1, 0x80, 0xc2, 0, 0, 14}, 0x88cc), false},
		"frames: LLC":                               {frames, ether(all, 38), false},
		"groups: a BPDU":                            {Nic{Groups: true}, ether([]byte{1, 0x80, 0xc2, 0, 0, 0}, 38), false},
		"groups: a BPDU for who hears it":           {Nic{Groups: true, STP: true}, ether([]byte{1, 0x80, 0xc2, 0, 0, 0}, 38), true},
		"groups: IPv6 in its place":                 {Nic{Groups: true, STP: true}, ether([]byte{1, 0x80, 0xc2, 0, 0, 0}, typeIPv6), false},
		"frames: a BPDU, whoever hears it":          {Nic{MAC: ownMAC, Frames: true, STP: true}, ether([]byte{1, 0x80, 0xc2, 0, 0, 0}, 38), false},
		"groups: the last of the addresses":         {Nic{Groups: true}, ether([]byte{1, 0x80, 0xc2, 0, 0, 15}, typeIPv6), false},
		"groups: a BPDU of PVST+":                   {Nic{Groups: true}, ether([]byte{1, 0, 12, 0xcc, 0xcc, 0xcd}, 50), false},
		"groups: the same, with a tree":             {Nic{Groups: true, STP: true}, ether([]byte{1, 0, 12, 0xcc, 0xcc, 0xcd}, 50), false},
		"groups: CDP":                               {Nic{Groups: true}, ether([]byte{1, 0, 12, 0xcc, 0xcc, 0xcc}, 50), false},
		"groups: the one after":                     {Nic{Groups: true}, ether([]byte{1, 0, 12, 0xcc, 0xcc, 0xce}, 50), true},
		"frames: IPv4 in place of PVST+":            {frames, ether([]byte{1, 0, 12, 0xcc, 0xcc, 0xcd}, typeIPv4), false},
		"groups: the next":                          {Nic{Groups: true}, ether([]byte{1, 0x80, 0xc2, 0, 0, 16}, typeIPv6), true},
		"groups: another type elsewhere":            {Nic{Groups: true}, ether(all, 0x88cc), true},
		"routers: a second tag":                     {routers, tagged(ether(nodes, typeService)), false},
		"routers: an advertisement with a tag":      {routers, tagged(ip6Frame(58, own6, icmp(134, noAddress))), false},
		"routers: ARP":                              {routers, arpFrame(1, ownIP, bridgeIP), true},
		"routers: ARP, a probe for its own":         {routers, arpFrame(1, [4]byte{}, ownIP), true},
		"routers: ARP from the bridge":              {routers, arpFrame(2, bridgeIP, ownIP), false},
		"routers: ARP, a request from the bridge":   {routers, arpFrame(1, bridgeIP, ownIP), false},
		"routers: ARP, a probe for the bridge":      {routers, arpFrame(1, [4]byte{}, bridgeIP), false},
		"routers: IPv4 from the bridge":             {routers, ip4Frame(0x45, 0, 17, bridgeIP, udp(1, 2)...), false},
		"routers: IPv4 with a source route":         {routers, ip4Frame(0x47, 0, 17, ownIP, 131, 7, 4, 10, 0, 3, 1, 0), false},
		"routers: DHCP to a server":                 {routers, ip4Frame(0x45, 0, 17, [4]byte{}, udp(68, 67)...), true},
		"routers: DHCP from a server":               {routers, ip4Frame(0x45, 0, 17, ownIP, udp(67, 68)...), false},
		"routers: DHCP from any port":               {routers, ip4Frame(0x45, 0, 17, ownIP, udp(4000, 68)...), false},
		"routers: a later fragment":                 {routers, ip4Frame(0x45, 1, 17, ownIP, udp(67, 68)...), true},
		"routers: an IGMP report":                   {routers, ip4Frame(0x46, 0, 2, ownIP, 0x94, 4, 0, 0, 0x22, 0, 0, 0), true},
		"routers: an IGMP query":                    {routers, ip4Frame(0x46, 0, 2, ownIP, 0x94, 4, 0, 0, 0x11, 0, 0, 0), false},
		"queries: an IGMP query":                    {queries, ip4Frame(0x45, 0, 2, ownIP, 0x11, 0, 0, 0), false},
		"queries: the same as a later fragment":     {queries, ip4Frame(0x45, 1, 2, ownIP, 0x11, 0, 0, 0), false},
		"queries: a later fragment of UDP":          {queries, ip4Frame(0x45, 1, 17, ownIP, udp(1, 2)...), true},
		"routers: an IGMP query as a later one":     {routers, ip4Frame(0x46, 1, 2, ownIP, 0x94, 4, 0, 0, 0x11, 0, 0, 0), false},
		"routers: PIM as a later one":               {routers, ip4Frame(0x45, 1, 103, ownIP, 0x20, 0, 0, 0), false},
		"queries: the same behind options":          {queries, ip4Frame(0x47, 0, 2, ownIP, 1, 1, 1, 1, 1, 1, 1, 1, 0x11), false},
		"routers: ICMP redirect":                    {routers, ip4Frame(0x45, 0, 1, ownIP, 5, 1, 0, 0), false},
		"routers: ping":                             {routers, ip4Frame(0x45, 0, 1, ownIP, 8, 0, 0, 0), true},
		"routers: an advertisement":                 {routers, ip6Frame(58, own6, icmp(134, noAddress)), false},
		"routers: behind hop-by-hop":                {routers, ip6Frame(0, own6, []byte{58, 0}, hop, icmp(134, noAddress)), false},
		"routers: behind long hop-by-hop":           {routers, ip6Frame(0, own6, []byte{58, 1}, hop, nothing8, icmp(134, noAddress)), false},
		"routers: behind destination options":       {routers, ip6Frame(60, own6, []byte{58, 0}, hop, icmp(134, noAddress)), false},
		"routers: behind both":                      {routers, ip6Frame(0, own6, []byte{60, 0}, hop, []byte{58, 0}, hop, icmp(134, noAddress)), false},
		"routers: behind a routing header":          {routers, ip6Frame(43, own6, []byte{58, 0}, hop, icmp(134, noAddress)), false},
		"routers: behind AH":                        {routers, ip6Frame(51, own6, []byte{58, 0}, hop, icmp(134, noAddress)), false},
		"routers: in a fragment":                    {routers, ip6Frame(44, own6, []byte{58, 0, 0, 1, 0, 0, 0, 1}, icmp(134, noAddress)), false},
		"routers: in a fragment, behind options":    {routers, ip6Frame(44, own6, []byte{60, 0, 0, 1, 0, 0, 0, 1, 58, 0}, hop), false},
		"routers: the rest of that":                 {routers, ip6Frame(44, own6, []byte{60, 0, 0, 8, 0, 0, 0, 1}, icmp(134, noAddress)), false},
		"routers: options behind a whole fragment":  {routers, ip6Frame(44, own6, []byte{44, 0, 0, 0, 0, 0, 0, 1, 58, 0, 0, 0, 0, 0, 0, 1}, icmp(134, noAddress)), false},
		"routers: a fragment of UDP":                {routers, ip6Frame(44, own6, []byte{17, 0, 0, 1, 0, 0, 0, 1}, udp(1, 2)), true},
		"routers: a later one":                      {routers, ip6Frame(44, own6, []byte{17, 0, 0, 8, 0, 0, 0, 1}, udp(547, 546)), true},
		"routers: DHCPv6 from a server":             {routers, ip6Frame(17, own6, udp(547, 546)), false},
		"routers: the same in a fragment":           {routers, ip6Frame(44, own6, []byte{17, 0, 0, 1, 0, 0, 0, 1}, udp(547, 546)), false},
		"routers: DHCPv6 to a server":               {routers, ip6Frame(17, own6, udp(546, 547)), true},
		"routers: a redirect":                       {routers, ip6Frame(58, own6, icmp(137, noAddress)), false},
		"routers: a solicitation of a router":       {routers, ip6Frame(58, noAddress, icmp(133, noAddress)), true},
		"routers: an MLD report":                    {routers, ip6Frame(0, noAddress, []byte{58, 0}, hop, icmp(143, noAddress)), true},
		"routers: an MLD query":                     {routers, ip6Frame(0, own6, []byte{58, 0}, hop, icmp(130, noAddress)), false},
		"queries: an MLD query":                     {queries, ip6Frame(0, own6, []byte{58, 0}, hop, icmp(130, noAddress)), false},
		"queries: behind both":                      {queries, ip6Frame(0, own6, []byte{60, 0}, hop, []byte{58, 0}, hop, icmp(130, noAddress)), false},
		"queries: a large ping":                     {queries, ip6Frame(44, own6, []byte{58, 0, 0, 1, 0, 0, 0, 1}, icmp(128, noAddress)), true},
		"queries: an advertisement":                 {queries, ip6Frame(58, own6, icmp(134, noAddress)), true},
		"routers: advertises itself":                {routers, ip6Frame(58, own6, icmp(136, own6)), true},
		"routers: advertises the bridge":            {routers, ip6Frame(58, own6, icmp(136, bridge6[0])), false},
		"routers: solicits the bridge":              {routers, ip6Frame(58, own6, icmp(135, bridge6[1])), true},
		"routers: solicits the bridge's as its own": {routers, ip6Frame(58, noAddress, icmp(135, bridge6[1])), false},
		"routers: solicits its own":                 {routers, ip6Frame(58, noAddress, icmp(135, own6)), true},
		"routers: IPv6 from the bridge":             {routers, ip6Frame(6, bridge6[1], nothing8), false},
		"routers: ESP":                              {routers, ip6Frame(50, own6, nothing8), true},
		"own: ARP":                                  {own, arpFrame(1, ownIP, bridgeIP), true},
		"own: ARP, an answer":                       {own, arpFrame(2, ownIP, bridgeIP), true},
		"own: ARP from a neighbour's":               {own, arpFrame(2, [4]byte{10, 0, 3, 9}, bridgeIP), false},
		"own: ARP, a request that makes an entry":   {own, arpFrame(1, [4]byte{10, 0, 3, 9}, bridgeIP), false},
		"own: ARP, a probe for its own":             {own, arpFrame(1, [4]byte{}, ownIP), true},
		"own: ARP, a probe for a neighbour's":       {own, arpFrame(1, [4]byte{}, [4]byte{10, 0, 3, 9}), false},
		"own: ARP under another hardware address":   {own, fromOther, false},
		"own: ARP that is cut off":                  {own, frame{bytes: fromOther.bytes[:41]}, false},
		"own: IPv4":                                 {own, ip4Frame(0x45, 0, 6, ownIP), true},
		"own: IPv4 from a neighbour's":              {own, ip4Frame(0x45, 0, 6, [4]byte{10, 0, 3, 9}), false},
		"own: a later fragment":                     {own, ip4Frame(0x45, 1, 17, ownIP), true},
		"own: a later fragment from a neighbour's":  {own, ip4Frame(0x45, 1, 17, [4]byte{10, 0, 3, 9}), false},
		"own: a later fragment from 0.0.0.0":        {own, ip4Frame(0x45, 1, 17, [4]byte{}, ask(ownMAC)...), false},
		"own: a router's options":                   {own, ip4Frame(0x47, 0, 17, ownIP, append(make([]byte, 8), udp(1, 2)...)...), true},
		"own: DHCP":                                 {own, ip4Frame(0x45, 0, 17, [4]byte{}, ask(ownMAC)...), true},
		"own: DHCP that renews":                     {own, ip4Frame(0x45, 0, 17, ownIP, ask(ownMAC)...), true},
		"own: DHCP for another client":              {own, ip4Frame(0x45, 0, 17, [4]byte{}, ask([6]byte{2})...), false},
		"own: the same from its own address":        {own, ip4Frame(0x45, 0, 17, ownIP, ask([6]byte{2})...), false},
		"own: DHCP behind options":                  {own, ip4Frame(0x47, 0, 17, ownIP, append(make([]byte, 8), ask([6]byte{2})...)...), false},
		"own: DHCP with much in it":                 {own, ip4Frame(0x45, 0, 17, [4]byte{}, append(ask(ownMAC), make([]byte, 479-68)...)...), true},
		"own: DHCP with room for another":           {own, ip4Frame(0x45, 0, 17, [4]byte{}, append(ask(ownMAC), make([]byte, 480-68)...)...), false},
		"own: much DHCP behind options":             {own, ip4Frame(0x47, 0, 17, ownIP, append(append(make([]byte, 8), ask(ownMAC)...), make([]byte, 480-68)...)...), false},
		"own: DHCP in fragments":                    {own, moreFollow(ip4Frame(0x45, 0, 17, ownIP, ask(ownMAC)...)), false},
		"own: UDP in fragments":                     {own, moreFollow(ip4Frame(0x45, 0, 17, ownIP, udp(1, 2)...)), true},
		"own: UDP from 0.0.0.0":                     {own, ip4Frame(0x45, 0, 17, [4]byte{}, udp(68, 53)...), false},
		"own: TCP from 0.0.0.0":                     {own, ip4Frame(0x45, 0, 6, [4]byte{}), false},
		"own: an IGMP report from 0.0.0.0":          {own, ip4Frame(0x46, 0, 2, [4]byte{}, 0x94, 4, 0, 0, 0x22, 0, 0, 0), true},
		"own: an IGMP query from 0.0.0.0":           {own, ip4Frame(0x46, 0, 2, [4]byte{}, 0x94, 4, 0, 0, 0x11, 0, 0, 0), false},
		"own: an IGMP query, which another forbids": {own, ip4Frame(0x46, 0, 2, ownIP, 0x94, 4, 0, 0, 0x11, 0, 0, 0), true},
		"own: IPv6":                                 {own, ip6Frame(6, pooled, nothing8), true},
		"own: IPv6, link-local":                     {own, ip6Frame(6, mine, nothing8), true},
		"own: IPv6 from a privacy address":          {own, ip6Frame(6, neighbour, nothing8), false},
		"own: IPv6 from ::":                         {own, ip6Frame(6, noAddress, nothing8), false},
		"own: advertises itself":                    {own, ip6Frame(58, mine, icmp(136, pooled)), true},
		"own: advertises a neighbour":               {own, ip6Frame(58, mine, icmp(136, neighbour)), false},
		"own: the same in a fragment":               {own, ip6Frame(44, mine, []byte{58, 0, 0, 1, 0, 0, 0, 1}, icmp(136, neighbour)), false},
		"own: the same behind options":              {own, ip6Frame(60, mine, []byte{58, 0}, hop, icmp(136, neighbour)), false},
		"own: the same behind hop-by-hop":           {own, ip6Frame(0, mine, []byte{58, 0}, hop, icmp(136, neighbour)), false},
		"own: an advertisement that is cut off":     {own, ip6Frame(58, mine, icmp(136, pooled)[:23]), false},
		"own: detects duplicates":                   {own, ip6Frame(58, noAddress, icmp(135, pooled)), true},
		"own: the same for a neighbour's":           {own, ip6Frame(58, noAddress, icmp(135, neighbour)), false},
		"own: solicits a neighbour":                 {own, ip6Frame(58, mine, icmp(135, neighbour)), true},
		"own: solicits a router":                    {own, ip6Frame(58, noAddress, icmp(133, noAddress)), true},
		"own: an MLD report":                        {own, ip6Frame(0, noAddress, []byte{58, 0}, hop, icmp(143, noAddress)), true},
		"own: an MLD query from ::":                 {own, ip6Frame(0, noAddress, []byte{58, 0}, hop, icmp(130, noAddress)), false},
		"own: a later fragment (IPv6)":              {own, ip6Frame(44, mine, []byte{17, 0, 0, 8, 0, 0, 0, 1}, udp(1, 2)), true},
		"own: a later fragment from ::":             {own, ip6Frame(44, noAddress, []byte{17, 0, 0, 8, 0, 0, 0, 1}, udp(1, 2)), false},
		"own: a double tag":                         {own, tagged(ether(all, typeService)), false},
		"own: a neighbour's address in a VLAN":      {own, tagged(arpFrame(1, [4]byte{10, 0, 3, 9}, bridgeIP)), false},
		"own: other types are for frame_guard":      {own, ether(all, 0x88cc), true},
		"all: TCP":                                  {everything, ip4Frame(0x45, 0, 6, ownIP), true},
		"all: advertises itself":                    {everything, ip6Frame(58, mine, icmp(136, pooled)), true},
		"all: advertises a neighbour":               {everything, ip6Frame(58, mine, icmp(136, neighbour)), false},
		"all: detects duplicates":                   {everything, ip6Frame(58, noAddress, icmp(135, pooled)), true},
		"all: a later fragment from ::":             {everything, ip6Frame(44, noAddress, []byte{17, 0, 0, 8, 0, 0, 0, 1}, udp(1, 2)), false},
		"all: a later fragment":                     {everything, ip6Frame(44, mine, []byte{17, 0, 0, 8, 0, 0, 0, 1}, udp(1, 2)), true},
		"all: an advertisement":                     {everything, ip6Frame(58, mine, icmp(134, noAddress)), false},
		"all: DHCP":                                 {everything, ip4Frame(0x45, 0, 17, [4]byte{}, ask(ownMAC)...), true},
		"all: an MLD report":                        {everything, ip6Frame(0, noAddress, []byte{58, 0}, hop, icmp(143, noAddress)), true},
		"routers: nothing but a header":             {routers, ip6Frame(58, own6), false},
	} {
		if got := newMachine(t, c.n).lets(t, c.f); got != c.passes {
			t.Errorf("%s: %v", name, got)
		}
		if got := c.n.lets(c.f); got != c.passes {
			t.Errorf("%s: the model says %v", name, got)
		}
	}
}
