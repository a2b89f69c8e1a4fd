// Package account says who a user id or group id is.
//
// It promises that an answer fits the question (equal id, equal name) and is a name that can stand in a file of lines
// and colons. It trusts the sources that it asks, and those only: see Source.
package account

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

// Source is one place where accounts are kept, and the seam through which others than files come.
//
// An empty answer means that the source does not know: the next one is asked. An error means that it should know and
// cannot say: the search ends there, since a later source could give the same id to somebody else.
type Source interface {
	// Describe names the source in messages: "/etc/passwd".
	Describe() string
	// Users returns every account of uid, in the order of the source.
	Users(uid uint32) ([]User, error)
	// User returns the account of name: one, or none.
	User(name string) ([]User, error)
	// Groups returns the groups of gids that it knows, at most one for each.
	Groups(gids []uint32) ([]Group, error)
}

// Directory is the sources that are asked, in order; a hit ends a search.
type Directory []Source

// UnknownError says that no source knows an account.
type UnknownError struct {
	Key   string   // "uid 1000", "user \"alice\""
	Tried []string // the sources, as they describe themselves
}

// Error names the account and the sources.
func (e *UnknownError) Error() string { return e.Key }

// Local is the directory of this machine's files, passwd(5) and group(5), which must be trusted (package trusted).
func Local() Directory { return nil }

// Listed is the directory of the same files whoever owns them: for programs without privilege that only report.
func Listed() Directory { return nil }

// Users returns every account of uid, at least one. Errors: *UnknownError, *trusted.UntrustedError, those of read(2).
func (d Directory) Users(uid uint32) ([]User, error) { return nil, nil }

// User returns the account of name. Errors: as Users.
func (d Directory) User(name string) (User, error) { return User{}, nil }

// Groups returns the groups of gids that have a name, in the order of gids, each once. A gid without a name is no
// error: it is left out.
func (d Directory) Groups(gids []uint32) ([]Group, error) { return nil, nil }
