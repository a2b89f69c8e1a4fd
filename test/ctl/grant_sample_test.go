//go:build system

package ctl

import (
	"os"
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

// TestGrantSample: getent is run twice for each of three ranges, for all IDs that are asked about, and finds an account among
// them: the range that was chosen, the one after that, and one ahead of others who are faster. One
// that stops at the first ID that it does not know is asked one by one, and finds it too.
func TestGrantSample(t *testing.T) {
	const log = "/run/getent.log"
	t.Cleanup(func() { _ = os.Remove(log) })
	put(t, "/etc/nsswitch.conf", harness.File{Text: "passwd: files systemd\ngroup: files systemd\n"})
	for _, c := range []struct {
		name, unknown string
		most, least   int // runs
	}{
		{"glibc's", "status=2", 6, 6},
		{"one that stops", "exit 2", 104, 100},
	} {
		hosts(t, "", "")
		_ = os.Remove(log)
		put(t, "/usr/bin/getent", harness.File{Mode: 0o755, Text: `#!/bin/sh
echo "$@" >>` + log + `
database=$1 status=0
shift
for key; do
	case $database:$key in
	passwd:0) echo root:x:0:0::/root:/bin/sh ;;
	group:0) echo root:x:0: ;;
	group:135168) echo ghosts:x:135168: ;;
	*) ` + c.unknown + ` ;;
	esac
done
exit $status
`})
		g := order(t, root, "grant", "alice")
		if g.status != 0 || !strings.Contains(g.texts(), "added /etc/subuid alice:196608:65536") || len(g.Avoided) == 0 {
			t.Errorf("%s: %+v", c.name, g)
		}
		if n := strings.Count(text(t, log), "\n"); n < c.least || n > c.most {
			t.Errorf("%s: %d runs, want %d to %d:\n%s", c.name, n, c.least, c.most, text(t, log))
		}
	}
}
