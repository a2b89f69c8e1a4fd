//go:build system

package maps

import (
	"flag"
	"fmt"
	"regexp"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

var serviceFlag = flag.Bool("service", true, "run the cases through the service, too")

// maps.sock is where the programs look for the service.
const mapsSocket = "/run/userns-helpers/maps.sock"

// traced are the cases that strace runs, which makes a system call fail.
var traced = regexp.MustCompile(`: write: (an error|the whole map in one)|: kernel: |: setgroups: (a kernel without it|it cannot be opened)`)

// elsewhere are the cases that are not the same through the service, and why. One that is the same after all fails.
var elsewhere = []struct{ how, cases, why string }{
	{"no bit", `: write: an error|: kernel: (files|proc-hides|no-user|map-|write-|setgroups|no-cap|step)|: setgroups: (a kernel without it: a warning|it cannot be opened)`, "a fault is put into a system call of the program, and another process makes that call here"},
	{"", `: write: (nosuid mount|no_new_privs|the capability is not in|SECBIT_NOROOT|host uid 0 without CAP_SETFCAP)`, "the program is kept from its privilege, and here it needs none: granted"},
	{"", `: open: (own id, )?/proc is read-only`, "the service has a /proc of its own: granted"},
	{"", `: uid 65534, nobody`, "a peer that has no id in the service's user namespace looks like that one: refused"},
	{"", `: inherited: RLIMIT_NPROC 3`, "the program stays the user's process, and the threads of the Go runtime count"},
	{"no_new_privs", `: owner: sg itself`, "sg(1) has a setuid bit that does nothing"},
}

// served starts the service, and ends it with the test.
func served(t *testing.T, options ...string) *harness.Service {
	t.Helper()
	return servedUnder(t, nil, options...)
}

// servedUnder starts it as the command of another one, if there is one.
func servedUnder(t *testing.T, other []string, options ...string) *harness.Service {
	t.Helper()
	if err := harness.Install(*oursFlag+"/userns-helperd", base+"/service", "userns-helperd", 0o755); err != nil {
		t.Fatal(err)
	}
	argv := append(append(append([]string{}, other...), base+"/service/userns-helperd"), append(options, "--listen", mapsSocket, "maps")...)
	return harness.ServeBy(t, mapsSocket, argv...)
}

// ways are those in which a program that is installed setuid has no privilege.
var ways = map[string]func(c *check){
	"no bit":       func(c *check) { c.install = "plain" },
	"no_new_privs": func(c *check) { c.also(func(_ *world, start *harness.Start) { start.NoNewPrivs = true }) },
	"nosuid": func(c *check) {
		c.also(func(w *world, start *harness.Start) { start.NoSuid = append(start.NoSuid, w.dir) })
	},
}

// also tunes the run of a case further.
func (c *check) also(tune func(*world, *harness.Start)) {
	before := c.tune
	c.tune = func(w *world, start *harness.Start) {
		if before != nil {
			before(w, start)
		}
		tune(w, start)
	}
}

// TestService runs the cases of programs that are installed setuid with the same programs without privilege: without the bit,
// and with it under no_new_privs, and on a mount that is nosuid. What they print, their status, the maps and the records are to be
// the same.
func TestService(t *testing.T) {
	if !*serviceFlag {
		t.Skip("switched off by -service=false")
	}
	wanted := regexp.MustCompile(*caseFlag)
	for what, without := range ways {
		t.Run(what, func(t *testing.T) {
			served(t)
			count := 0
			for _, c := range expand(allCases()) {
				if c.tool == "getsubids" || c.install != "" || !wanted.MatchString(c.name) {
					continue
				}
				without(&c)
				// strace -u gives a program that has the bit its owner's user id by itself.
				if what != "no bit" && traced.MatchString(c.name) {
					continue
				}
				count++
				t.Run(c.name, func(t *testing.T) { through(t, what, c) })
			}
			fmt.Printf("%d cases through the service, %s\n", count, what)
		})
	}
}

// through runs one case through the service.
func through(t *testing.T, how string, c check) {
	t.Helper()
	got, rest, why := c.run(t, "ours")
	complaints := c.complaints(got, rest, why)
	for _, other := range elsewhere {
		if (other.how == "" || other.how == how) && regexp.MustCompile(other.cases).MatchString(c.name) {
			if len(complaints) == 0 {
				t.Errorf("it is the same: %s", other.why)
			}
			return
		}
	}
	for _, complaint := range complaints {
		t.Error(complaint)
	}
}
