package whynot

import (
	"strings"
	"testing"

	"userns-helpers/internal/policy/nics"
)

// TestWrong: one mistake each, with its line. Nothing of such a file is used.
func TestWrong(t *testing.T) {
	for _, c := range []struct {
		text string
		line int
		word string
	}{
		{"[defaults]\nmac_lok = true\n", 2, "mac_lok is not a key"},
		{"[defaults]\n\nMAC_LOCK = true\n", 3, "MAC_LOCK is not a key"},
		{"[defaults]\nmac_lock = 1\n", 2, "true or false"},
		{"[defaults]\nmac_lock = \"true\"\n", 2, "true or false"},
		{"[defaults]\nmac_lock = [\"true\"]\n", 2, "true or false"},
		{"[defaults]\nvlan = 0\n", 2, "1 to 4094"},
		{"[defaults]\nvlan = 4095\n", 2, "1 to 4094"},
		{"[defaults]\nvlan = \"5\"\n", 2, "1 to 4094"},
		{"[defaults]\nvlan = 5.0\n", 2, "not a plain value"},
		{"[defaults]\nrate_to_container = 100\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"100\"\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"100Mbit\"\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"-1mbit\"\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"7999bit\"\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"1001gbit\"\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"18446744074gbit\"\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"1.5mbit\"\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"mbit\"\n", 2, "a rate"},
		{"[defaults]\nnics_per_user = 3\n", 2, "not a key"},
		{"[limits]\nmac_lock = true\n", 2, "not a key"},
		{"[limits]\nnics_per_user = -1\n", 2, "0 to 65536"},
		{"[limits]\nfree_ports = 1024\n", 2, "0 to 1023"},
		{"[default]\n", 1, `"default"`},
		{"mac_lock = true\n", 1, `"mac_lock"`},
		{"defaults = true\n", 1, "must be a table"},
		{"[[defaults]]\n", 1, "must be a table"},
		{"[bridge]\nmac_lock = true\n", 2, "must be a table"},
		{"[bridge.a]\n[bridge.\"a/b\"]\n", 2, "name of a bridge"},
		{"[bridge.sixteen-letters-]\n", 1, "name of a bridge"},
		{"[bridge.eth0.5]\nmac_lock = true\n", 1, "not a table header"},
		{"[rule]\nuser = \"x\"\n", 1, "[[rule]]"},
		{"[[rule]]\ngroup = \"1001\"\n", 2, "a number is not accepted"},
		{"[[rule]]\nmac_lock = true\n", 1, "either a user or a group"},
		{"[[rule]]\nbridge = \"x\"\nmac_lock = true\n", 1, "either a user or a group"},
		{"[[rule]]\nuser = \"x\"\n[[rule]]\nuser = \"x\"\ngroup = \"y\"\n", 3, "either a user or a group"},
		{"[[rule]]\nuser = \"\"\n", 2, "name of a user"},
		{"[[rule]]\nuser = 1000\n", 2, "in quotes"},
		{"[[rule]]\ngroup = \"@x\"\n", 2, "without @"},
		{"[[rule]]\nuser = \"@x\"\n", 2, "without @"},
		{"[[rule]]\nuser = \"x\ty\"\n", 2, "name of a user"},
		{"[[rule]]\nuser = \"x\"\nbridge = \"\"\n", 3, "name of a bridge"},
		{"[[rule]]\nuser = \"x\"\nmac_lock = true\n[[rule]]\nuser = \"x\"\nmac_lock = false\n", 6, "earlier rule"},
		{"[[rule]]\nuser = \"x\"\nbridge = \"b\"\n\n[[rule]]\nuser = \"y\"\nmak = 1\n", 7, "mak is not a key"},
		{"[defaults]\nmac_lock = true\nmac_lock = false\n", 3, "duplicate key mac_lock"},
		{"[defaults]\n[defaults]\n", 2, "duplicate table defaults"},
		{"[defaults\n", 1, "not a table header"},
		{"[defaults]\nmac_lock = yes\n", 2, "not a plain value"},
		{"\xff", 0, "UTF-8"},
		{"[idmap]\n", 1, "idmap is not for this file: IDs that are never mapped are listed in /etc/userns-helpers/forbidden-host-ids, one"},
		{"[defaults]\n[idmap]\nforbidden_host_ids = [\"0-999\"]\n", 3, "forbidden_host_ids is not for this file: IDs"},
		{"[idmap]\n\nforbidden_host_ids = 1\n", 3, "listed in /etc/userns-helpers/forbidden-host-ids"},
		{"[[idmap]]\n", 1, "listed in /etc/userns-helpers/forbidden-host-ids"},
		{"idmap = 1\n", 1, "listed in /etc/userns-helpers/forbidden-host-ids"},
		{"forbidden_host_ids = [\"0-999\"]\n", 1, "listed in /etc/userns-helpers/forbidden-host-ids"},
		{"[limits]\nforbidden_host_ids = [\"0-999\"]\n", 2, "listed in /etc/userns-helpers/forbidden-host-ids"},
		{"[bridge.br0]\nforbidden_host_ids = true\n", 2, "listed in /etc/userns-helpers/forbidden-host-ids"},
		{"[bridge]\nforbidden_host_ids = []\n", 2, "listed in /etc/userns-helpers/forbidden-host-ids"},
		{"[[rule]]\nuser = \"a\"\n[[rule]]\nuser = \"b\"\nforbidden_host_ids = [\"0-999\"]\n", 5, "listed in /etc/userns-helpers/forbidden-host-ids"},
		{"a = 'b\n", 1, "unterminated string"},
		{"a = [\n", 1, "unterminated list"},
		{"a = [1]\n", 1, "not a list of strings"},
		{"\x00", 1, "control character"},
		{"a\n", 1, "key = value"},
		{"a = 1\n[a.b]\n", 2, "a already exists and is not a table"},
		{"[a]\n[[a]]\n", 2, "a already exists and is not a list of tables"},
		{strings.Repeat("#", nics.LongestFile+1), 0, "the file is larger than 262144 bytes"},
	} {
		_, err := nics.Parse([]byte(c.text))
		problem, ok := err.(*nics.Problem)
		if !ok || problem.Line != c.line || !strings.Contains(Words(*problem), c.word) {
			t.Errorf("%q: %+v, want line %d", c.text, err, c.line)
		}
	}
}
