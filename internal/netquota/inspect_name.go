package netquota

import (
	"strconv"
	"strings"
)

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

// unbased is the inverse of based; what is no number in alphabet is none that HostPrefix writes.
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
