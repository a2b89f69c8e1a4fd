package usernic

import (
	"strconv"
	"strings"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/usernic/whynot"
)

// usage is what the original prints, in two lines instead of eight.
const usage = `Usage: lxc-user-nic create {lxcpath} {name} {pid | fd:N | path of a network namespace} {type} {bridge} [{container nicname}]
       lxc-user-nic delete {lxcpath} {name} {pid | fd:N | path of a network namespace} {type} {bridge} {host nicname}`

// request is a command line that was understood.
type request struct {
	verb      string // "create" or "delete"
	container string // the container's name: it goes into the altname and the address; of what is decided, only an address that a rule fixes
	target    reference
	place     netquota.Place
	nic       string // create: in the container; delete: on the host
}

// reference is how the caller names a network namespace: exactly one of the three.
type reference struct {
	pid  int    // 1 to INT_MAX, or 0
	fd   int    // 0 to INT_MAX, or -1
	path string // absolute, or ""
}

// anyNic lets the kernel pick the first free number.
const anyNic = "eth%d"

// parse understands the command line, without the program's name. Errors are *whynot.Malformed.
func parse(arguments []string) (request, error) {
	if len(arguments) == 6 && arguments[0] == "create" {
		arguments = append(arguments[:6:6], anyNic)
	}
	if len(arguments) != 7 || arguments[0] != "create" && arguments[0] != "delete" {
		return request{}, &whynot.Malformed{Why: whynot.BadCommandLine}
	}
	r := request{verb: arguments[0], container: arguments[2], nic: arguments[6]}
	r.place = netquota.Place{Type: arguments[4], Bridge: arguments[5]}
	if r.nic == "" && r.verb == "create" {
		r.nic = anyNic
	}
	var err error
	if r.target, err = parseReference(arguments[3]); err != nil {
		return request{}, err
	}
	return r, r.check()
}

// check refuses types and names that cannot be.
func (r request) check() error {
	switch {
	case r.place.Type != ifname.Veth:
		return &whynot.Malformed{Why: whynot.UnsupportedType, Word: r.place.Type}
	case !ifname.Valid(r.place.Bridge):
		return &whynot.Malformed{Why: whynot.BadBridgeName, Word: r.place.Bridge}
	case !ifname.Valid(r.nic) && (r.nic != anyNic || r.verb == "delete"):
		return &whynot.Malformed{Why: whynot.BadInterfaceName, Word: r.nic}
	}
	return nil
}

// parseReference understands what names a namespace: a decimal pid, fd:N, or an absolute path.
func parseReference(s string) (reference, error) {
	if strings.HasPrefix(s, "/") {
		return reference{fd: -1, path: s}, nil
	}
	if digits, ok := strings.CutPrefix(s, "fd:"); ok {
		if fd, err := strconv.ParseUint(digits, 10, 31); err == nil {
			return reference{fd: int(fd)}, nil
		}
	} else if pid, err := strconv.ParseUint(s, 10, 31); err == nil && pid > 0 {
		return reference{fd: -1, pid: int(pid)}, nil
	}
	return reference{}, &whynot.Malformed{Why: whynot.BadNamespace, Word: s}
}
