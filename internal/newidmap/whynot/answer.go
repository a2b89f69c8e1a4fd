package whynot

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/subid/source"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// noAnswer is about a source that says nothing of the user.
func (l Looks) noAnswer(e *source.NoAnswer) verdict.Verdict {
	switch e.Why {
	case source.NoAccount:
		return verdict.Verdict{
			Refused: true, Headline: nameless, Advice: "your user ID " + decimal(l.Facts.User.UID) + " has no account: " + causeText(e.Err) +
				"; IDs are granted to accounts, ask the administrator for one",
		}
	case source.AccountUnknown:
		return verdict.Verdict{
			Headline: nameless, Advice: "the account of your user ID " + decimal(l.Facts.User.UID) + " cannot be looked up: " + noAccount(e.Err),
		}
	case source.GrantsUnreadable:
		return l.noGrants(e)
	case source.DirectorySilent:
		return verdict.Verdict{
			Headline: "cannot get the ranges of " + Who(l.Facts.User) + " from " + e.Source,
			Advice: causeText(e.Err) + "; " + paths.Nsswitch() + " has subid: sss, so no other source is asked: " +
				"see that SSSD runs and answers (getsubids " + l.Facts.User.Names[0] + ")",
		}
	case source.ForeignModule:
		return verdict.Verdict{
			Refused: true, Headline: "cannot get the ranges of " + Who(l.Facts.User) + " from " + e.Source,
			Advice: causeText(e.Err) + ": have it set to files or sss",
		}
	}
	return verdict.Verdict{Headline: cannotOpen(e), Advice: unread(e)}
}

// nameless is what the original says of a user without a name.
const nameless = "Cannot determine your user name."

// noAccount is the text of an error that does not name its source where that is the user database.
func noAccount(err error) string {
	var untrusted *trusted.UntrustedError
	if errors.As(err, &untrusted) {
		return err.Error() + ": it says who you are, so " + untrusted.Remedy()
	}
	if errno, ok := err.(unix.Errno); ok {
		return paths.Passwd() + ": " + strerror(errno)
	}
	return err.Error()
}

func cannotOpen(e *source.NoAnswer) string { return "cannot open " + e.Source + ": " + strerror(e.Err) }

// unread says why login.defs or nsswitch.conf was not read, and what depends on it.
func unread(e *source.NoAnswer) string {
	decides, without := "it can take grants back", "the file must be owned by root, writable by root only, and readable by you"
	cause := e.Err
	if e.Why == source.SwitchUnreadable {
		decides = "it decides who says which IDs are granted"
		without = "the file says who knows which IDs are granted, so nothing is granted without it"
		var failed *account.SwitchError
		if errors.As(e.Err, &failed) {
			cause = failed.Err
		}
	}
	var untrusted *trusted.UntrustedError
	if errors.As(cause, &untrusted) {
		return untrusted.Error() + ": " + decides + ", so " + untrusted.Remedy()
	}
	return causeText(cause) + ": " + without
}

// noGrants is about the file of the grants.
func (l Looks) noGrants(e *source.NoAnswer) verdict.Verdict {
	v := verdict.Verdict{Headline: cannotOpen(e)}
	var untrusted *trusted.UntrustedError
	switch {
	case errors.As(e.Err, &untrusted):
		v.ID = grantsDistrust
		v.Advice = untrusted.Error() + ": it decides who may use which IDs, so " + untrusted.Remedy()
	case errors.Is(e.Err, unix.ENOENT):
		v.ID, v.Advice = noGrantsFile, l.missing(e.Source)
	case errors.Is(e.Err, unix.EACCES):
		v.Advice = "the file is not readable: make it mode 644, or install this program setuid root; with file capabilities it reads as you"
	default:
		v.Advice = "it cannot be read, so nothing in it is granted: " + causeText(e.Err)
	}
	return v
}

// missing is about a file of grants that is not there.
func (l Looks) missing(path string) string {
	if l.Allowed {
		if link := linkOf(path); link != "" {
			return path + " is a symbolic link to " + link + ", and nothing is there: restore that file or replace the link"
		}
	}
	return "the file does not exist, so nothing is granted to " + Who(l.Facts.User) + ": the administrator creates it with a line " +
		l.Facts.User.Names[0] + ":START:COUNT"
}

// linkOf returns what the symbolic link path contains if it is one, "" if it is not.
func linkOf(path string) string {
	buffer := make([]byte, unix.PathMax)
	n, err := unix.Readlink(path, buffer)
	if err != nil {
		return ""
	}
	return string(buffer[:n])
}
