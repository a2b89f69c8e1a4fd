//go:build system

package hostile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hostsPath is the directory of what dnsmasq is told.
const hostsPath = "/run/lxc/dhcp-hosts"

// handsAddresses reports whether the policy has addresses handed to dnsmasq (test/policy/tight.toml), and makes the directory
// for that.
func handsAddresses(t *testing.T) bool {
	t.Helper()
	policy, err := os.ReadFile("/etc/userns-helpers/policy.toml")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if !strings.Contains(string(policy), "dhcp_hosts = true") {
		return false
	}
	if err := sh("mkdir -p -m 755 /run/lxc && install -d -m 2750 " + hostsPath); err != nil {
		t.Fatal(err)
	}
	return true
}

// judgeAddresses looks at the address of the interface that lives: it has one, which its container always has, which is in
// one record, and of which dnsmasq knows. What the killed ones had adds up to no more than a user's share.
func (k *killing) judgeAddresses(t *testing.T, where string, nics []string) {
	t.Helper()
	text, err := os.ReadFile(slotsPath + "/address." + k.bridge + "+1")
	if err != nil {
		t.Fatal(err)
	}
	records, has := make(map[string]string), ""
	for ; len(text) >= 96; text = text[min(128, len(text)):] {
		words := strings.Fields(string(text[:96]))
		if len(words) == 0 {
			continue
		}
		if len(words) != 9 {
			k.y.fault("malformed record", "%s: %q", where, text[:96])
			return
		}
		if other, twice := records[words[7]]; twice {
			k.y.fault("address in two records", "%s: %s, of %s and %s", where, words[7], other, words[2])
		}
		records[words[7]] = words[3]
		if len(nics) == 1 && words[2] == nics[0] {
			has = words[7]
		}
	}
	if k.address == "" {
		k.address = has
	}
	const share = 2 // of a quota of one
	switch {
	case len(nics) == 1 && has == "":
		k.y.fault("interface without an address", "%s: %v of %v", where, nics, records)
	case has != k.address:
		k.y.fault("another address", "%s: %s, before that %s", where, has, k.address)
	case len(records) > share:
		k.y.fault("addresses lost", "%s: a user with a quota of one holds %v", where, records)
	}
	k.judgeHosts(where, records, has)
}

// judgeHosts looks at what dnsmasq is told: lines for addresses that are recorded, and the one of the interface that lives.
func (k *killing) judgeHosts(where string, records map[string]string, has string) {
	files, err := filepath.Glob(hostsPath + "/[0-9]*")
	told := make(map[string]string)
	for _, file := range files {
		line, _ := os.ReadFile(file)
		mac, rest, _ := strings.Cut(string(line), ",")
		told[filepath.Base(file)] = strings.ReplaceAll(mac, ":", "")
		if !strings.HasPrefix(rest, "id:*,"+filepath.Base(file)+",c1-") || !strings.HasSuffix(rest, ",600\n") {
			k.y.fault("malformed line for dnsmasq", "%s: %s: %q", where, file, line)
		}
	}
	if err != nil || has != "" && told[has] != records[has] {
		k.y.fault("dnsmasq is told of another", "%s: %s is %s's, dnsmasq is told %v, %v", where, has, records[has], told, err)
	}
	for address := range told {
		if records[address] == "" {
			k.y.fault("dnsmasq is told of nobody's address", "%s: %v, recorded are %v", where, told, records)
		}
	}
}
