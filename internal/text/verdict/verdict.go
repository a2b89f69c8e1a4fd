// Package verdict is the vocabulary in which the programs say no.
//
// A Refusal is an answer: the request was understood, and a rule forbids it. A Failure is the lack of one: something
// that had to be done could not be. Both carry two lines: the headline is the one that callers and tests of the
// original programs know; the advice says why, and what to do about it. They are printed once, by Text, in main.
package verdict

import (
	"errors"
	"strconv"
)

// Refusal is a request that is not allowed.
type Refusal struct {
	Headline string // what the original program says, without its name in front
	Advice   string // why, and what to do; may be empty
	Usage    bool   // the command line is wrong: the usage line takes the headline's place when Headline is empty
}

// Error returns both lines as one.
func (r *Refusal) Error() string { return join(r.Headline, r.Advice) }

// Failure is something that could not be done.
type Failure struct {
	Headline string // what the original program says, without its name in front
	Advice   string // why, and what to do; may be empty
	Err      error  // the cause; may be nil
}

// Error returns both lines as one.
func (f *Failure) Error() string { return join(f.Headline, f.Advice) }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

func join(headline, advice string) string {
	switch {
	case advice == "":
		return headline
	case headline == "":
		return advice
	}
	return headline + ": " + advice
}

// Text returns what program prints for err: the headline, the usage line if the command line was wrong, the advice.
// Each line ends in a newline and holds no control character of the caller's.
func Text(program, usage string, err error) []byte {
	var refusal *Refusal
	var failure *Failure
	switch {
	case errors.As(err, &refusal):
		out := line(nil, program, refusal.Headline)
		if refusal.Usage {
			out = append(append(out, usage...), '\n')
		}
		return line(out, program, refusal.Advice)
	case errors.As(err, &failure):
		return line(line(nil, program, failure.Headline), program, failure.Advice)
	}
	return line(nil, program, err.Error())
}

// line appends "program: text\n", and nothing where there is no text.
func line(out []byte, program, text string) []byte {
	if text == "" {
		return out
	}
	out = append(append(out, program...), ": "...)
	return append(Printable(out, text), '\n')
}

// Printable appends text to out with every control character, and every byte that is not UTF-8, written as a Go escape:
// names and arguments come from a caller who may aim at the terminal or the log of an administrator.
func Printable(out []byte, text string) []byte {
	for _, r := range text {
		if strconv.IsPrint(r) && r != '\uFFFD' {
			out = append(out, string(r)...)
			continue
		}
		quoted := strconv.AppendQuoteRuneToASCII(nil, r)
		out = append(out, quoted[1:len(quoted)-1]...)
	}
	return out
}
