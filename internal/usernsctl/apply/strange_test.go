package apply

import (
	"net/netip"
	"slices"
	"testing"
)

// TestLeasesIn: leases of a hardware address, as dnsmasq writes them, those that have ended left out.
func TestLeasesIn(t *testing.T) {
	const mac = "02:00:00:00:00:01"
	text := "100 02:00:00:00:00:01 10.0.3.7 web *\n99 02:00:00:00:00:01 10.0.3.8 web *\n0 02:00:00:00:00:01 10.0.3.9 * *\n" +
		"200 02:00:00:00:00:02 10.0.3.10 * *\nx 02:00:00:00:00:01 10.0.3.11 * *\n200 02:00:00:00:00:01 here * *\nduid 00:01\n200 02:00:00:00:00:01"
	if got, want := leasesIn(text, mac, 99), []netip.Addr{netip.MustParseAddr("10.0.3.7"), netip.MustParseAddr("10.0.3.9")}; !slices.Equal(got, want) {
		t.Error(got)
	}
}
