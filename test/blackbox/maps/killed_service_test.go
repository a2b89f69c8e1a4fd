//go:build system

package maps

import (
	"flag"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

var serviceStride = flag.Int("service-stride", 5, "kill the service's worker at every nth system call")

// TestServiceKilled: a worker that is killed at any system call has written a map that is whole, or none, and no map that no
// record tells of; and the caller, who is served by another one then, has the map and the right exit status.
func TestServiceKilled(t *testing.T) {
	standard(t)
	if err := harness.Install(*oursFlag+"/userns-helperd", base+"/service", "userns-helperd", 0o755); err != nil {
		t.Fatal(err)
	}
	listener := harness.Listens(t, mapsSocket)
	for _, c := range []struct {
		tool, file, want, groups string
		args                     []string
	}{
		{"newuidmap", "uid_map", "0 1001 1, 1 100000 10", "allow", []string{"0", "1001", "1", "1", "100000", "10"}},
		{"newgidmap", "gid_map", "0 2001 1", "deny", []string{"0", "2001", "1"}},
	} {
		hold := func() (*harness.Target, chan string) {
			target, err := harness.Hold(alice, "unshare", "-U", "cat")
			if err != nil {
				t.Fatal(err)
			}
			journal.Records()
			result := make(chan string)
			go func() {
				start := harness.Start{Path: base + "/ours/plain/" + c.tool, Argv: append([]string{c.tool, strconv.Itoa(target.PID)}, c.args...), UID: alice.UID, GID: alice.GID}
				done, err := start.Run()
				result <- fmt.Sprintf("%d %v %s", done.Status, err, done.Stderr)
			}()
			return target, result
		}
		all := harness.PointsOf(t, func(strace ...string) {
			target, result := hold()
			defer target.Release()
			if killed := serveOnce(t, listener, append(strace, base+"/service/userns-helperd")...); killed {
				t.Fatal("nobody killed it")
			}
			if got := <-result; got != "0 <nil> " {
				t.Fatal(got)
			}
		})
		kills := 0
		for i := 0; i < len(all); i += *serviceStride {
			when := all[i]
			target, result := hold()
			killed := serveOnce(t, listener, "strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject="+when, base+"/service/userns-helperd")
			after := target.Read(c.file)
			if recorded := strings.Contains(strings.Join(journal.Records(), "\n"), "result=granted"); after != "" && (after != c.want || !recorded) {
				t.Errorf("%s, killed at %s: the map is %q, recorded %v", c.tool, when, after, recorded)
			}
			if killed {
				kills++
				if after == "" {
					serveOnce(t, listener, base+"/service/userns-helperd")
				}
			}
			got := <-result
			if maps := target.Read(c.file) + " " + target.Read("setgroups"); got != "0 <nil> " || maps != c.want+" "+c.groups {
				t.Errorf("%s, killed at %s: %q, %q", c.tool, when, got, maps)
			}
			target.Release()
		}
		fmt.Printf("observed: %s: killed at %d of %d system calls\n", c.tool, kills, len(all))
		if len(all) < 80 || kills < len(all) / *serviceStride * 3 / 4 {
			t.Errorf("%s: killed at %d system calls only, of %d", c.tool, kills, len(all))
		}
	}
}

// serveOnce has a worker serve the next connection, and reports whether it was killed.
func serveOnce(t *testing.T, listener *net.UnixListener, argv ...string) bool {
	t.Helper()
	return harness.ServeNext(t, listener, nil, append(argv, "--worker", "maps")...) != nil
}
