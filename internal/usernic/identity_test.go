package usernic

import (
	"testing"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/usernic/mark"
)

// TestIsUnfinished: by its address, as long as no alternative name says that it is another, which got the address later.
func TestIsUnfinished(t *testing.T) {
	mac := netquota.MAC{mark.OfContainer, 1}
	nic := netquota.Nic{Name: netquota.HostPrefix(7) + "AbCd", MAC: mac}
	for alt, want := range map[string]bool{
		"": true, "other": true, mark.AltName(7, "web", "lxcbr0", nic.Name): true,
		mark.AltName(7, "web", "lxcbr0", netquota.HostPrefix(7)+"EfGh"): false, mark.AltName(8, "web", "lxcbr0", nic.Name): false,
	} {
		device := rtnl.Device{Kind: rtnl.KindVeth, Address: mark.Host(mac), AltNames: []string{alt}}
		if isUnfinished(device, nic) != want || !isOf(device, nic) {
			t.Errorf("%q: want %v", alt, want)
		}
	}
}
