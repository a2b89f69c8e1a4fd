package netquota

import "strconv"

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

// Add adds an interface.
func (h *InUse) Add(name string) {
	if len(h.Names) < mostInUse {
		h.Names = append(h.Names, name)
		return
	}
	h.More++
}

// Error names each allotment and its quota.
func (e *OverQuota) Error() string {
	text := "the quota is used up:"
	for i, c := range e.Allotments {
		if i > 0 {
			text += ","
		}
		quota := strconv.FormatUint(c.Quota, 10)
		text += " " + quota + " of " + quota + " by " + c.Owner + " (line " + strconv.Itoa(c.Line) + ")"
	}
	return text
}

// Limits are the limits on the living interfaces of a user that hold besides the quotas of the allotments.
type Limits struct {
	User   Limit // of all interfaces of the user, on all bridges
	Member Limit // of those that are charged to one @group at one place
}

// Limit is a number of living interfaces.
type Limit struct {
	Set  bool
	Most uint64
}

// OverLimit says that a limit is reached. Allotment is the group's for the limit of a member; its zero value says that it is
// the limit of the user.
type OverLimit struct {
	Most      uint64
	Allotment Allotment
	InUse     InUse
}

// OfMember reports whether it is the limit of a group's member.
func (e *OverLimit) OfMember() bool { return e.Allotment.Owner != "" }

// Error names the limit.
func (e *OverLimit) Error() string {
	text := "the limit of interfaces is reached: " + strconv.FormatUint(e.Most, 10)
	if e.OfMember() {
		text += " for a member of " + e.Allotment.Owner
	}
	return text
}

// RateLimited says that a user has begun as many interfaces within a minute as a limit allows.
type RateLimited struct {
	Most uint64
	Wait uint64 // seconds after which one may be begun; 0: none ever, as the limit is 0
}

// Error names the limit.
func (e *RateLimited) Error() string {
	return strconv.FormatUint(e.Most, 10) + " interfaces were begun within 60 seconds, which is the limit"
}
