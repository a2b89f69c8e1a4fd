package mark

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"userns-helpers/internal/netquota"
)

// TestAltName: what the kernel takes, whatever the container is called; owner, bridge and end stay readable.
func TestAltName(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		container := string(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(r, "container"))
		nic := netquota.HostName(rapid.Uint32().Draw(r, "uid"), 5)
		alt := AltName(7, container, "lxcbr0", nic)
		if len(alt) > longestAlt || !strings.HasPrefix(alt, "usernic-7-") || !strings.HasSuffix(alt, "-lxcbr0-"+nic[len(nic)-4:]) ||
			strings.ContainsAny(alt, "/:% \t\n\x00") {
			r.Fatalf("%q", alt)
		}
	})
	if got := AltName(2001, "web 1", "lxcbr0", "veth2001_AbCd"); got != "usernic-2001-web_1-lxcbr0-AbCd" {
		t.Error(got)
	}
}
