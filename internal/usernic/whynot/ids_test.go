package whynot

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/text/verdict"
)

// ids are the names of all reasons, in the order of DIAGNOSTICS in lxc-user-nic(1).
func ids() []verdict.ID {
	return []verdict.ID{
		"bad-command-line",
		"bad-namespace",
		"unsupported-type",
		"bad-bridge-name",
		"bad-interface-name",
		"not-privileged",
		"not-in-bounding-set",
		"in-user-namespace",
		"service-silent",
		"service-busy",
		"peer-unmapped",
		"peer-elsewhere",
		"peer-unknown",
		"other-network",
		"not-confined",
		"user-unknown",
		"user-not-looked-up",
		"unfit-user-name",
		"groups-unknown",
		"no-usernet",
		"not-granted",
		"usernet-untrusted",
		"usernet-unreadable",
		"policy-wrong",
		"policy-untrusted",
		"policy-unreadable",
		"unprotected",
		"namespace-unreachable",
		"namespace-gone",
		"not-a-network-namespace",
		"namespace-of-host",
		"namespace-not-owned",
		"no-such-bridge",
		"bridge-alias",
		"not-a-bridge",
		"openvswitch-failed",
		"over-quota",
		"over-user-limit",
		"over-member-limit",
		"rate-limited",
		"no-port-left",
		"bridge-full",
		"no-free-address",
		"no-address-left",
		"address-taken",
		"name-taken",
		"container-ended",
		"create-failed",
		"kernel-failed",
		"ledger-failed",
		"mac-key-failed",
		"dhcp-hosts-failed",
		"output-failed",
		"not-undone",
		"not-yours",
	}
}

// unprovoked are the reasons that no case provokes, and why no installed program can be made to give one of them.
func unprovoked() map[verdict.ID]string {
	return map[verdict.ID]string{
		"container-ended": "the namespace would have to end between two steps of the kernel's: hostile/target-goes-away tries",
		"create-failed":   "the kernel refuses no pair of which everything was checked, until memory runs out",
		"not-undone":      "the kernel deletes every interface that it has made a moment ago",
	}
}

// TestIDs: each reason has its entry in the manual, in this order, and a case whose row names it and is compared with the
// record.
func TestIDs(t *testing.T) {
	page, err := os.ReadFile("../../../man/lxc-user-nic.1")
	if err != nil {
		t.Fatal(err)
	}
	var documented []verdict.ID
	for _, line := range strings.Split(string(page), "\n") {
		if id, is := strings.CutPrefix(line, ".It Sy "); is {
			documented = append(documented, verdict.ID(id))
		}
	}
	if !slices.Equal(documented, ids()) {
		t.Errorf("DIAGNOSTICS has %q, ids has %q", documented, ids())
	}
	cases := rows(t)
	for _, id := range ids() {
		why, excused := unprovoked()[id]
		if strings.Contains(cases, `why: "`+string(id)+`"`) == excused {
			t.Errorf("%s: no case provokes it, or one does, and it stands among those that none does (%q)", id, why)
		}
	}
}

// rows are the sources of the suites whose rows name reasons.
func rows(t *testing.T) string {
	t.Helper()
	text := ""
	for _, suite := range []string{"blackbox/nics", "policy"} {
		files, err := filepath.Glob("../../../test/" + suite + "/*_test.go")
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			part, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text += string(part)
		}
	}
	return text
}
