package netquota

import (
	"strconv"
	"strings"

	"userns-helpers/internal/text/ifname"
)

// alphabet of the random part of a name, and of large user ids.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// Names of interfaces have at most 15 bytes (IFNAMSIZ with its NUL, netdevice(7)): "veth", up to six digits of user id,
// "_" and four random characters, as LXC's helper makes them for user ids up to 65536. Larger user ids do not fit in
// decimal, so they are written as six characters of alphabet, with "-" so that the two forms cannot be confused.
const (
	prefix       = ifname.Veth
	randomLength = 4
	largestPlain = 999_999
	largeLength  = 6
	Suffixes     = 62 * 62 * 62 * 62
)

// HostPrefix is what the names of all interfaces of uid start with on the host.
func HostPrefix(uid uint32) string {
	if uid <= largestPlain {
		return prefix + strconv.FormatUint(uint64(uid), 10) + "_"
	}
	return prefix + based(uint64(uid), largeLength) + "-"
}

// HostName is the nth name of the interfaces of uid, 0 <= n < 62^4.
func HostName(uid, n uint32) string { return HostPrefix(uid) + based(uint64(n), randomLength) }

// based writes n with length digits of alphabet.
func based(n uint64, length int) string {
	digits := make([]byte, length)
	for i := length - 1; i >= 0; i-- {
		digits[i] = alphabet[n%uint64(len(alphabet))]
		n /= uint64(len(alphabet))
	}
	return string(digits)
}

// IsOf reports whether name is one that an interface of uid has on the host.
func IsOf(name string, uid uint32) bool {
	suffix, found := strings.CutPrefix(name, HostPrefix(uid))
	return found && len(suffix) == randomLength && strings.Trim(suffix, alphabet) == ""
}

// Anonymous reports whether name tells nothing of its user: LXC's helper names the interfaces of user ids above 65536
// "veth" and six random characters.
func Anonymous(name string) bool {
	return strings.HasPrefix(name, prefix) && !strings.ContainsAny(name, "_-")
}

// UserOf is the user id in the name of an interface on the host, the inverse of HostPrefix; false if it has none.
func UserOf(name string) (uint32, bool) {
	rest, found := strings.CutPrefix(name, prefix)
	if !found || len(rest) < randomLength+1 {
		return 0, false
	}
	id := rest[:len(rest)-randomLength-1]
	n, err := strconv.ParseUint(id, 10, 32)
	if err != nil || rest[len(id)] == '-' {
		n = unbased(id)
	}
	return uint32(n), n <= largestID && IsOf(name, uint32(n))
}

// largestID is the greatest user id.
const largestID = 1<<32 - 2

// unbased is the inverse of based; false for what is not a number in alphabet, which HostPrefix never writes.
func unbased(digits string) uint64 {
	n := uint64(0)
	for i := range len(digits) {
		value := strings.IndexByte(alphabet, digits[i])
		if value < 0 || n > largestID {
			return largestID + 1
		}
		n = n*uint64(len(alphabet)) + uint64(value)
	}
	return n
}
