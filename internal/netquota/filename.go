package netquota

import (
	"hash/fnv"
	"strconv"
)

// longestOwner keeps the name of a file of slots within NAME_MAX, 255 bytes, with each byte of it escaped: four of the
// type, 15 of the bridge (IFNAMSIZ without its NUL) and these, three for one, and two colons.
const longestOwner = 64

// fileName is the name of the file of slots of a charge: type:bridge:owner, unusual bytes escaped; a hash takes the
// place of the rest of an owner's name that is too long.
func fileName(charge Charge) string {
	owner := charge.Owner
	if len(owner) > longestOwner {
		hash := fnv.New64a()
		_, _ = hash.Write([]byte(owner))
		owner = owner[:longestOwner-17] + "#" + strconv.FormatUint(hash.Sum64(), 16)
	}
	return escape(charge.Place.Type) + ":" + escape(charge.Place.Bridge) + ":" + escape(owner)
}

// escape writes every byte that is not a letter, a digit, or one of @._- as %XX.
func escape(s string) string {
	const digits = "0123456789ABCDEF"
	var out []byte
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '@', c == '.', c == '_', c == '-':
			out = append(out, c)
		default:
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(out)
}
