package whynot

import (
	"errors"

	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/verdict"
)

const nameRule = "a name has 1 to 15 bytes, no white space, no control character, none of / : % and no dash in front; and the kernel " +
	"keeps all and default for itself (/proc/sys/net/ipv4/conf)"

// malformed is about a command line that is wrong.
func malformed(e *Malformed) (headline, advice string) {
	switch e.Why {
	case BadNamespace:
		return "Invalid network namespace " + quoted(e.Word),
			"it is not a process ID (1 to 2147483647), fd:N for an inherited descriptor, or an absolute path"
	case UnsupportedType:
		return "Unsupported type " + quoted(e.Word), "the only type of interface is " + ifname.Veth
	case BadBridgeName:
		return "Invalid bridge name " + quoted(e.Word), nameRule
	case BadInterfaceName:
		return "Invalid interface name " + quoted(e.Word), nameRule
	}
	return "", ""
}

// asksForUsage reports whether the usage line belongs to a reason.
func asksForUsage(reason verdict.Reason) bool {
	var m *Malformed
	return errors.As(reason, &m) && (m.Why == BadCommandLine || m.Why == BadNamespace)
}
