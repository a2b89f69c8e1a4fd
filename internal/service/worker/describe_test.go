package worker

import (
	"encoding/json"
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
