package grant

// Refusal is why nothing is granted or taken back: a rule forbids it. Nothing was changed.
type Refusal struct {
	ID      string // its name, for programs, which never changes
	Problem string
	Advice  string // what to do instead
}

// Error is the problem and the advice.
func (r *Refusal) Error() string { return r.Problem + ". " + r.Advice }
