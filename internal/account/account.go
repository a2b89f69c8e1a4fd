// Package account says who a user id or group id is.
//
// It promises that an answer fits the question (equal id, equal name) and is a name that can stand in a file of lines
// and colons. It trusts the sources that it asks, and those only: see Source.
package account

import "strconv"

// User is one account: several may share a user id.
type User struct {
	Name string
	UID  uint32
	GID  uint32 // the primary group
}

// Group is one group.
type Group struct {
	Name string
	GID  uint32
}

// Source is one place where accounts are kept: this machine's files, SSSD, systemd-userdbd, nscd, getent.
//
// An empty answer means that the source does not know: the next one is asked. An error means that it cannot say. It ends
// the search, since a later source could give the same id to somebody else; but for two kinds: behind *UnavailableError
// others may know, behind errNobody nobody does.
type Source interface {
	// Describe names the source in messages: "/etc/passwd".
	Describe() string
	// Users returns the accounts of uid, in the order of the source.
	Users(uid uint32) ([]User, error)
	// User returns the account of name: one, or none.
	User(name string) ([]User, error)
	// Groups returns the groups of gids that it knows, at most one for each, in any order; with an error those that it
	// found before.
	Groups(gids []uint32) ([]Group, error)
}

// longestName is the longest name that is one. utmp(5) and useradd(8) stop at 32, login.defs(5) and SSSD at 255 or 256.
const longestName = 255

// validName reports whether name can be a user's or group's.
func validName[T string | []byte](name T) bool {
	for i := range len(name) {
		if name[i] == ':' || name[i] == '\n' || name[i] == 0 {
			return false
		}
	}
	return 0 < len(name) && len(name) <= longestName
}

func uidKey(uid uint32) string   { return "uid " + strconv.FormatUint(uint64(uid), 10) }
func nameKey(name string) string { return "user " + strconv.Quote(name) }
