package slots

import (
	"hash/fnv"
	"strconv"

	"userns-helpers/internal/netquota"
)

// longestOwner keeps the name of a file of slots within NAME_MAX, 255 bytes, with each byte of it escaped: four of the
// type, 15 of the bridge (IFNAMSIZ without its NUL) and these, three for one, two colons, and Format. longestGroup does so
// with a colon and a user id after it.
const (
	longestOwner = 63
	longestGroup = longestOwner - 4
)

// Format ends the names of files of slots, with a byte that is never in them otherwise: it stands for the size of a record.
// A file with records of another size has another name, and is not misread. The files of beginnings have records of their
// own.
const Format = "+" + netquota.RecordVersion

// FileName is the name of the file of slots of an allotment: type:bridge:owner, unusual bytes escaped; a hash takes the
// place of the rest of an owner's name that is too long.
func FileName(a netquota.Allotment) string { return slotsName(a, longestOwner) + Format }

// memberFile is the name of the file of slots of one member of the group of an allotment.
func memberFile(a netquota.Allotment, uid uint32) string {
	return slotsName(a, longestGroup) + ":" + decimal(uid) + Format
}

// userFile is the name of the file of slots of a user over all allotments. The names of allotments have a colon.
func userFile(uid uint32) string { return "user." + decimal(uid) + Format }

// rateFile is the name of the file of a user's beginnings.
func rateFile(uid uint32) string { return "pace." + decimal(uid) }

func decimal(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

func slotsName(a netquota.Allotment, longest int) string {
	owner := a.Owner
	if len(owner) > longest {
		hash := fnv.New64a()
		_, _ = hash.Write([]byte(owner))
		owner = owner[:longest-17] + "#" + strconv.FormatUint(hash.Sum64(), 16)
	}
	return escape(a.Place.Type) + ":" + escape(a.Place.Bridge) + ":" + escape(owner)
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
