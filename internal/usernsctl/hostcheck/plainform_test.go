package hostcheck

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"userns-helpers/internal/policy/plain"
)

// TestForm: valid TOML that is not in the plain form, and how to write it.
func TestForm(t *testing.T) {
	const noForm = "has no plain form"
	for _, c := range []struct {
		text, write string
		advice      string
	}{
		{"[ defaults ]\n", "[defaults]\n", ""},
		{"[\"defaults\"] # x\n", "[defaults]\n", ""},
		{"[bridge . 'eth0.5']\nvlan = 5\n", "[bridge.\"eth0.5\"]\n", ""},
		{"[bridge.\"\\u0061b\"]\n", "[bridge.ab]\n", ""},
		{"[[ rule ]]\nuser = 'a'\n", "[[rule]]\n", ""},
		{"[defaults]\n\"mac_lock\" = true\n", "mac_lock = true\n", ""},
		{"[defaults]\n'mac_lock' = true", "mac_lock = true\n", ""},
		{"[defaults]\nvlan = 0x10\n", "vlan = 16\n", ""},
		{"[defaults]\nvlan = 0o17\n", "vlan = 15\n", ""},
		{"[defaults]\nvlan = 1_000\n", "vlan = 1000\n", ""},
		{"[defaults]\nvlan = +10\n", "vlan = 10\n", ""},
		{"[defaults]\nrate_to_container = \"\"\"\n10mbit\"\"\"\nvlan = 1\n", "rate_to_container = \"10mbit\"\n", ""},
		{"[defaults]\nrate_to_container = '''10mbit'''\n", "rate_to_container = \"10mbit\"\n", ""},
		{"[defaults]\nrate_to_container = \"10\\u006dbit\"\n", "rate_to_container = \"10mbit\"\n", ""},
		{"[[rule]]\nuser = \"\\\"a\"\n", "user = '\"a'\n", ""},
		{"defaults.mac_lock = true\n", "[defaults]\nmac_lock = true\n", ""},
		{"defaults = { mac_lock = true, vlan = 5 }\n", "[defaults]\nmac_lock = true\nvlan = 5\n", ""},
		{"bridge = { lxcbr0 = { mac_lock = true }, \"eth0.5\" = { isolated = true } }\n", "[bridge.\"eth0.5\"]\nisolated = true\n[bridge.lxcbr0]\nmac_lock = true\n", ""},
		{"[bridge]\nlxcbr0.mac_lock = true\n", "[bridge.lxcbr0]\nmac_lock = true\n", ""},
		{"[bridge]\nlxcbr0 = { mac_lock = true }\n", "[bridge.lxcbr0]\nmac_lock = true\n", ""},
		{"rule = [{ user = \"a\", mac_lock = true },\n  { group = \"b\" }]\n", "[[rule]]\nmac_lock = true\nuser = \"a\"\n[[rule]]\ngroup = \"b\"\n", ""},
		{"[defaults]\r\nvlan = 0x10\r\n", "vlan = 16\n", ""},
		{"[defaults]\nx = [\n 'a',\n \"\\u0062\"\n]\nvlan = 1\n", "x = [\"a\", \"b\"]\n", ""},
		{"[idmap]\nforbidden_host_ids = [\"\"\"0-9\"\"\"]\n", "", "And forbidden_host_ids is not for this file: IDs that are never mapped are listed in /etc/userns-helpers/forbidden-host-ids"},
		{"idmap.forbidden_host_ids = [\"0-9\"]\n", "", "And forbidden_host_ids is not for this file"},
		{"idmap = { forbidden_host_ids = [\"0-9\"] }\n", "", "And forbidden_host_ids is not for this file"},
		{"# x\n\n[limits]\nnics_per_user = 1.5\n", "", noForm},
		{"[limits]\nnics_per_user = 1979-05-27\n", "", noForm},
		{"[limits]\nnics_per_user = [1, 2]\n", "", noForm},
		{"[limits]\nnics_per_user = inf\n", "", noForm},
		{"[limits]\nx = \"a\\nb\"\n", "", noForm},
		{"[limits]\nx = \"\\\"'\"\n", "", noForm},
		{"[a.b.c]\n", "", noForm},
		{"[[a.b]]\n", "", noForm},
		{"[[rule]]\nuser.name = \"a\"\n", "", noForm},
		{"\ufeff[defaults]\n", "", "byte order mark"},
		{"[defaults]\nmac_lock = yes\n", "", "not valid TOML: line 2: "},
		{"[defaults]\nmac_lock = true\nmac_lock = false\n", "", "not valid TOML: line 3: "},
		{"[defaults\n", "", "not valid TOML: line "},
		{"[bridge.a]\n[bridge]\n", "", ""},
		{"rule = [{}]\n", "[[rule]]\n", ""},
		{"[[rule]]\nuser = { name = \"a\" }\n", "", noForm},
		{"x = []\ny = [[]]\n", "", noForm},
	} {
		_, err := plain.Parse([]byte(c.text))
		var wrong *plain.Error
		if !errors.As(err, &wrong) {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		got := formOf([]byte(c.text), wrong.Line)
		if got.write == "" && c.advice == "" && got.advice != "" {
			t.Errorf("%q: %q", c.text, got.advice)
		}
		if got.write != c.write || !strings.Contains(got.advice, c.advice) || c.write != "" && !strings.Contains(got.advice, "Write it as") {
			t.Errorf("%q: %q %q, want %q %q", c.text, got.advice, got.write, c.advice, c.write)
		}
	}
}

// FuzzForm: what is advised is in the plain form on its own, and no text makes it panic or end without a word about TOML that
// is not valid.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{"a.b = {c = '''\n'''}\n", "[[a]]\nb.c = 1\n", "[a]\nb = [{}, {}]", "[ a . b ]\n", "x = 0x1", "\"a\" = \"\"\"\\\n x\"\"\"\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := plain.Parse(text)
		var wrong *plain.Error
		if !errors.As(err, &wrong) {
			return
		}
		got := formOf(text, wrong.Line)
		if _, err := plain.Parse([]byte(got.write)); err != nil {
			t.Fatalf("%q: %q is not plain: %v", text, got.write, err)
		}
		if got.write == "" {
			return
		}
		whole, err := decoded(got.write)
		if err != nil || reflect.DeepEqual(whole, map[string]any{}) {
			t.Fatalf("%q: %q: %v", text, got.write, err)
		}
	})
}
