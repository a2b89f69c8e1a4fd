package usernsctl

import (
	"slices"
	"strings"
	"unicode/utf8"

	"userns-helpers/internal/usernsctl/hostcheck"
)

// meant is "; did you mean NAME?" where there is a name that text was probably meant to be, and nothing otherwise.
func meant(text string, names []string) string {
	name, found := nearest(text, names)
	if !found {
		return ""
	}
	return "; did you mean " + printable(name) + "?"
}

// longestMeant bounds what is compared, in bytes: login names have 32 at most.
const longestMeant = 64

// nearest returns the name that needs the fewest changes to become text, the first of several: a third of its letters at
// most, or one that begins with text, if there is only one.
func nearest(text string, names []string) (string, bool) {
	best, found := 0, ""
	if text == "" || len(text) > longestMeant {
		return "", false
	}
	for _, name := range names {
		length := utf8.RuneCountInString(name)
		if len(name) > longestMeant || name == text {
			continue
		}
		if d := distance(text, name); 3*d <= length+1 && (found == "" || d < best) {
			best, found = d, name
		}
	}
	if found != "" {
		return found, true
	}
	var beginning []string
	for _, name := range names {
		if len(text) > 1 && strings.HasPrefix(name, text) && name != text {
			beginning = append(beginning, name)
		}
	}
	if len(beginning) == 1 {
		return beginning[0], true
	}
	return "", false
}

// distance is how many letters have to be added, removed, changed, or swapped with the next to make one text of the other:
// the optimal string alignment distance. Upper and lower case are the same letter.
func distance(a, b string) int {
	x, y := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	before, last := []int(nil), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row := make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			changed := last[j-1]
			if x[i-1] != y[j-1] {
				changed++
			}
			row[j] = min(last[j]+1, row[j-1]+1, changed)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(y)]
}

// meantUser is "Did you mean NAME?" where the user database of this host has no user called so and has one who could be meant;
// nothing otherwise.
func meantUser(text string) string {
	var users []string
	for _, name := range hostcheck.Names(hostcheck.Here()) {
		if name == text {
			return ""
		}
		users = append(users, name)
	}
	slices.Sort(users)
	if name, found := nearest(text, users); found {
		return "Did you mean " + printable(name) + "?"
	}
	return ""
}
