//go:build system

package packages

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestUse lets an ordinary user work with the installed package: see the script. User namespaces are forbidden in a
// chroot, so the machine becomes the root of a mount namespace.
func TestUse(t *testing.T) {
	for _, privilege := range []string{"setuid", "capabilities"} {
		t.Run(privilege, func(t *testing.T) {
			m := withOurs(t)
			m.run(t, "userns-helpers-privilege", privilege)
			script := m.bring(t, "test/packages/use")
			index, err := exec.Command("dpkg-scanpackages", "--multiversion", m.dir+"/srv/debs").Output()
			must(t, err)
			text := strings.ReplaceAll(string(index), m.dir+"/srv/debs/", "./")
			must(t, os.WriteFile(m.dir+"/srv/debs/Packages", []byte(text), 0o644))
			said, err := exec.Command("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-euc", `cd "$1"
				mount -t proc proc proc
				pivot_root . mnt
				umount -l /mnt
				exec "$2"`, "sh", m.dir, script).CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, said)
			}
		})
	}
}
