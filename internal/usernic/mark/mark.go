// Package mark has the marks by which an interface of lxc-user-nic is known again: its addresses and its alternative name.
package mark

import (
	"strconv"
	"strings"

	"userns-helpers/internal/netquota"
)

// First bytes of addresses: both locally administered (IEEE 802, bit 1) and not multicast (bit 0). A bridge takes the
// lowest address of its ports for its own, so those of the host ends are high.
const (
	OfContainer = 0x02
	OfHost      = 0xfe
)

// Host is the address of the host's end that belongs to a container's. A bridge keeps those of its ports in its table,
// so that one lookup says whether some port's container has an address already.
func Host(container netquota.MAC) netquota.MAC {
	container[0] = OfHost
	return container
}

// Container is the address of the container's end that belongs to a host's.
func Container(host netquota.MAC) netquota.MAC {
	host[0] = OfContainer
	return host
}

// Prefix begins the altname of every interface that lxc-user-nic makes.
const Prefix = "usernic-"

// longestAlt is ALTIFNAMSIZ without its NUL.
const longestAlt = 127

// AltName tells administrators whose interface it is: usernic-UID-CONTAINER-BRIDGE-XXXX, XXXX being the random part of
// the name, which makes it unique. Bytes of the container's name that an interface cannot have become "_".
func AltName(uid uint32, container, bridge, nic string) string {
	start := Prefix + strconv.FormatUint(uint64(uid), 10) + "-"
	end := "-" + bridge + Random(nic)
	plain := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, container)
	return start + plain[:min(len(plain), longestAlt-len(start)-len(end))] + end
}

// Random is the random part of an altname, with the dash in front.
func Random(nic string) string { return "-" + nic[max(0, len(nic)-4):] }

// EndsOn reports whether an altname is that of an interface on a bridge, whatever the interface is called now.
func EndsOn(alt, bridge string) bool {
	return strings.HasSuffix(alt[:max(0, len(alt)-len(Random("xxxx")))], "-"+bridge)
}
