package account

import (
	"strconv"
	"strings"

	"userns-helpers/internal/account/lookup"
)

// UnknownError says that no source knows an account.
type UnknownError struct {
	Key     string         // "uid 1000", `user "alice"`
	Without []string       // the sources that do not know, as they describe themselves
	Silent  []*SourceError // those that could not be asked
	Nobody  bool           // one of them said that no other does
}

// Certain reports whether each source that was asked could say so.
func (e *UnknownError) Certain() bool { return len(e.Silent) == 0 }

// Error names the account, and what each source said.
func (e *UnknownError) Error() string {
	text := "no " + e.Key
	if len(e.Without) > 0 {
		text += " in " + strings.Join(e.Without, ", ")
	}
	for _, s := range e.Silent {
		text += "; " + s.Source + " could not be asked (" + s.Err.Error() + ")"
	}
	return text
}

// SourceError says that a source outside of this machine's files should know and could not say.
type SourceError struct {
	Key    string // as in UnknownError
	Source string
	Err    error
}

// Error names the question, the source and the cause.
func (e *SourceError) Error() string {
	return e.Key + " cannot be looked up: " + e.Source + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *SourceError) Unwrap() error { return e.Err }

// AnswerError says that a source answered something that was not asked, or a name that cannot be one.
type AnswerError struct {
	Key    string // as in UnknownError
	Source string
}

// Error names the source and the question.
func (e *AnswerError) Error() string {
	return e.Source + " does not answer the question for " + e.Key
}

// describe names what is asked for, in messages.
func describe(keys []lookup.Key) string {
	switch {
	case len(keys) == 0:
		return "groups"
	case keys[0].Name != "" && keys[0].Group:
		return "group " + strconv.Quote(keys[0].Name)
	case keys[0].Name != "":
		return userKey(keys[0].Name)
	}
	id := strconv.FormatUint(uint64(keys[0].ID), 10)
	switch more := len(keys) - 1; {
	case !keys[0].Group:
		return "uid " + id
	case more > 0:
		return "name for gid " + id + " and " + strconv.Itoa(more) + " more"
	}
	return "name for gid " + id
}

func userKey(name string) string { return "user " + strconv.Quote(name) }
