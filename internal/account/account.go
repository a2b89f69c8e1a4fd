// Package account says who a user id or group id is.
//
// It promises that an answer fits the question (equal id, equal name) and is a name that can stand in a file of lines
// and colons. It trusts the sources that it asks, and those only: see Source.
package account

import (
	"strconv"
	"strings"
)

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

// Source is one place where accounts are kept, and the seam through which others than files come: SSSD, systemd-userdb
// and nscd will be further Sources behind the files in a Directory.
//
// An empty answer means that the source does not know: the next one is asked. An error means that it should know and
// cannot say: the search ends there, since a later source could give the same id to somebody else.
type Source interface {
	// Describe names the source in messages: "/etc/passwd".
	Describe() string
	// Users returns the accounts of uid, in the order of the source.
	Users(uid uint32) ([]User, error)
	// User returns the account of name: one, or none.
	User(name string) ([]User, error)
	// Groups returns the groups of gids that it knows, at most one for each, in any order.
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

// UnknownError says that no source knows an account.
type UnknownError struct {
	Key   string   // "uid 1000", `user "alice"`
	Tried []string // the sources, as they describe themselves
}

// Error names the account and the sources.
func (e *UnknownError) Error() string {
	return "no " + e.Key + " in " + strings.Join(e.Tried, ", ")
}

// AnswerError says that a source answered something that was not asked, or a name that cannot be one.
type AnswerError struct {
	Key    string // as in UnknownError
	Source string
}

// Error names the source and the question.
func (e *AnswerError) Error() string {
	return e.Source + " does not answer the question for " + e.Key
}

func uidKey(uid uint32) string   { return "uid " + strconv.FormatUint(uint64(uid), 10) }
func nameKey(name string) string { return "user " + strconv.Quote(name) }
