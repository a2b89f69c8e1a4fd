// Package ifname says what can name a network interface, and the few numbers that interfaces share: for the command line of
// lxc-user-nic(1), for lxc-usernet(5), for policy.toml(5), and for whoever reports on them.
package ifname

import "strings"

// Longest is how many bytes a name has at most: IFNAMSIZ without its NUL, netdevice(7).
const Longest = 15

// Veth is the type of all interfaces that are made, veth(4): in lxc-usernet(5), in the ledger, and for the kernel.
const Veth = "veth"

// None stands for a bridge where there is none.
const None = "none"

// BridgePorts is how many ports a bridge of Linux has at most: BR_MAX_PORTS, without port 0.
const BridgePorts = 1023

// Possible reports whether an interface can be called name: what the kernel accepts (dev_valid_name and
// sysctl_dev_name_is_allowed).
//
// To the kernel a name is bytes, of which 0xa0 is white space (lib/ctype.c): so U+00A0 and à cannot be in one, while other
// characters beyond ASCII can, white space or not.
func Possible(name string) bool {
	if name == "" || len(name) > Longest || name == "." || name == ".." || name == "all" || name == "default" {
		return false
	}
	for i := range len(name) {
		if strings.IndexByte("/: \t\n\v\f\r\x00\xa0", name[i]) >= 0 {
			return false
		}
	}
	return true
}

// Valid reports whether an interface can be asked for by name: one that can exist, without % (which would make it a
// pattern), control characters, and a dash in front (which other programs would take for an option).
func Valid(name string) bool {
	for i := range len(name) {
		if name[i] < ' ' || name[i] == 0x7f || name[i] == '%' {
			return false
		}
	}
	return Possible(name) && name[0] != '-'
}
