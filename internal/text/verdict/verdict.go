// Package verdict is the vocabulary in which the programs say no.
//
// What a program decides, or meets, is a Reason: a typed error with facts and no words. One package for each program,
// whynot, turns reasons into Verdicts. A Verdict has two lines: the headline is the one that callers and tests of the
// original programs know; the advice says why, and what to do about it. They are printed once, at the end.
package verdict

import "strconv"

// ID names a reason for good: lower-case words with dashes, as "not-granted". It stands in the audit record, in what
// usernsctl explain answers, in the manual, and in the tests.
type ID string

// Reason is why a program does not do what it was asked for: facts, and no words.
type Reason interface {
	error
	ID() ID
}

// Verdict is a reason in words. Its ID is the reason's, or that of the cause that was found by looking around.
type Verdict struct {
	ID       ID
	Refused  bool   // an answer: a rule forbids it. false: the lack of one, something that had to be done could not be
	Headline string // what the original program says, without its name in front
	Advice   string // why, and what to do; may be empty
	Usage    bool   // the command line is wrong: the usage line is printed, in the headline's place where that is empty
	Err      error  // the cause; may be nil
}

// Line returns both lines as one.
func (v Verdict) Line() string { return join(v.Headline, v.Advice) }

// Text returns what program prints: the headline, the usage line if the command line was wrong, the advice. Each line
// ends in a newline and holds no control character of the caller's.
func (v Verdict) Text(program, usage string) []byte {
	out := line(nil, program, v.Headline)
	if v.Usage {
		out = append(append(out, usage...), '\n')
	}
	return line(out, program, v.Advice)
}

func join(headline, advice string) string {
	switch {
	case advice == "":
		return headline
	case headline == "":
		return advice
	}
	return headline + ": " + advice
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
