package usernic

import (
	"errors"
	"strings"
	"testing"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/usernic/whynot"
)

var lxcbr0 = netquota.Place{Type: "veth", Bridge: "lxcbr0"}

// understood are command lines, words separated by |.
var understood = map[string]request{
	"create|/dev/null|dummy|123|veth|lxcbr0":        {"create", "dummy", reference{fd: -1, pid: 123}, lxcbr0, "eth%d"},
	"create|/dev/null|dummy|123|veth|lxcbr0|":       {"create", "dummy", reference{fd: -1, pid: 123}, lxcbr0, "eth%d"},
	"create|/dev/null|dummy|123|veth|lxcbr0|eth%d":  {"create", "dummy", reference{fd: -1, pid: 123}, lxcbr0, "eth%d"},
	"create|/p|c1|2147483647|veth|none|tap0":        {"create", "c1", reference{fd: -1, pid: 2147483647}, netquota.Place{Type: "veth", Bridge: "none"}, "tap0"},
	"create|||fd:0|veth|lxcbr0|abcdefghijklmno":     {"create", "", reference{fd: 0}, lxcbr0, "abcdefghijklmno"},
	"create|p|n|/proc/1/ns/net|veth|lxcbr0|e.1-2_3": {"create", "n", reference{fd: -1, path: "/proc/1/ns/net"}, lxcbr0, "e.1-2_3"},
	"delete|p|n|/proc/1/fd/7|veth|lxcbr0|veth1_AbC": {"delete", "n", reference{fd: -1, path: "/proc/1/fd/7"}, lxcbr0, "veth1_AbC"},
	"delete|p|n|fd:9|veth|lxcbr0|veth1_AbC":         {"delete", "n", reference{fd: 9}, lxcbr0, "veth1_AbC"},
	"delete|p|n|1|veth|lxcbr0|veth1_AbC":            {"delete", "n", reference{fd: -1, pid: 1}, lxcbr0, "veth1_AbC"},
}

// refusals are command lines, and what the answer has to name.
var refusals = map[string]string{
	"":                                        "",
	"create":                                  "",
	"create|p|n|1|veth":                       "",
	"create|p|n|1|veth|br|e|x":                "",
	"Create|p|n|1|veth|br":                    "",
	"add|p|n|1|veth|br|e":                     "",
	"delete|p|n|1|veth|br":                    "",
	"create|p|n|0|veth|br":                    "namespace",
	"create|p|n|-1|veth|br":                   "namespace",
	"create|p|n|+1|veth|br":                   "namespace",
	"create|p|n|2147483648|veth|br":           "namespace",
	"create|p|n|4294967297|veth|br":           "namespace",
	"create|p|n|1x|veth|br":                   "namespace",
	"create|p|n| 1|veth|br":                   "namespace",
	"create|p|n|0x1|veth|br":                  "namespace",
	"create|p|n||veth|br":                     "namespace",
	"create|p|n|fd:|veth|br":                  "namespace",
	"create|p|n|fd:-1|veth|br":                "namespace",
	"create|p|n|fd:2147483648|veth|br":        "namespace",
	"create|p|n|fd:3x|veth|br":                "namespace",
	"create|p|n|FD:3|veth|br":                 "namespace",
	"create|p|n|proc/1/ns/net|veth|br":        "namespace",
	"create|p|n|1|macvlan|br":                 "type",
	"create|p|n|1||br":                        "type",
	"create|p|n|1|VETH|br":                    "type",
	"create|p|n|1|veth|":                      "bridge",
	"create|p|n|1|veth|abcdefghijklmnop":      "bridge",
	"create|p|n|1|veth|a/b":                   "bridge",
	"create|p|n|1|veth|..":                    "bridge",
	"create|p|n|1|veth|--db=x":                "bridge",
	"create|p|n|1|veth|br 0":                  "bridge",
	"create|p|n|1|veth|br%d":                  "bridge",
	"create|p|n|1|veth|br:0":                  "bridge",
	"create|p|n|1|veth|br|abcdefghijklmnop":   "interface",
	"create|p|n|1|veth|br|a/b":                "interface",
	"create|p|n|1|veth|br|.":                  "interface",
	"create|p|n|1|veth|br|eth%s":              "interface",
	"create|p|n|1|veth|br|eth%d%d":            "interface",
	"create|p|n|1|veth|br|a\tb":               "interface",
	"create|p|n|1|veth|br|a\x7fb":             "interface",
	"create|p|n|1|veth|br|-e":                 "interface",
	"delete|p|n|1|veth|br|":                   "interface",
	"delete|p|n|1|veth|br|eth%d":              "interface",
	"delete|p|n|1|veth|br|../../x":            "interface",
	"delete|p|n|1|macvlan|br|veth1_AbC":       "type",
	"delete|p|n|fd|veth|br|veth1_AbC":         "namespace",
	"create|p|n|" + strings.Repeat("9", 9999): "",
}

func words(line string) []string { return strings.Split(line, "|") }

func TestParse(t *testing.T) {
	for line, want := range understood {
		if got, err := parse(words(line)); err != nil || got != want {
			t.Errorf("%q: %+v, %v", line, got, err)
		}
	}
	for line, named := range refusals {
		_, err := parse(words(line))
		var refusal *whynot.Malformed
		if !errors.As(err, &refusal) || !strings.Contains(string(refusal.Why), named) || named == "" && refusal.Why != whynot.BadCommandLine && refusal.Why != whynot.BadNamespace {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// FuzzParse: no panic; what passes can be handed to the kernel, to paths and to ovs-vsctl.
func FuzzParse(f *testing.F) {
	for line := range understood {
		f.Add(line)
	}
	for line := range refusals {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		r, err := parse(words(line))
		if err != nil {
			if text := whynot.Explain(err, whynot.Eyes{}).Text(name, usage); len(text) == 0 || len(text) > 8192 {
				t.Fatalf("%d bytes are said", len(text))
			}
			return
		}
		for _, s := range []string{r.place.Bridge, r.nic} {
			if s == "" || len(s) > 15 || s[0] == '-' || strings.ContainsAny(s, "/: \t\n\x00") {
				t.Fatalf("%q passes", s)
			}
		}
		ways := 0
		for _, is := range []bool{r.target.pid > 0, r.target.fd >= 0, strings.HasPrefix(r.target.path, "/")} {
			if is {
				ways++
			}
		}
		if ways != 1 || r.place.Type != "veth" || r.target.pid > 1<<31-1 || r.target.fd > 1<<31-1 {
			t.Fatalf("%+v", r)
		}
	})
}
