package newidmap

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/subid/logindefs"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// user is the caller as the machine's files know him.
type user struct {
	uid, gid uint32   // the real ids
	names    []string // every login name of uid, at least one
	groups   []uint32 // the primary groups of names, in the same order
	defs     logindefs.Defs
}

// String names the user for messages: "alice (uid 1000)".
func (u user) String() string {
	return strings.Join(u.names, ", ") + " (uid " + decimal(u.uid) + ")"
}

// identify looks the caller up by real user id, never by getlogin(3): that would pick whose ranges apply where several
// names share the id (CVE-2016-6251).
func (p program) identify(caller privilege.Caller) (user, error) {
	return p.identifyAs(p.accounts(caller), caller.UID(), caller.GID())
}

// identifyAs is identify for a caller with these real ids, as a directory knows him.
func (p program) identifyAs(directory account.Directory, uid, gid uint32) (user, error) {
	u := user{uid: uid, gid: gid}
	accounts, err := directory.Users(u.uid)
	if err != nil {
		return user{}, nameless(u.uid, err)
	}
	for _, a := range accounts {
		u.names = append(u.names, a.Name)
		u.groups = append(u.groups, a.Primary)
	}
	if len(u.names) == 0 {
		return user{}, nameless(u.uid, &account.UnknownError{})
	}
	u.defs, err = p.readLoginDefs()
	return u, err
}

// nameless is the answer to a caller whose name is not known. What was asked, and what each said, is in err.
func nameless(uid uint32, err error) error {
	const headline = "Cannot determine your user name."
	var unknown *account.UnknownError
	if errors.As(err, &unknown) && unknown.Certain() {
		return &verdict.Refusal{
			Headline: headline,
			Advice:   "your user id " + decimal(uid) + " has no account: " + reason(err) + "; ids are granted to accounts, ask the administrator for one",
		}
	}
	return &verdict.Failure{
		Headline: headline,
		Advice:   "the account of your user id " + decimal(uid) + " cannot be looked up: " + unanswered(err),
		Err:      err,
	}
}

// unanswered is the text of an error that does not name its source where that is the user database.
func unanswered(err error) string {
	var untrusted *trusted.UntrustedError
	if errors.As(err, &untrusted) {
		return err.Error() + ": it says who you are, so " + untrusted.Remedy()
	}
	if errno, ok := err.(unix.Errno); ok {
		return paths.Passwd() + ": " + strerror(errno)
	}
	return err.Error()
}

// readLoginDefs reads the configuration of the shadow suite. That there is none is fine; that there is one that cannot
// be relied on is not, since it can take grants back (SUB_UID_COUNT 0).
func (p program) readLoginDefs() (logindefs.Defs, error) {
	file, err := p.open(p.loginDefs)
	if errors.Is(err, unix.ENOENT) {
		return logindefs.Default(), nil
	}
	if err == nil {
		defer file.Close()
		var defs logindefs.Defs
		if defs, err = logindefs.Parse(file); err == nil {
			return defs, nil
		}
	}
	advice := reason(err) + ": the file must be owned by root, writable by root only, and readable by you"
	var untrusted *trusted.UntrustedError
	if errors.As(err, &untrusted) {
		advice = untrusted.Error() + ": it can take grants back, so " + untrusted.Remedy()
	}
	return logindefs.Defs{}, &verdict.Failure{Headline: "cannot open " + p.loginDefs + ": " + strerror(err), Advice: advice, Err: err}
}

func decimal(id uint32) string { return strconv.FormatUint(uint64(id), 10) }
