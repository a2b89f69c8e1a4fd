package nicview

import (
	"strconv"
	"strings"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/usernic/mark"
)

// parseAltName reads whose interface it is and of which container, from an altname that mark.AltName made for one on bridge. The
// interface may have another name now. It is false for any other altname.
func parseAltName(alt, bridge string) (uid uint32, container string, ok bool) {
	uid, rest, ok := cutAltName(alt)
	if !ok {
		return 0, "", false
	}
	container, ok = strings.CutSuffix(rest[:len(rest)-len(mark.Random("xxxx"))], "-"+bridge)
	if !ok {
		return 0, "", false
	}
	return uid, container, true
}

// originalName is the name that an interface with that altname was made with; false for an altname that mark.AltName did not make.
func originalName(alt string) (string, bool) {
	uid, rest, ok := cutAltName(alt)
	if !ok {
		return "", false
	}
	name := netquota.HostPrefix(uid) + rest[len(rest)-len("xxxx"):]
	return name, netquota.IsOf(name, uid)
}

// cutAltName is the user id in an altname, and what follows it: container, bridge and the random part.
func cutAltName(alt string) (uid uint32, rest string, ok bool) {
	rest, ok = strings.CutPrefix(alt, mark.Prefix)
	if !ok {
		return 0, "", false
	}
	id, rest, ok := strings.Cut(rest, "-")
	n, err := strconv.ParseUint(id, 10, 32)
	random := len(rest) - len(mark.Random("xxxx"))
	return uint32(n), rest, ok && err == nil && random > 0 && rest[random] == '-'
}
