package getent

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/kernel/exec"
)

// gids are the keys for that many groups, from 1000 on.
func gids(n int) (keys []lookup.Key) {
	for i := range n {
		keys = append(keys, lookup.Key{Group: true, ID: uint32(1000 + i)})
	}
	return keys
}

// server is a getent that knows root's group and every one whose id is even.
type server struct {
	members  int           // bytes of each line
	each     time.Duration // that a question takes; it ends when nobody waits any longer
	stops    bool          // at the first group that nobody has, as musl's does; glibc's goes on
	rootless bool          // it does not know root's group
	runs     int
}

func (s *server) run(p exec.Program) (result exec.Result, err error) {
	s.runs++
	takes := s.each * time.Duration(len(p.Arguments)-1)
	time.Sleep(min(takes, p.Patience))
	if takes > p.Patience {
		return result, exec.ErrTimeout
	}
	for _, gid := range p.Arguments[1:] {
		line := "g" + gid + ":*:" + gid + ":" + strings.Repeat("m", s.members) + "\n"
		id, _ := strconv.Atoi(gid)
		known := id%2 == 0 && (id > 0 || !s.rootless)
		switch {
		case !known && s.stops:
			result.Status = notFound
			return result, nil
		case !known:
			result.Status = notFound
		case len(result.Output)+len(line) <= exec.LongestOutput: // the rest is lost
			result.Output = append(result.Output, line...)
		}
	}
	return result, nil
}

// TestManyGroups: as many groups as a process may have are asked for in few executions, and all that exist are found, however
// long their lines are, and whatever getent does about one that nobody has.
func TestManyGroups(t *testing.T) {
	for name, c := range map[string]struct {
		server
		groups, runs int
	}{
		"NGROUPS_MAX":     {server{}, 65536, 128},
		"one part and 1":  {server{}, 513, 2},
		"long lines":      {server{members: 1000}, 512, 31},
		"very long lines": {server{members: 30_000}, 64, 127},
		"one":             {server{members: 40_000}, 1, 1},
		"none at the end": {server{}, 2, 1},
		"it stops":        {server{stops: true}, 100, 99},
		"no root":         {server{rootless: true}, 100, 99},
	} {
		s := Switch{c.run, time.Minute}
		found, err := s.Find(gids(c.groups))
		if err != nil || len(found) != (c.groups+1)/2 || c.server.runs > c.runs {
			t.Errorf("%s: %d found in %d executions, %v", name, len(found), c.server.runs, err)
		}
		for i, g := range found {
			if want := uint32(1000 + 2*i); g.ID != want || g.Name != "g"+strconv.Itoa(int(want)) {
				t.Fatalf("%s: %v, want gid %d", name, g, want)
			}
		}
	}
}

// TestOnePatience: a caller who is in many groups does not make getent run for longer than one who is in one.
func TestOnePatience(t *testing.T) {
	for name, s := range map[string]*server{
		"goes on": {each: 100 * time.Microsecond},
		"stops":   {each: time.Millisecond, stops: true},
	} {
		began := time.Now()
		found, err := Switch{s.run, time.Second}.Find(gids(65536))
		if took := time.Since(began); !errors.Is(err, exec.ErrTimeout) || name == "goes on" && len(found) == 0 || took > 2*time.Second {
			t.Errorf("%s: %d found in %d executions, %v after %v", name, len(found), s.runs, err, took)
		}
	}
}

// TestOtherLines: an answer that has other lines than those of the groups, in their order, is none; what was read before counts.
func TestOtherLines(t *testing.T) {
	const root = "root:x:0:\n"
	for output, want := range map[string]int{ // below 0: an error, and one group less
		"a:*:1000:\nb:*:1001:\n" + root: 2,
		"a:*:1000:\nb:*:1001:\n":        2,
		"a:*:1000:\n" + root:            1,
		"b:*:1001:\n" + root:            1,
		root:                            0,
		root + root:                     -1,
		root + "a:*:1000:\n":            -1,
		"a:*:1000:\nc:*:1002:\n":        -2,
		"a:*:1000:\n" + root + "x":      -2,
		"a:*:1000:\nb:*:1001:":          -2,
		"a:*:1000:\n\n":                 -2,
		"b:*:1001:\na:*:1000:\n":        -2,
		"a:*:1000:\nb:*:1000:\n":        -2,
		"a:*:1000:\nb\n":                -2,
	} {
		s, started := answering(found, output, nil)
		groups, err := s.Find(gids(2))
		if (err != nil) != (want < 0) || len(groups) != max(want, -want-1) || !slices.Equal(started.Arguments, []string{"group", "1000", "1001", "0"}) {
			t.Errorf("%q: %v, %v, %q", output, groups, err, started.Arguments)
		}
		if err != nil && lookup.IsAbsent(err) {
			t.Errorf("%q: %v lets others answer", output, err)
		}
	}
	for _, status := range []int{1, 3, -1} {
		s, _ := answering(status, root, nil)
		if groups, err := s.Find(gids(2)); groups != nil || !lookup.IsAbsent(err) {
			t.Errorf("status %d: %v, %v", status, groups, err)
		}
	}
}

// FuzzParse: a group is one that was asked for, and was read from a line of its own.
func FuzzParse(f *testing.F) {
	f.Add([]byte("a:*:1000:\nb:*:1001:\nroot:x:0:\n"))
	f.Add([]byte("a\nb\n"))
	f.Fuzz(func(t *testing.T, output []byte) {
		groups, _, _ := parse(output, gids(2))
		for i, g := range groups {
			if g.ID != 1000 && g.ID != 1001 || i > 0 && g.ID != 1001 || !strings.Contains("\n"+string(output), "\n"+g.Name+":") {
				t.Errorf("%q: %v", output, groups)
			}
		}
	})
}
