package usernic

import (
	"testing"

	"pgregory.net/rapid"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/usernic/mark"
)

// TestAddresses: stable, local, not multicast, the host's end above every other, and different for what differs.
func TestAddresses(t *testing.T) {
	word := rapid.StringMatching(`[a-z0-9]{1,8}`)
	rapid.Check(t, func(r *rapid.T) {
		host, bridge, container := word.Draw(r, "host"), word.Draw(r, "bridge"), word.Draw(r, "container")
		uid, n := rapid.Uint32().Draw(r, "uid"), rapid.IntRange(0, candidates-1).Draw(r, "n")
		secret := key{1}
		mac := containerMAC(secret, host, uid, bridge, container, n)
		if mac != containerMAC(secret, host, uid, bridge, container, n) || mac[0] != 0x02 || mark.Host(mac)[0] != 0xfe || mark.Host(mac)[1] != mac[1] {
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
