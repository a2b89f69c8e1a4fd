// Package idmap decides on the id map that a caller asks for: what the words mean, whether the kernel could accept it,
// whether every id of it is granted, and the text that the kernel is given.
//
// It is pure: no file, no system call, no state. It trusts its arguments to be what they are called (the own id, the
// granted set); who may say so is the business of packages subid and account.
package idmap

// Kind tells newuidmap from newgidmap: one program, two sets of words.
type Kind uint8

// The two kinds of map.
const (
	UID Kind = iota
	GID
)

// Program is the name of the program, in messages and manuals. It is never taken from argv.
func (k Kind) Program() string { return "new" + k.Word() + "map" }

// Word is "uid" or "gid".
func (k Kind) Word() string {
	if k == GID {
		return "gid"
	}
	return "uid"
}

// MapFile is the name of the map in /proc/PID: "uid_map" or "gid_map".
func (k Kind) MapFile() string { return k.Word() + "_map" }

// Usage is the usage line, without a newline.
func (k Kind) Usage() string {
	w := k.Word()
	return "usage: " + k.Program() + " [<pid>|fd:<pidfd>] <" + w + "> <lower" + w + "> <count> [ <" +
		w + "> <lower" + w + "> <count> ] ..."
}
