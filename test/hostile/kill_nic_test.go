//go:build system

package hostile

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

var (
	killedCreating = person("kc")
	killedNone     = person("kn")
	killedDeleting = person("kd")
	killedWithout  = person("kw")
	killedOVS      = person("ko")
	_              = grant("kc veth killed 1", "kn veth none 1", "kd veth killed 1", "kw veth none 1", "ko veth ovs0 1")
)

// killing is an attack on the quota of u: one interface on bridge.
type killing struct {
	y      tally
	u      user
	bridge string
	target *harness.Target
	alone  bool // nobody else is killed at the same time, who could remove rows too

	addressed bool   // the policy gives each interface an address and hands it to dnsmasq
	address   string // of the container, since the first call
}

// TestKillCreate: a create that is killed at whatever system call leaves no interface that is not counted and recorded,
// and takes no slot with it.
func TestKillCreate(t *testing.T) {
	for name, u := range map[string]user{"killed": killedCreating, "none": killedNone} {
		t.Run(name, func(t *testing.T) {
			if name == "none" {
				t.Parallel()
			}
			k := &killing{u: u, bridge: name, target: container(t, u), alone: name == "killed", addressed: name == "killed" && handsAddresses(t)}
			for n := firstPoint(); k.create(t, n); n++ {
			}
			k.y.report(t, 100)
		})
	}
}

// create kills one create at point n and judges what is left. It returns false when there is no such point.
func (k *killing) create(t *testing.T, n int) bool {
	where := "the first"
	done, pid := false, 0
	kept.keep(t)
	plan{u: k.u, argv: creates(k.target, k.bridge)}.run(t, func(x *traced) {
		pid = x.pid
		if done = !x.reach(n); !done {
			where = at(n, x.at)
			x.kill()
		}
	})
	if done {
		sweep(t, k.u)
		return false
	}
	k.y.point()
	records := kept.of(usernic, pid)
	for _, nic := range nicsOf(t, k.u) {
		if !granted(records, ` host="`+nic+`"`) {
			k.y.fault("interface not recorded", "%s: %s; %q", where, nic, records)
		}
	}
	k.judge(t, where)
	return true
}

// judge tries to get more than the quota, which is one, and to get all of it. Under a policy the limit of the user may be
// one as well (test/policy/tight.toml), and is named first.
func (k *killing) judge(t *testing.T, where string) {
	t.Helper()
	before := k.y.total()
	second := call(t, k.u, creates(k.target, k.bridge)...)
	third := call(t, k.u, creates(k.target, k.bridge)...)
	nics := nicsOf(t, k.u)
	switch {
	case len(nics) > 1:
		k.y.fault("quota exceeded", "%s: %q with a quota of 1", where, nics)
	case len(nics) == 0:
		k.y.fault("slot lost", "%s: no interface lives, and the next create: %v", where, second)
	case third.status == 0 || !strings.Contains(third.err, "uota") && !strings.Contains(third.err, "nics_per_user"):
		k.y.fault("refused for another reason than the quota", "%s: %v", where, third)
	}
	for _, nic := range nics {
		if wrong := incomplete(nic, k.bridge); wrong != "" {
			k.y.fault("half-made interface", "%s: %s", where, wrong)
		}
		// A call of another user that is held where it cuts the ledger can take the row with it; the slot has it.
		if n := listed(t, nic); n > 1 || n == 0 && (k.alone || !k.inSlot(nic)) {
			k.y.fault("not one row", "%s: %s has %d rows", where, nic, n)
		}
	}
	if k.addressed {
		k.judgeAddresses(t, where, nics)
	}
	if k.bridge == "ovs0" && ports(t) != strings.Join(nics, "\n")+"\n" {
		k.y.fault("other ports than interfaces", "%s: ports %q, interfaces %q", where, ports(t), nics)
	}
	if row := malformed(t); row != "" {
		k.y.fault("malformed row", "%s: %q", where, row)
	}
	sweep(t, k.u)
	k.forgive(t, before)
}

// inSlot reports whether a slot has an interface.
func (k *killing) inSlot(nic string) bool {
	text, _ := os.ReadFile(fmt.Sprintf("%s/veth:%s:%s", slotsPath, k.bridge, k.u.name))
	return strings.Contains(string(text), nic+" ")
}

// forgive repairs the ledger by hand after a fault, so that each point is judged alone.
func (k *killing) forgive(t *testing.T, before int) {
	t.Helper()
	if k.y.total() == before {
		return
	}
	if err := sh("rm -rf " + ledgerPath + " " + slotsPath); err != nil {
		t.Fatal(err)
	}
}

// TestKillDelete: a delete that is killed at whatever system call leaves the interface as it was, or gone, and counted
// right; and it can be repeated. One that is gone went with a record.
func TestKillDelete(t *testing.T) {
	for bridge, u := range map[string]user{"killed": killedDeleting, "none": killedWithout} {
		t.Run(bridge, func(t *testing.T) {
			t.Parallel()
			k := &killing{u: u, bridge: bridge, target: container(t, u)}
			for n := firstPoint(); k.delete(t, n); n++ {
			}
			k.y.report(t, 100)
		})
	}
}

func (k *killing) delete(t *testing.T, n int) bool {
	made := call(t, k.u, creates(k.target, k.bridge)...)
	if made.made() == "" {
		t.Fatalf("create before the delete: %v", made)
	}
	where, done, pid := "", false, 0
	kept.keep(t)
	argv := deletes(k.target, k.bridge, made.made())
	plan{u: k.u, argv: argv}.run(t, func(x *traced) {
		pid = x.pid
		if done = !x.reach(n); !done {
			where = at(n, x.at)
			x.kill()
		}
	})
	if done {
		sweep(t, k.u)
		return false
	}
	k.y.point()
	records := kept.of(usernic, pid)
	if len(nicsOf(t, k.u)) == 0 && !granted(records, ` host="`+made.made()+`"`) {
		k.y.fault("deletion not recorded", "%s: %q", where, records)
	}
	if len(nicsOf(t, k.u)) == 1 {
		if again := call(t, k.u, argv...); again.status != 0 {
			k.y.fault("delete cannot be repeated", "%s: %v", where, again)
		}
		sweep(t, k.u)
	}
	k.judge(t, where)
	return true
}

// TestKillOpenVSwitch: the same for a port of Open vSwitch, whose record ovs-vsctl(8) makes. Each call takes ten times as
// long, so that the points lie at a distance, from the program's beginning to its end.
func TestKillOpenVSwitch(t *testing.T) {
	k := &killing{u: killedOVS, bridge: "ovs0", target: container(t, killedOVS), alone: true}
	t.Cleanup(func() { emptyOpenVSwitch(t) })
	const points, deletions = 60, 20
	last := k.length(t)
	for i := range points {
		k.create(t, last*i/points)
	}
	for i := 0; i < deletions && k.delete(t, last*i/deletions); i++ { // shorter than a create
	}
	k.y.report(t, (points+deletions)/2)
}

// length is the number of system calls of a create from its beginning.
func (k *killing) length(t *testing.T) (n int) {
	t.Helper()
	r := plan{u: k.u, argv: creates(k.target, k.bridge)}.run(t, func(x *traced) {
		for more := x.begun(); more; more = x.next() {
			n++
		}
	})
	if r.made() == "" {
		t.Fatalf("create: %v", r)
	}
	sweep(t, k.u)
	return n
}
