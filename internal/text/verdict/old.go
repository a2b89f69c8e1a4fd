package verdict

import "errors"

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

// Of is the verdict of a Refusal, of a Failure, or of any other error, which is its own headline.
func Of(err error) Verdict {
	var refusal *Refusal
	var failure *Failure
	switch {
	case errors.As(err, &refusal):
		return Verdict{Refused: true, Headline: refusal.Headline, Advice: refusal.Advice, Usage: refusal.Usage}
	case errors.As(err, &failure):
		return Verdict{Headline: failure.Headline, Advice: failure.Advice, Err: failure.Err}
	}
	return Verdict{Headline: err.Error(), Err: err}
}

// Text returns what program prints for err.
func Text(program, usage string, err error) []byte { return Of(err).Text(program, usage) }
