package readdir

import (
	"strings"
	"time"

	"userns-helpers/internal/text/number"
)

// Zombie is the state of a process that has ended, and that nobody has waited for.
const Zombie = "Z"

// Tick is USER_HZ, in which the kernel counts for programs on all architectures that these programs run on.
const Tick = time.Second / 100

// Life is the state of a process, and when it started, in ticks since the machine did; false if it is not there.
func Life(pid string) (state string, started uint64, is bool) {
	const longest = 1024 // a name of 15 bytes, and 50 numbers of up to 20 digits
	return lifeIn(Beginning("/proc/"+pid+"/stat", longest))
}

// Fields of proc_pid_stat(5), from the one behind the name.
const (
	stateField = 0
	startField = 19
)

// lifeIn is Life by the text of proc_pid_stat(5). The name, in parentheses, may have anything in it.
func lifeIn(text string) (state string, started uint64, is bool) {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) <= startField {
		return "", 0, false
	}
	started, err := number.Decimal(fields[startField])
	return fields[stateField], started, err == nil && started < 1<<62/uint64(Tick)
}
