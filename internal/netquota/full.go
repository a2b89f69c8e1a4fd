package netquota

import "strconv"

// FullError says that every charge has as many living interfaces as its quota.
type FullError struct{ Charges []Charge }

// Error names each charge and its quota.
func (e *FullError) Error() string {
	text := "the quota is used up:"
	for i, c := range e.Charges {
		if i > 0 {
			text += ","
		}
		quota := strconv.FormatUint(c.Quota, 10)
		text += " " + quota + " of " + quota + " by " + c.Owner + " (line " + strconv.Itoa(c.Line) + ")"
	}
	return text
}
