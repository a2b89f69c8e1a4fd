// Package lookup is how a source of accounts is asked, and how it answers.
//
// It asks nobody, and trusts no answer: package account compares each with the question.
package lookup

import (
	"cmp"
	"errors"
	"slices"
)

// Account is a user or a group. Several users may share an id.
type Account struct {
	Name    string
	ID      uint32 // of the user, or of the group
	Primary uint32 // a user's primary group; 0 for a group
}

// Key is what one account is asked for by: the name or the id of a user or of a group.
type Key struct {
	Group bool
	Name  string // "" to ask for ID
	ID    uint32
}

// Source is one place where accounts are kept: this machine's files, SSSD, systemd-userdbd, nscd, getent.
type Source interface {
	// Describe names the source in messages: "/etc/passwd".
	Describe() string
	// Find returns the accounts of keys that it knows: of one user, of one group by its name, or of groups, sorted, each once; never none. With an
	// error come those that it found before.
	//
	// An error means that it cannot say. It ends the search, since a later source could give the same id to somebody else;
	// but for two kinds: after one that IsAbsent others may know, after ErrNobody nobody does.
	Find(keys []Key) ([]Account, error)
}

// Roster is a source that knows whom groups list as their members: /etc/group, SSSD, getent.
type Roster interface {
	// Describe is as of Source.
	Describe() string
	// Listing returns groups that list one of these users, at least one, whose names are valid; a group of which only the id is
	// known has no name, and is not its user's primary one if the source leaves that out. An error means that there may be others.
	Listing(users []string) ([]Account, error)
}

// ErrNobody is a source's word for accounts that neither it nor any source after it has.
var ErrNobody = errors.New("no source has it")

// NotServedError says that a source runs, and does not answer such questions.
type NotServedError struct{ Source string }

// Error names the source.
func (e *NotServedError) Error() string { return e.Source + " does not serve this question" }

// NotRunning is true: it is as if the source did not run.
func (*NotServedError) NotRunning() bool { return true }

// IsAbsent reports whether an error says that a source does not run, or is not the one to ask.
func IsAbsent(err error) bool {
	var source interface{ NotRunning() bool }
	return errors.As(err, &source) && source.NotRunning()
}

// Each asks for one account after the other, as a source does that can be asked for one only.
func Each(keys []Key, ask func(Key) (Account, bool, error)) (found []Account, err error) {
	for _, key := range keys {
		a, known, err := ask(key)
		if err != nil {
			return found, err
		}
		if known {
			found = append(found, a)
		}
	}
	return found, nil
}

// Index returns which of keys, as Source.Find has them, an account of that name and id answers; -1: none of them.
func Index[T string | []byte](keys []Key, name T, id uint32) int {
	if len(keys) == 1 && keys[0].Name != "" {
		if string(name) == keys[0].Name {
			return 0
		}
		return -1
	}
	i, found := slices.BinarySearchFunc(keys, id, func(k Key, id uint32) int { return cmp.Compare(k.ID, id) })
	if !found {
		return -1
	}
	return i
}
