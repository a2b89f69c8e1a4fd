package idmap

import (
	"math"
	"strings"

	"userns-helpers/internal/text/number"
)

// Target is the process whose map is to be written, as the caller named it.
type Target struct {
	PID int // 1 to INT_MAX, 0 where a descriptor is named
	FD  int // 0 to INT_MAX, -1 where a pid is named
}

// ParseTarget reads the first argument: a pid, or fd:N for the inherited descriptor N. No argument is an error, too.
//
// The error is *Malformed. 0, negative numbers and overflow name no process: they were once passed to
// kill(2) and fdopendir(3) as such (shadow#666, shadow#728).
func ParseTarget(arguments []string) (Target, error) {
	if len(arguments) == 0 {
		return Target{}, malformed(NoProcess)
	}
	argument := arguments[0]
	if text, ok := strings.CutPrefix(argument, "fd:"); ok {
		fd, err := number.Decimal(text)
		if err != nil || fd > math.MaxInt32 {
			return Target{}, malformed(BadProcess, argument)
		}
		return Target{FD: int(fd)}, nil
	}
	pid, err := number.Decimal(argument)
	if err != nil || pid == 0 || pid > math.MaxInt32 {
		return Target{}, malformed(BadProcess, argument)
	}
	return Target{PID: int(pid), FD: -1}, nil
}
