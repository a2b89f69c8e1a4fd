package hostcheck

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
)

var offer = regexp.MustCompile(`: (\d+)(?:-(\d+))? are free in both files`)

// follow does what the report says of each line: it moves the range.
func follow(t *testing.T, f *fake, report *finding.Report, lines map[string][]string) int {
	t.Helper()
	moved := make(map[string]string)
	for _, x := range report.Findings {
		found := offer.FindStringSubmatch(x.Advice)
		if found == nil {
			continue
		}
		place := x.Where()
		if moved[place] != "" && moved[place] != found[1] {
			t.Fatalf("%s is to be moved to %s and to %s", place, moved[place], found[1])
		}
		moved[place] = found[1]
		fields := strings.Split(lines[x.File][x.Line-1], ":")
		first, _ := strconv.ParseUint(found[1], 10, 64)
		last, err := strconv.ParseUint(found[2], 10, 64)
		if count, _ := strconv.ParseUint(fields[2], 10, 64); err == nil && last-first+1 != count {
			t.Fatalf("%s: %d IDs for %d", place, last-first+1, count)
		}
		lines[x.File][x.Line-1] = fields[0] + ":" + found[1] + ":" + fields[2]
	}
	for path, all := range lines {
		f.write(t, path, strings.Join(all, "\n")+"\n")
	}
	return len(moved)
}

// TestFollowedAdvice: whoever does all that a report says has no overlap any more, neither with users nor with accounts of the
// host, and each free range is offered once.
func TestFollowedAdvice(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 6))
	users := []string{"alice", "bob", "1002", "1000", "gone"}
	f := clean(t)
	advised := 0
	for round := range 150 {
		lines := make(map[string][]string)
		for _, path := range []string{paths.Subuid(), paths.Subgid()} {
			for range 1 + random.IntN(12) {
				start := []uint64{0, 60_000, 99_990, 100_000, 165_536, 4_294_900_000}[random.IntN(6)] + random.Uint64N(70_000)
				count := []uint64{1, 10, 65_536, 1_000_000}[random.IntN(4)]
				if start+count > 4_294_967_295 {
					count = 1
				}
				lines[path] = append(lines[path], fmt.Sprintf("%s:%d:%d", users[random.IntN(len(users))], start, count))
			}
			f.write(t, path, strings.Join(lines[path], "\n")+"\n")
		}
		before := fmt.Sprint(lines)
		// A line that has an account's IDs may hide another one of the same user that has them too.
		for range 12 {
			moves := follow(t, f, f.look(t), lines)
			advised += moves
			if moves == 0 {
				break
			}
			for _, x := range f.look(t).Findings {
				if x.ID == "subid-overlap" {
					t.Fatalf("round %d: %s\n%+v\nafter the advice: %v", round, before, x, lines)
				}
			}
		}
		for _, x := range f.look(t).Findings {
			if x.ID == "subid-account" {
				t.Fatalf("round %d: %s\n%+v\nafter the advice: %v", round, before, x, lines)
			}
		}
	}
	if advised < 150 {
		t.Errorf("only %d ranges were moved", advised)
	}
}

// TestSameAdvice: what is the same in both files is told to move to the same place in both.
func TestSameAdvice(t *testing.T) {
	f := clean(t)
	f.add(t, "/etc/subuid", "alice:165536:65536\n")
	f.add(t, "/etc/subgid", "alice:165536:65536\n")
	var places []string
	for _, x := range f.look(t).Findings {
		if found := offer.FindStringSubmatch(x.Advice); found != nil {
			places = append(places, found[1])
		}
	}
	if len(places) != 2 || places[0] != places[1] {
		t.Errorf("%q", places)
	}
}
