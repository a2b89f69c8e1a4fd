package usernic

import (
	"strconv"
	"strings"
)

// ParseAltName reads whose interface it is and of which container, from an altname that altName made for nic on bridge.
// It is false for any other altname.
func ParseAltName(alt, bridge, nic string) (uid uint32, container string, ok bool) {
	rest, ok := strings.CutPrefix(alt, altPrefix)
	if !ok {
		return 0, "", false
	}
	rest, ok = strings.CutSuffix(rest, altEnd(bridge, nic))
	if !ok {
		return 0, "", false
	}
	id, container, ok := strings.Cut(rest, "-")
	n, err := strconv.ParseUint(id, 10, 32)
	return uint32(n), container, ok && err == nil
}
