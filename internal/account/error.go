package account

import (
	"errors"
	"strings"
)

// Answer is what one source said to a question to which nobody had an answer.
type Answer struct {
	Source string // as it describes itself
	Err    error  // why it could not say; nil if it does not know
}

// UnknownError says that no source knows an account.
type UnknownError struct {
	Key   string // "uid 1000", `user "alice"`
	Asked []Answer
}

// Certain reports whether each source that was asked could say so.
func (e *UnknownError) Certain() bool {
	for _, a := range e.Asked {
		if a.Err != nil {
			return false
		}
	}
	return true
}

// Error names the account, and what each source said.
func (e *UnknownError) Error() string {
	var silent []string
	text := "no " + e.Key
	between := " in "
	for _, a := range e.Asked {
		if a.Err != nil {
			silent = append(silent, a.Source+" could not be asked ("+a.Err.Error()+")")
			continue
		}
		text += between + a.Source
		between = ", "
	}
	return strings.Join(append([]string{text}, silent...), "; ")
}

// UnavailableError says that a source does not serve a question: it does not run, or is not the one to ask.
type UnavailableError struct{ Err error }

// Error is the cause.
func (e *UnavailableError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// errNobody is a source's word for an account that neither it nor any source behind it has.
var errNobody = errors.New("no source has it")

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
