package usernic

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"userns-helpers/internal/netquota"
)

// TestAddresses: stable, local, not multicast, the host's end above every other, and different for what differs.
func TestAddresses(t *testing.T) {
	word := rapid.StringMatching(`[a-z0-9]{1,8}`)
	rapid.Check(t, func(r *rapid.T) {
		host, bridge, container := word.Draw(r, "host"), word.Draw(r, "bridge"), word.Draw(r, "container")
		uid, n := rapid.Uint32().Draw(r, "uid"), rapid.IntRange(0, candidates-1).Draw(r, "n")
		secret := key{1}
		mac := containerMAC(secret, host, uid, bridge, container, n)
		if mac != containerMAC(secret, host, uid, bridge, container, n) || mac[0] != 0x02 || hostMAC(mac)[0] != 0xfe || hostMAC(mac)[1] != mac[1] {
			r.Fatal(mac)
		}
		for _, other := range []netquota.MAC{
			containerMAC(key{2}, host, uid, bridge, container, n),
			containerMAC(secret, host+"x", uid, bridge, container, n), containerMAC(secret, host, uid+1, bridge, container, n),
			containerMAC(secret, host, uid, bridge+"x", container, n), containerMAC(secret, host, uid, bridge, container+"x", n),
			containerMAC(secret, host, uid, bridge, container, n+1), containerMAC(secret, host, uid, bridge+container, "", n),
		} {
			if other == mac {
				r.Fatal("the same address for something else")
			}
		}
	})
}

// TestAltName: what the kernel takes, whatever the container is called; owner, bridge and end stay readable.
func TestAltName(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		container := string(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(r, "container"))
		nic := netquota.HostName(rapid.Uint32().Draw(r, "uid"), 5)
		alt := altName(7, container, "lxcbr0", nic)
		if len(alt) > longestAlt || !strings.HasPrefix(alt, "usernic-7-") || !strings.HasSuffix(alt, "-lxcbr0-"+nic[len(nic)-4:]) ||
			strings.ContainsAny(alt, "/:% \t\n\x00") {
			r.Fatalf("%q", alt)
		}
	})
	if got := altName(2001, "web 1", "lxcbr0", "veth2001_AbCd"); got != "usernic-2001-web_1-lxcbr0-AbCd" {
		t.Error(got)
	}
}
