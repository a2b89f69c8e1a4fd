package usernic

import (
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/text/paths"
)

// First bytes of addresses: both locally administered (IEEE 802, bit 1) and not multicast (bit 0). A bridge takes the
// lowest address of its ports for its own, so those of the host ends are high.
const (
	firstOfContainer = 0x02
	firstOfHost      = 0xfe
)

// candidates is how many addresses there are for one container on one bridge: more than a container has interfaces.
const candidates = 64

// containerMAC is the nth address of an interface of uid's container on bridge, on the host with the given identity and
// key. It is the same at each start, so that DHCP knows the container again (rootlesskit#61). The key (HMAC, RFC 2104)
// keeps it from being computed by others; the identity keeps hosts that were copied together with their key apart.
func containerMAC(secret key, host string, uid uint32, bridge, container string, n int) netquota.MAC {
	parts := []string{"userns-helpers container address", host, strconv.FormatUint(uint64(uid), 10), bridge, container, strconv.Itoa(n)}
	code := hmac.New(sha256.New, secret[:])
	_, _ = code.Write([]byte(strings.Join(parts, "\x00")))
	mac := netquota.MAC(code.Sum(nil)[:len(netquota.MAC{})])
	mac[0] = firstOfContainer
	return mac
}

// hostMAC is the address of the host end that belongs to a container's. A bridge keeps those of its ports in its table,
// so that one lookup says whether some port's container has an address already.
func hostMAC(container netquota.MAC) netquota.MAC {
	container[0] = firstOfHost
	return container
}

// hostIdentity is what sets this host apart from others on the same network: the machine id (machine-id(5)), or the host
// name where there is none.
func hostIdentity(of privilege.Standing) string {
	if file, err := trusted.Open(paths.MachineID(), of); err == nil {
		defer file.Close()
		id := make([]byte, 32)
		if n, err := file.Read(id); err == nil && n == len(id) {
			return string(id)
		}
	}
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Nodename[:])
}

// altPrefix begins the altname of every interface that this program makes.
const altPrefix = "usernic-"

// longestAlt is ALTIFNAMSIZ without its NUL.
const longestAlt = 127

// altName tells administrators whose interface it is: usernic-UID-CONTAINER-BRIDGE-XXXX, XXXX being the random part of
// the name, which makes it unique. Bytes of the container's name that an interface cannot have become "_".
func altName(uid uint32, container, bridge, nic string) string {
	start := altPrefix + strconv.FormatUint(uint64(uid), 10) + "-"
	end := altEnd(bridge, nic)
	plain := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, container)
	return start + plain[:min(len(plain), longestAlt-len(start)-len(end))] + end
}

// altEnd is the end of the altname of an interface on a bridge.
func altEnd(bridge, nic string) string { return "-" + bridge + altRandom(nic) }

// altRandom is the random part of an altname, with the dash in front.
func altRandom(nic string) string { return "-" + nic[max(0, len(nic)-4):] }

// endsOn reports whether an altname is that of an interface on a bridge, whatever the interface is called now.
func endsOn(alt, bridge string) bool {
	return strings.HasSuffix(alt[:max(0, len(alt)-len(altRandom("xxxx")))], "-"+bridge)
}
