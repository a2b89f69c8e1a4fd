//go:build system

package maps

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

// short is a user whose line of /etc/passwd ends with the gid, or has blanks and signs in front of the numbers.
var short = harness.Owner{UID: 1234, GID: 1235}

// passwdCases: /etc/passwd as glibc reads it.
func passwdCases() []check {
	var out []check
	for what, line := range pairs(map[string]string{
		"ends with the gid": "short:x:1234:1235", "ends with a colon": "short:x:1234:1235:", "blanks and plus": "short:x: 1234:+1235::/:/bin/sh",
		"plus": "short:x:+1234:+1235::/:/bin/sh", "a tab, in front too": "\tshort:x:\t1234: \t+1235", "zeros": "short:x:0001234:01235", "no password": "short::1234:1235",
		"a carriage return at the end": "short:x:1234:1235::/:/bin/sh\r",
	}) {
		out = append(out, check{
			name: "passwd: " + what, users: line + "\n", as: &short, grants: "short:100000:65536\n", args: granted, mapped: oneMapped,
		})
	}
	for what, line := range pairs(map[string]string{
		"no gid": "short:x:1234", "an empty gid": "short:x:1234:", "a letter behind the gid": "short:x:1234:1235x", "a blank behind the uid": "short:x:1234 :1235",
		"hexadecimal": "short:x:0x4d2:1235", "2^32+1234": "short:x:4294968530:1235", "minus": "short:x:-1234:1235", "a comment": "#short:x:1234:1235", "NIS": "+short:x:1234:1235",
	}) {
		out = append(out, check{
			name: "passwd, no account: " + what, users: line + "\n", as: &short, grants: "short:100000:65536\n", args: granted, status: 1,
			first: "{tool}: Cannot determine your user name.", second: "no uid 1234 in /etc/passwd",
		})
	}
	return out
}

// TestPasswdAsGlibc asks getent(1) and getsubids who has which uid, for lines of /etc/passwd put together at random of what
// glibc accepts and what it does not: the two must agree.
func TestPasswdAsGlibc(t *testing.T) {
	random := rand.New(rand.NewPCG(12, 6))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	// rarely is one of from where the line is odd at this place, and else usual.
	rarely := func(usual string, from ...string) string {
		if random.IntN(5) > 0 {
			return usual
		}
		return pick(from...)
	}
	number := func(right string) string {
		return rarely("", " ", "\t", "  ", "\v", "\r", "+", "-", "x", "0", "00", "0x", "#", " +", "++", "+ ", "-0") +
			rarely(right, "", "0", "4294967295", "4294967296", "4294972532", "18446744073709551616", "99999999999999999999999", "1e3") +
			rarely("", " ", "x", "#", "\r", "\t", ".")
	}
	known := 0
	for range 400 {
		line := rarely("", " ", "\t ", "#", "+", "-", "\v") + "probe" + rarely(":", "", " :") + pick("x", "", "!", "x y") + rarely(":", "", "::") +
			number("5236") + rarely(":", "", "::") + number("5237") + pick("", ":", "::", ":::", "::/:/bin/sh", "::/:/bin/sh\r") + rarely("", " ", "\r")
		for path, text := range map[string]string{"/etc/passwd": accounts + line + "\nlast:x:7:7::/:\n", "/etc/subuid": "5236:100000:10\n", "/etc/nsswitch.conf": "passwd: files\n"} {
			if err := (harness.File{Text: text}).Put(path); err != nil {
				t.Fatal(err)
			}
		}
		said, _ := exec.Command("getent", "-s", "files", "passwd", "probe").Output()
		fields := strings.Split(string(said), ":")
		wanted := len(fields) > 2 && fields[2] == "5236"
		listed, _ := exec.Command(base+"/ours/setuid/getsubids", "probe").Output()
		if wanted != (string(listed) == "0: probe 100000 10\n") {
			t.Errorf("%q: getent says %q, getsubids %q", line, said, listed)
		}
		if wanted {
			known++
		}
	}
	fmt.Printf("of 400 lines of passwd(5) %d give the user\n", known)
	if known < 20 {
		t.Error("the generator makes nothing of interest any more")
	}
}
