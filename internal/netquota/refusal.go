package netquota

// OverQuota says that every allotment has as many living interfaces as its quota.
type OverQuota struct {
	Allotments []Allotment
	InUse      []InUse // of each allotment
}

// InUse are interfaces that take up a quota or a limit.
type InUse struct {
	Names []string // at most 4
	More  int      // how many more there are
}

// mostInUse is how many interfaces a message names.
const mostInUse = 4

// OverLimit says that a limit is reached. Allotment is the group's for the limit of a member; its zero value says that it is
// the limit of the user.
type OverLimit struct {
	Most      uint64
	Allotment Allotment
	InUse     InUse
}

// OfMember reports whether it is the limit of a group's member.
func (e *OverLimit) OfMember() bool { return e.Allotment.Owner != "" }

// RateLimited says that a user has begun as many interfaces within a minute as a limit allows.
type RateLimited struct {
	Most uint64
	Wait uint64 // seconds after which one may be begun; 0: none ever, as the limit is 0
}

// Error is for tests: the programs have words of their own for the facts.
func (*OverQuota) Error() string { return "over quota" }

// Error is for tests.
func (*OverLimit) Error() string { return "over limit" }

// Error is for tests.
func (*RateLimited) Error() string { return "rate limited" }
