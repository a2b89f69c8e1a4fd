package newidmap

import (
	"errors"

	"userns-helpers/internal/account"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/subid/source"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// sourceError is a directory of ranges that gave no answer.
type sourceError struct {
	source string
	err    error
}

func (e *sourceError) Error() string { return e.source + ": " + e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

// noSource says why the source of the ranges could not be chosen, or did not answer; nil for the errors of a file. The
// files of ranges are no way out: a directory may have taken back what they grant.
func noSource(u user, err error) error {
	var directory *sourceError
	var module *source.ModuleError
	var chosen *account.SwitchError
	switch {
	case errors.As(err, &directory):
		return &verdict.Failure{
			Headline: "cannot get the ranges of " + u.String() + " from " + directory.source,
			Advice: reason(directory.err) + "; " + paths.Nsswitch() + " has subid: sss, so no other source is asked: " +
				"see that SSSD runs and answers (getsubids " + u.names[0] + ")",
			Err: err,
		}
	case errors.As(err, &module):
		return &verdict.Refusal{
			Headline: "cannot get the ranges of " + u.String() + " from " + module.Word,
			Advice:   module.Error() + ": have it set to files or sss",
		}
	case errors.As(err, &chosen):
		return &verdict.Failure{Headline: "cannot open " + paths.Nsswitch() + ": " + strerror(err), Advice: whyNotSwitch(chosen), Err: err}
	}
	return nil
}

// whyNotSwitch says why nsswitch.conf was not read.
func whyNotSwitch(err *account.SwitchError) string {
	var untrusted *trusted.UntrustedError
	if errors.As(err, &untrusted) {
		return untrusted.Error() + ": it decides who says which ids are granted, so " + untrusted.Remedy()
	}
	return reason(err.Err) + ": the file says who knows which ids are granted, so nothing is granted without it"
}
