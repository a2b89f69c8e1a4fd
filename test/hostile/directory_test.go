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

// TestHostageDirectory: an attacker without a line holds the lock of a directory that they can read and that a call looks
// into. The victim makes and deletes interfaces all the same. In the directories where everything that a call looks for is
// there, it does so while another process of the attacker's waits for the lock to make a name, as well: what is missing
// in memory is looked up under the lock, and that queues after whoever waits for it (docs/threat-model.md, "What remains").
func TestHostageDirectory(t *testing.T) {
	v := newVictim(t, listerVictim, "listing")
	for path, ways := range map[string][]string{
		"/run": {"listed", "killed", "queued"}, "/run/lxc": {"listed", "killed", "queued"},
		"/dev": {"listed", "killed"}, "/proc/sys/net/ipv4/conf": {"listed", "killed"},
	} {
		for _, how := range ways {
			v.whileHeld(t, path, how)
		}
	}
	v.y.report(t, 20)
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
