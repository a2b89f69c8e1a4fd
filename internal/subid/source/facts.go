package source

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/policy/forbidden"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/subid/logindefs"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// NoAnswer is a source that should say something about the user, and does not.
type NoAnswer struct {
	Why    verdict.ID
	Source string // a path, or what the source is called; "" for accounts, where Err has it
	Err    error
}

// What has no answer.
const (
	NoAccount        verdict.ID = "no-account"      // all that were asked know: there is none
	AccountUnknown   verdict.ID = "account-unknown" // somebody who should know could not say
	LoginDefs        verdict.ID = "login-defs-unreadable"
	GrantsUnreadable verdict.ID = "grants-unreadable"
	SwitchUnreadable verdict.ID = "nsswitch-unreadable"
	ForeignModule    verdict.ID = "foreign-module" // only a C library can load what nsswitch.conf(5) names
	DirectorySilent  verdict.ID = "directory-silent"
)

// ID is what has no answer.
func (e *NoAnswer) ID() verdict.ID { return e.Why }
func (e *NoAnswer) Error() string  { return string(e.Why) }

// Unwrap returns the cause.
func (e *NoAnswer) Unwrap() error { return e.Err }

// Decide decides on a request, and gathers for that what idmap.Decide says that it needs, and nothing else.
func (m Machine) Decide(q idmap.Request, f *idmap.Facts) idmap.Decision {
	for {
		switch d := idmap.Decide(q, *f); d.Needs {
		case idmap.TheGrants:
			grants := m.Grants(q.Kind, f.User, q.Wanted(f.User.Own(q.Kind)))
			f.Grants = &grants
		case idmap.TheForbidden:
			f.Forbidden = m.Forbidden()
		case idmap.Nothing:
			return d
		}
	}
}

// User returns the user with these real ids. They are looked up by user id, never by getlogin(3): that would pick whose
// ranges apply where several names share the id (CVE-2016-6251). Errors: *NoAnswer.
func (m Machine) User(uid, gid uint32) (idmap.User, error) {
	u := idmap.User{UID: uid, GID: gid}
	accounts, err := m.accounts.Users(uid)
	if err == nil && len(accounts) == 0 {
		err = &account.UnknownError{}
	}
	if err != nil {
		var unknown *account.UnknownError
		if errors.As(err, &unknown) && unknown.Certain() {
			return u, &NoAnswer{NoAccount, "", err}
		}
		return u, &NoAnswer{AccountUnknown, "", err}
	}
	for _, a := range accounts {
		u.Names = append(u.Names, a.Name)
		u.Groups = append(u.Groups, a.Primary)
	}
	u.Defs, err = m.loginDefs()
	return u, err
}

// loginDefs reads the configuration of the shadow suite. That there is none is fine; that there is one that cannot be
// relied on is not, since it can take grants back (SUB_UID_COUNT 0).
func (m Machine) loginDefs() (logindefs.Defs, error) {
	file, err := m.open(paths.LoginDefs())
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
	return logindefs.Defs{}, &NoAnswer{LoginDefs, paths.LoginDefs(), err}
}

// Grants asks the source that this machine has for the wanted ids, and no other.
func (m Machine) Grants(kind idmap.Kind, u idmap.User, wanted []idmap.Range) idmap.Grants {
	chosen, err := m.Choose(File(kind))
	if err != nil {
		return idmap.Grants{Err: notChosen(err)}
	}
	var found idmap.Grants
	switch {
	case chosen.SSSD:
		found = m.granted(chosen.Name, kind, u, wanted)
	case Used(kind, u):
		found = m.scan(chosen.Name, u, wanted)
	}
	found.Notes = chosen.Notes
	return found
}

// notChosen is the reason why no source could be chosen. The files are no way out: a directory may have taken back what
// they grant.
func notChosen(err error) verdict.Reason {
	var module *ModuleError
	if errors.As(err, &module) {
		return &NoAnswer{ForeignModule, module.Word, err}
	}
	return &NoAnswer{SwitchUnreadable, paths.Nsswitch(), err}
}

// granted asks SSSD.
func (m Machine) granted(name string, kind idmap.Kind, u idmap.User, wanted []idmap.Range) idmap.Grants {
	answer, err := m.Of(u.UID, kind)
	if err != nil {
		return idmap.Grants{Source: name, SSSD: true, Err: &NoAnswer{DirectorySilent, name, err}}
	}
	found := subid.Within(answer.Ranges, wanted)
	found.Source, found.SSSD = name, true
	return found
}

// scan reads the file.
func (m Machine) scan(path string, u idmap.User, wanted []idmap.Range) idmap.Grants {
	var found idmap.Grants
	file, err := m.open(path)
	if err == nil {
		defer file.Close()
		found, err = subid.Scan(file, subid.OwnerOf(u.UID, u.Names...), wanted)
	}
	if err != nil {
		return idmap.Grants{Source: path, Err: &NoAnswer{GrantsUnreadable, path, err}}
	}
	found.Source = path
	return found
}

// File is the path of subuid(5) or subgid(5).
func File(kind idmap.Kind) string {
	if kind == idmap.GID {
		return paths.Subgid()
	}
	return paths.Subuid()
}

// Used reports whether the file is used at all, SUB_UID_COUNT and SUB_GID_COUNT in login.defs(5).
func Used(kind idmap.Kind, u idmap.User) bool {
	if kind == idmap.GID {
		return u.Defs.UseSubgid
	}
	return u.Defs.UseSubuid
}

// Forbidden reads the list of ids that are never mapped. Where there is no file nothing is forbidden, and where it cannot
// be read or understood everything is.
func (m Machine) Forbidden() *idmap.Forbidden {
	file, err := trusted.OpenOptional(m.forbidden, m.of)
	if file == nil || err != nil {
		return &idmap.Forbidden{Err: err}
	}
	defer file.Close()
	rows, err := forbidden.Read(file)
	return &idmap.Forbidden{Rows: rows, Err: err}
}
