package usernic

import (
	"strings"
	"testing"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/nearby"
)

// TestNoLine: what could have been meant is said, and a line for what is no bridge is not advised.
func TestNoLine(t *testing.T) {
	place := netquota.Place{Type: "veth", Bridge: "br0"}
	who := netquota.Account{UID: 1001, Names: []string{"alice"}, Groups: []string{"lan"}}
	file := "alice veth br0 5x\nalice veth br1 1\n@students veth br0 2\n"
	near, err := nearby.Nearby(strings.NewReader(file), who, place)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		refused NoLine
		want    string
	}{
		{
			NoLine{Who: who, Place: place, Near: near},
			`User "alice" may not create interfaces on "br0": no line of /etc/lxc/lxc-usernet allows it; line 1 ("alice veth br0 5x") does not: ` +
				`its last field is not a number from 0 to 4294967295; alice has lines for br1; membership in a group would do: @students (line 3); ` +
				`an administrator can correct it: alice veth br0 1`,
		},
		{
			NoLine{Who: who, Place: place},
			`User "alice" may not create interfaces on "br0": no line of /etc/lxc/lxc-usernet allows it; an administrator can add the line: alice veth br0 1`,
		},
		{
			NoLine{Who: who, Place: place, Unfit: "there is no interface \"br0\" on this host", Doubt: "SSSD is ill"},
			`User "alice" may not create interfaces on "br0": no line of /etc/lxc/lxc-usernet allows it; a line would not help: there is no ` +
				`interface "br0" on this host; lines for groups may be missing: SSSD is ill`,
		},
		{
			NoLine{Who: who, Place: place, NoFile: true},
			`No /etc/lxc/lxc-usernet: without that file no user may create interfaces; an administrator can add the line: alice veth br0 1`,
		},
	} {
		if got := c.refused.Error(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
