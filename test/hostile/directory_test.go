//go:build system

package hostile

import (
	"testing"
	"time"
)

var (
	lister       = person("lister") // in no line
	listerVictim = person("listed")
	_            = grant("listed veth listing 9")
)

// TestHostageDirectory: an attacker without a line holds the lock of a directory that they can read, and others that a
// call looks into. The victim makes and deletes interfaces all the same.
func TestHostageDirectory(t *testing.T) {
	v := newVictim(t, listerVictim, "listing")
	for _, path := range []string{"/run", "/run/lxc", "/dev", "/proc/sys/net/ipv4/conf"} {
		for _, how := range []string{"listed", "killed"} {
			v.whileHeld(t, path, how)
		}
	}
	v.y.report(t, 16)
}

// whileHeld works while an attacker holds a directory. Who is held up cannot be killed: so the attack ends before the
// patience with the victim does, and the fault is that it is late.
func (v *victimised) whileHeld(t *testing.T, path string, how ...string) {
	t.Helper()
	attack, err := holdsDirectory(lister, path, how...)
	if err != nil {
		t.Fatal(err)
	}
	end := time.AfterFunc(v.calm+2*margin, attack.release)
	v.works(t, "%s is held, %v", path, how)
	if end.Stop() {
		end.Reset(v.calm + 2*margin)
		v.works(t, "%s is held, %v, again", path, how)
		if end.Stop() {
			attack.release()
		}
	}
}
