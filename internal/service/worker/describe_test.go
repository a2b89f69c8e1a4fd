package worker

import (
	"encoding/json"
	"regexp"
	"testing"

	"userns-helpers/internal/service/wire"
)

func TestDescribe(t *testing.T) {
	for _, c := range []wire.Call{{Method: wire.GetInfo}, {Method: wire.Interface, Described: wire.Maps}, {Method: wire.Interface, Described: wire.Service}} {
		message := describe(c, "1.0")
		if !json.Valid(message[:len(message)-1]) || len(message) > wire.Longest {
			t.Errorf("%q", message)
		}
	}
}

// TestNames: names are as Varlink has them (varlink.org, Interface Definition). systemd's varlinkctl refuses others, and with an
// interface whatever is in it.
func TestNames(t *testing.T) {
	member := regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	names := map[string]*regexp.Regexp{
		"interface": regexp.MustCompile(`^[A-Za-z](-*[A-Za-z0-9])*(\.[A-Za-z0-9](-*[A-Za-z0-9])*)+$`), "method": member, "type": member, "error": member,
	}
	for name, text := range map[string]string{wire.Maps: description, wire.Service: general} {
		found := regexp.MustCompile(`(?m)^(interface|method|type|error) *([^ (\n]*)`).FindAllStringSubmatch(text, -1)
		if len(found) < 4 || found[0][2] != name {
			t.Errorf("%s: %q", name, found)
		}
		for _, f := range found {
			if !names[f[1]].MatchString(f[2]) {
				t.Errorf("no %s has the name %q", f[1], f[2])
			}
		}
	}
}
