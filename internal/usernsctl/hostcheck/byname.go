package hostcheck

import (
	"bytes"
	"errors"
	"time"

	"userns-helpers/internal/account"
	"userns-helpers/internal/account/passwd"
	"userns-helpers/internal/kernel/exec"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/text/paths"
)

// getentPatience is how long getent is waited for, as package getent waits. One that did not answer in time is not asked again.
const getentPatience = 10 * time.Second

// errHangs is why getent is not asked again.
var errHangs = errors.New(paths.Getent() + " did not answer before, and is not asked again")

// byName asks getent(1) for a user or group by its name, where that can be nothing else: package getent, which decides, asks for
// users by numbers alone. This program has no privilege, and grants nothing: a module of the name service switch may say what it likes.
//
// Errors: *account.UnknownError where no service knows the name; those of exec.AsSelf; errHangs.
func (c *check) byName(database, name string) (account.Account, error) {
	if c.beyond.hangs {
		return account.Account{}, errHangs
	}
	unknown := &account.UnknownError{Key: database + " " + quote(name)}
	if name == "" || subid.IsUID(name) {
		return account.Account{}, unknown
	}
	result, err := c.getent(exec.Program{
		Path: paths.Getent(), Arguments: []string{database, "--", name}, Environment: []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}, Patience: getentPatience,
	})
	c.beyond.hangs = errors.Is(err, exec.ErrTimeout)
	const found, notFound = 0, 2
	switch {
	case err != nil:
		return account.Account{}, err
	case result.Status == notFound:
		return account.Account{}, unknown
	case result.Status != found:
		return account.Account{}, errors.New(paths.Getent() + " ended with status " + decimal(uint64(max(result.Status, 0))))
	}
	parse := passwd.User
	if database == "group" {
		parse = passwd.Group
	}
	text, rest, ended := bytes.Cut(result.Output, []byte{'\n'})
	if line, ok := parse(text); ended && len(rest) == 0 && ok && line.Account().Name == name {
		return line.Account(), nil
	}
	return account.Account{}, errors.New(paths.Getent() + " answered something that was not asked")
}

// user asks for a user whom the files do not know: the daemons that speak for a service first, then getent, where there are services that none of
// them speaks for.
func (c *check) user(text string) (account.Account, error) {
	directory := account.Unprivileged(c.rooted)
	if !c.beyond.others {
		return Named(directory, text)
	}
	return c.named(directory, text)
}

// named is Named, which asks getent too where the directory is not certain.
func (c *check) named(directory account.Directory, text string) (account.Account, error) {
	user, err := Named(directory, text)
	var unknown *account.UnknownError
	if !errors.As(err, &unknown) || unknown.Certain() || subid.IsUID(text) {
		return user, err
	}
	return c.byName("passwd", text)
}

// NamedAnywhere is Named, for who asks about one user: a name that only getent can look up is one, too.
func NamedAnywhere(directory account.Directory, text string) (account.Account, error) {
	return (&check{Host: Host{getent: exec.AsSelf}}).named(directory, text)
}

// groupKnown reports whether a service knows a group that is in no file, and whether that is certain.
func (c *check) groupKnown(name string) (known, certain bool) {
	_, err := c.byName("group", name)
	var unknown *account.UnknownError
	return err == nil, err == nil || errors.As(err, &unknown)
}
