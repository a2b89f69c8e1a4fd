package worker

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"userns-helpers/internal/service/wire"
)

func TestDescribe(t *testing.T) {
	for name, method := range map[string]string{"maps": "method WriteMap(", "nics": "method Create("} {
		role, ok := RoleOf(name)
		if !ok {
			t.Fatal(name)
		}
		for _, c := range []wire.Call{{Method: wire.GetInfo}, {Method: wire.Interface, Described: role.Interface}, {Method: wire.Interface, Described: wire.Service}} {
			message := role.describe(c, "1.0")
			if !json.Valid(message[:len(message)-1]) || len(message) > wire.Longest {
				t.Errorf("%q", message)
			}
			if own := c.Described == role.Interface; strings.Contains(string(message), method) != own {
				t.Errorf("%s: %q", name, message)
			}
		}
	}
	if _, ok := RoleOf("map"); ok {
		t.Error("a role that is none")
	}
}

// TestNames: names are as Varlink has them (varlink.org, Interface Definition). systemd's varlinkctl refuses others, and with an
// interface whatever is in it.
func TestNames(t *testing.T) {
	member := regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	names := map[string]*regexp.Regexp{
		"interface": regexp.MustCompile(`^[A-Za-z](-*[A-Za-z0-9])*(\.[A-Za-z0-9](-*[A-Za-z0-9])*)+$`), "method": member, "type": member, "error": member,
	}
	for name, text := range map[string]string{wire.Maps: maps, wire.Nics: nics, wire.Service: general} {
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
