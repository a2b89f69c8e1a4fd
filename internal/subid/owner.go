package subid

import (
	"strconv"
	"strings"
)

// Owner is whose ranges are looked for: the keys that may stand in the first field of a line.
type Owner struct {
	keys []string // with the colon that must follow
}

// OwnerOf returns the owner with a user id and the login names that have it, in the order of the user database.
//
// A field of digits means a user id, always, and a login name of digits is no key: in "1001:..." the uid 1001 is meant
// even where another user is called 1001. The original takes the line for both, so that either may use what was granted
// to the other. A user with such a name is granted ranges by uid. Names that cannot stand in a line are no keys.
func OwnerOf(uid uint32, names ...string) Owner {
	var o Owner
	for _, name := range names {
		o.addName(name)
	}
	id := strconv.FormatUint(uint64(uid), 10)
	o.keys = append(o.keys, id+":")
	return o
}

// OwnerNamed returns the owner that a login name stands for, without a look into the user database; a name of digits
// stands for a user id, and for no one if the id has leading zeros or is too large.
func OwnerNamed(name string) Owner {
	if uid, ok := UID(name); ok {
		return OwnerOf(uid)
	}
	var o Owner
	o.addName(name)
	return o
}

// addName adds the key of a login name. A line that begins with #, + or - is a comment or for NIS.
func (o *Owner) addName(name string) {
	if name == "" || IsUID(name) || strings.ContainsAny(name, ":\n\x00") || strings.ContainsAny(name[:1], "#+-") {
		return
	}
	o.keys = append(o.keys, name+":")
}

// IsUID reports whether an owner is a user id rather than a login name: it has digits only.
func IsUID(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// UID returns the user id that an owner is, in decimal without leading zeros.
func UID(text string) (uid uint32, ok bool) {
	id, err := strconv.ParseUint(text, 10, 32)
	return uint32(id), err == nil && strconv.FormatUint(id, 10) == text
}

// After returns what follows the owner field of a line of this owner, and whether the line is one.
func (o Owner) After(line []byte) ([]byte, bool) {
	for _, key := range o.keys {
		if len(line) >= len(key) && line[0] == key[0] && string(line[:len(key)]) == key {
			return line[len(key):], true
		}
	}
	return nil, false
}
