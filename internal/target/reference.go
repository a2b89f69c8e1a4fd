package target

import (
	"strconv"

	"userns-helpers/internal/number"
)

// maxNumber is INT_MAX: pids and descriptors are C's int.
const maxNumber = 1<<31 - 1

// Reference is how a command line names a process: by its pid, or by a descriptor that was passed on.
type Reference struct {
	number     int
	descriptor bool
}

// ParseReference reads PID or fd:N.
//
// Both numbers follow strtol(3) with base 10: leading white space and one plus sign are accepted, as are leading zeros;
// nothing may follow. A pid is 1 to INT_MAX, a descriptor 0 to INT_MAX; a minus sign is refused even before a zero
// (shadow#666, shadow#728: bad numbers were read as 0 or negative). "fd:" with nothing after it is a bad pid.
func ParseReference(text string) (Reference, bool) {
	if len(text) > len("fd:") && text[:len("fd:")] == "fd:" {
		n, ok := parseNumber(text[len("fd:"):])
		return Reference{number: n, descriptor: true}, ok
	}
	n, ok := parseNumber(text)
	return Reference{number: n}, ok && n > 0
}

// Descriptor returns the number of the descriptor that names the process, or -1 where a pid does.
func (r Reference) Descriptor() int {
	if !r.descriptor {
		return -1
	}
	return r.number
}

// String returns the reference as it is written on a command line, the number in plain decimal.
func (r Reference) String() string {
	if r.descriptor {
		return "fd:" + strconv.Itoa(r.number)
	}
	return strconv.Itoa(r.number)
}

// parseNumber reads a decimal number from 0 to maxNumber.
func parseNumber(text string) (int, bool) {
	n, err := number.Decimal(text)
	return int(min(n, maxNumber)), err == nil && n <= maxNumber
}
