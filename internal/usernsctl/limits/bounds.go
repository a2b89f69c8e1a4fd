// Package limits knows what bounds the processes of a user: what an administrator asks for, how systemd is told, and what the
// cgroups of a process say.
//
// It changes nothing. Resource limits are counted per host uid, and containers inherit those of their user.
package limits

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"userns-helpers/internal/text/number"
)

// Bounds are upper bounds; 0 stands for none.
type Bounds struct {
	Tasks  uint64 `json:"tasks"`  // processes and threads
	Memory uint64 `json:"memory"` // bytes
	CPU    uint64 `json:"cpu"`    // percent of one processor
}

// Bounds of what can be asked for. A user with fewer tasks cannot log in, and with less memory cannot run a shell.
const (
	leastTasks  = 16
	mostTasks   = 4_194_304 // PID_MAX_LIMIT, which is what the kernel has at most
	leastMemory = 16 << 20
	mostMemory  = 1 << 60
	mostCPU     = 1_000_000
)

// Parse reads what an administrator asks for, as in "tasks=500,memory=2G,cpu=150%". Errors are for people.
func Parse(text string) (Bounds, error) {
	var b Bounds
	seen := make(map[string]bool)
	for _, part := range strings.Split(text, ",") {
		key, value, _ := strings.Cut(part, "=")
		if seen[key] {
			return Bounds{}, errors.New(quote(key) + " stands there twice")
		}
		seen[key] = true
		if err := b.set(key, value); err != nil {
			return Bounds{}, err
		}
	}
	return b, nil
}

// set reads one bound.
func (b *Bounds) set(key, value string) (err error) {
	switch key {
	case "tasks":
		b.Tasks, err = between(key, value, leastTasks, mostTasks)
	case "cpu":
		b.CPU, err = between(key, strings.TrimSuffix(value, "%"), 1, mostCPU)
	case "memory":
		b.Memory, err = size(value)
	default:
		err = errors.New("tasks=NUMBER, memory=SIZE and cpu=PERCENT can be limited, and not " + quote(key))
	}
	return err
}

// between is a number from least to most.
func between(key, value string, least, most uint64) (uint64, error) {
	n, err := number.Decimal(value)
	if err != nil || n < least || n > most {
		return 0, errors.New(key + " wants a number from " + decimal(least) + " to " + decimal(most) + ", and got " + quote(value))
	}
	return n, nil
}

// units are the suffixes of a size, as systemd.resource-control(5) has them: each 1024 times the one before.
const units = "KMGT"

// size is a number of bytes with a suffix or without one.
func size(value string) (uint64, error) {
	bare, shift := value, 0
	if n := len(value); n > 0 {
		if i := strings.IndexByte(units, value[n-1]); i >= 0 {
			bare, shift = value[:n-1], 10*(i+1)
		}
	}
	n, err := number.Decimal(bare)
	if err != nil || n > mostMemory>>shift || n<<shift < leastMemory {
		return 0, errors.New("memory wants a size of at least 16M, a number with K, M, G or T, and got " + quote(value))
	}
	return n << shift, nil
}

// None reports whether nothing is bounded.
func (b Bounds) None() bool { return b == Bounds{} }

// Settings are the bounds as systemd.resource-control(5) has them, a line each.
func (b Bounds) Settings() []string {
	var lines []string
	if b.Tasks > 0 {
		lines = append(lines, "TasksMax="+decimal(b.Tasks))
	}
	if b.Memory > 0 {
		lines = append(lines, "MemoryMax="+decimal(b.Memory))
	}
	if b.CPU > 0 {
		lines = append(lines, "CPUQuota="+decimal(b.CPU)+"%")
	}
	return lines
}

// PAM are the bounds as limits.conf(5) has them, for hosts without systemd: a line each. Memory is that of each process, in
// KiB; for processors there is no limit. A name in which that file sees more than a name (*, @group, %group, a blank) is written
// as the user ID.
func (b Bounds) PAM(user string, uid uint32) []string {
	domain := user
	if strings.Trim(user, plainly) != "" || strings.Trim(user[:min(1, len(user))], plainly[:letters]) != "" || user == "" {
		domain = ":" + decimal(uint64(uid))
	}
	var lines []string
	if b.Tasks > 0 {
		lines = append(lines, domain+" hard nproc "+decimal(b.Tasks))
	}
	if b.Memory > 0 {
		lines = append(lines, domain+" hard as "+decimal(b.Memory/1024))
	}
	return lines
}

// plainly are the characters of names that mean nothing but themselves everywhere; letters is how many of them begin names.
const (
	plainly = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.-"
	letters = 2*26 + 1
)

// Text says what is bounded, for people.
func (b Bounds) Text() string {
	var parts []string
	if b.Tasks > 0 {
		parts = append(parts, decimal(b.Tasks)+" tasks")
	}
	if b.Memory > 0 {
		parts = append(parts, sizeText(b.Memory)+" of memory")
	}
	if b.CPU > 0 {
		parts = append(parts, decimal(b.CPU)+"% of one processor")
	}
	if len(parts) == 0 {
		return "no limits"
	}
	return strings.Join(parts, ", ")
}

// sizeText is a size with the greatest unit that leaves no rest.
func sizeText(n uint64) string {
	i := -1
	for n >= 1024 && n%1024 == 0 && i < len(units)-1 {
		n /= 1024
		i++
	}
	if i < 0 {
		return decimal(n) + " bytes"
	}
	return decimal(n) + units[i:i+1]
}

// Holds reports whether b is at least as tight as asked. The kernel counts memory in pages, and rounds what it is told.
func (b Bounds) Holds(asked Bounds) bool {
	return tight(b.Tasks, asked.Tasks) && tight(b.Memory, asked.Memory) && tight(b.CPU, asked.CPU)
}

func tight(is, asked uint64) bool { return asked == 0 || is != 0 && is <= asked }

// both is what holds where each of two has a say.
func both(a, b Bounds) Bounds {
	return Bounds{tighter(a.Tasks, b.Tasks), tighter(a.Memory, b.Memory), tighter(a.CPU, b.CPU)}
}

// tighter is the smaller of two bounds, of which 0 is none.
func tighter(a, b uint64) uint64 {
	return min(a-1, b-1) + 1 // 0 wraps to the largest number there is, and back
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

// longestQuote is how many bytes of an argument a message repeats.
const longestQuote = 64

func quote(text string) string {
	if len(text) > longestQuote {
		return strconv.Quote(text[:longestQuote]) + "..."
	}
	return strconv.Quote(text)
}

// unbounded is what the kernel's files have at least where there is no bound: of the first kind of cgroups
// memory.limit_in_bytes has the largest whole number of pages.
const unbounded = math.MaxInt64 - 1<<16
