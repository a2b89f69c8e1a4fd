//go:build system

package maps

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
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
	listener := listens(t)
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

// listens listens in the service's place.
func listens(t *testing.T) *net.UnixListener {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(mapsSocket), 0o755); err != nil {
		t.Fatal(err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: mapsSocket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	if err := os.Chmod(mapsSocket, 0o666); err != nil {
		t.Fatal(err)
	}
	return listener
}

// serveOnce has a worker serve the next connection, and reports whether it was killed.
func serveOnce(t *testing.T, listener *net.UnixListener, argv ...string) bool {
	t.Helper()
	return serveNext(t, listener, nil, append(argv, "--worker", "maps")...)
}

// serveNext has a command serve the next connection, with more descriptors behind it.
func serveNext(t *testing.T, listener *net.UnixListener, more []*os.File, argv ...string) bool {
	t.Helper()
	connection, err := listener.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	file, err := connection.File()
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Close()
	command := exec.Command(argv[0], argv[1:]...)
	command.Env, command.ExtraFiles = []string{"PATH=/usr/bin:/bin"}, append([]*os.File{file}, more...)
	err = command.Run()
	_ = file.Close()
	return err != nil
}
