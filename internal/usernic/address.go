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
	"userns-helpers/internal/usernic/mark"
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
	mac[0] = mark.OfContainer
	return mac
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
