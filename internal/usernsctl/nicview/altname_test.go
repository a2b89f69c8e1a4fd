package nicview

import (
	"testing"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/usernic/mark"
)

func TestAltNames(t *testing.T) {
	for _, c := range []struct {
		uid               uint32
		container, bridge string
	}{{1000, "web", "lxcbr0"}, {4294967294, "a-b-c", "br-x"}, {0, "", "none"}, {7, "-", "-"}} {
		alt := mark.AltName(c.uid, c.container, c.bridge, "veth7_AbCd")
		uid, container, ok := parseAltName(alt, c.bridge)
		if !ok || uid != c.uid || container != c.container {
			t.Errorf("%q: %d, %q, %v", alt, uid, container, ok)
		}
		if made, ok := originalName(alt); !ok || made != netquota.HostPrefix(c.uid)+"AbCd" {
			t.Errorf("%q: made as %q, %v", alt, made, ok)
		}
	}
	for _, alt := range []string{"", "usernic-", "usernic-x-c-br0-AbCd", "usernic-br0-AbCd", "other-1-c-br0-AbCd", "usernic-4294967296-c-br0-AbCd"} {
		if uid, container, ok := parseAltName(alt, "br0"); ok {
			t.Errorf("%q: %d, %q", alt, uid, container)
		}
	}
}
