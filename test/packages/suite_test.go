//go:build system

package packages

import (
	"flag"
	"fmt"
	"path/filepath"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

var (
	rootFlag   = flag.String("root", "", "the Debian root folder that test/packages/root made")
	debFlag    = flag.String("deb", "", "our Debian package")
	rpmFlag    = flag.String("rpm", "", "our RPM package")
	realFlag   = flag.String("rpm-real", "", "our RPM package, built --with real_paths")
	dscFlag    = flag.String("dsc", "", "our Debian source package")
	toolsFlag  = flag.String("tools", "", "a Debian root folder with lintian and rpmlint, for TestLint; this machine's without it")
	watchFlag  = flag.String("watch", "", "the compiled test/packages/watch")
	nextFlag   = flag.String("next", "", "the root folder of the next release of Debian, for TestDistUpgrade")
	strideFlag = flag.Int("stride", 7, "kill dpkg before every n-th command of the maintainer scripts")
)

// debs are the packages of the cases: as they are, and with a higher version and other bits.
var debs struct{ ours, oursNext, uidmap, uidmapNext, liblxc, liblxcNext, lxc, pam string }

func TestMain(m *testing.M) {
	harness.Suite(m, "test/run packages", prepare, debFlag)
}

// prepare finds the packages and makes their higher versions, in the private copy of the machine.
func prepare() error {
	debs.ours = *debFlag
	for pattern, to := range map[string]*string{
		"uidmap_*": &debs.uidmap, "liblxc-common_*": &debs.liblxc, "lxc_*": &debs.lxc, "libpam-cgfs_*": &debs.pam,
	} {
		found, err := filepath.Glob(filepath.Join(*rootFlag, "srv/debs", pattern))
		if err != nil || len(found) != 1 {
			return fmt.Errorf("%s in the root's /srv/debs: %q", pattern, found)
		}
		*to = found[0]
	}
	for from, to := range map[*string]*string{
		&debs.ours: &debs.oursNext, &debs.uidmap: &debs.uidmapNext, &debs.liblxc: &debs.liblxcNext,
	} {
		higher, err := next(*from)
		if err != nil {
			return err
		}
		*to = higher
	}
	return nil
}
