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

var serviceStride = flag.Int("service-stride", 9, "kill the service's worker at every nth system call")

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
		kills, killed := 0, true
		for when := 1; killed && when < 1000; when += *serviceStride {
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
			killed = serveOnce(t, listener, "strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=all:signal=KILL:when="+strconv.Itoa(when), base+"/service/userns-helperd")
			after := target.Read(c.file)
			if recorded := strings.Contains(strings.Join(journal.Records(), "\n"), "result=granted"); after != "" && (after != c.want || !recorded) {
				t.Errorf("%s, killed at %d: the map is %q, recorded %v", c.tool, when, after, recorded)
			}
			if killed {
				kills++
				if after == "" {
					serveOnce(t, listener, base+"/service/userns-helperd")
				}
			}
			got := <-result
			if maps := target.Read(c.file) + " " + target.Read("setgroups"); got != "0 <nil> " || maps != c.want+" "+c.groups {
				t.Errorf("%s, killed at %d: %q, %q", c.tool, when, got, maps)
			}
			target.Release()
		}
		fmt.Printf("observed: %s: killed at %d system calls\n", c.tool, kills)
		if kills < 100 / *serviceStride {
			t.Errorf("%s: killed at %d system calls only", c.tool, kills)
		}
	}
}

// serveOnce has a worker serve the next connection, and reports whether it was killed.
func serveOnce(t *testing.T, listener *net.UnixListener, argv ...string) bool {
	t.Helper()
	return harness.ServeNext(t, listener, nil, append(argv, "--worker", "maps")...) != nil
}
