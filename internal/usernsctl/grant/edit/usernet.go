package edit

import (
	"bytes"
	"math"
	"slices"
	"strconv"

	"userns-helpers/internal/netquota"
)

// Change is what becomes of a line.
type Change int

// The changes.
const (
	Same Change = iota
	Edited
	Appended
)

// Allow returns the text of lxc-usernet(5) in which the user with names has number interfaces of type veth on bridge. Lines of the user's for that bridge are edited, where there are several the first of them; the
// first name is that of a new line.
func Allow(text []byte, names []string, bridge string, number uint32) ([]byte, Change) {
	rules := rulesOf(text, names, bridge)
	if len(rules) == 0 {
		return Append(text, names[0]+" veth "+bridge+" "+strconv.FormatUint(uint64(number), 10)), Appended
	}
	if total(rules) == uint64(number) {
		return text, Same
	}
	first := slices.Min(keysOf(rules))
	return Lines(text, func(n int, line string) (string, bool) {
		rule, mine := rules[n]
		switch {
		case !mine:
			return line, true
		case n != first:
			return "", false
		}
		return renumbered(line, rule, number), true
	}), Edited
}

// Disallow returns the text of lxc-usernet(5) without the lines of the user with names, and these.
func Disallow(text []byte, names []string) (left []byte, lines []string) {
	rules := rulesOf(text, names, "")
	left = Lines(text, func(n int, line string) (string, bool) {
		_, mine := rules[n]
		if mine {
			lines = append(lines, line)
		}
		return line, !mine
	})
	return left, lines
}

// rulesOf are the lines of the user with names, by their numbers: those for a bridge, or all where that is "".
func rulesOf(text []byte, names []string, bridge string) map[int]netquota.Rule {
	rules := make(map[int]netquota.Rule)
	number := 0
	for line := range bytes.Lines(text) {
		number++
		rule, ok := netquota.ParseRule(bytes.TrimSuffix(line, []byte{'\n'}))
		if ok && slices.Contains(names, rule.Owner) && (bridge == "" || rule.Place == (netquota.Place{Type: "veth", Bridge: bridge})) {
			rules[number] = rule
		}
	}
	return rules
}

// total is what lines add up to.
func total(rules map[int]netquota.Rule) uint64 {
	sum := uint64(0)
	for _, rule := range rules {
		sum += min(rule.Number, math.MaxUint32)
	}
	return sum
}

func keysOf(rules map[int]netquota.Rule) []int {
	var keys []int
	for key := range rules {
		keys = append(keys, key)
	}
	return keys
}

// renumbered is a line with another number in the place of its own: of the runs of digits in it the one that makes it say so.
// A bridge and a comment may have digits too.
func renumbered(line string, rule netquota.Rule, number uint32) string {
	want := rule
	want.Number = uint64(number)
	digits := strconv.FormatUint(want.Number, 10)
	for start := 0; start < len(line); start++ {
		end := start
		for end < len(line) && '0' <= line[end] && line[end] <= '9' {
			end++
		}
		if end == start {
			continue
		}
		changed := line[:start] + digits + line[end:]
		if got, ok := netquota.ParseRule([]byte(changed)); ok && got == want {
			return changed
		}
		start = end
	}
	return rule.Owner + " veth " + rule.Place.Bridge + " " + digits
}
