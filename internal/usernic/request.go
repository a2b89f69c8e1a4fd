package usernic

import (
	"strconv"
	"strings"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/verdict"
)

// usage is what the original prints, in two lines instead of eight.
const usage = `Usage: lxc-user-nic create {lxcpath} {name} {pid | fd:N | path of a network namespace} {type} {bridge} [{container nicname}]
       lxc-user-nic delete {lxcpath} {name} {pid | fd:N | path of a network namespace} {type} {bridge} {host nicname}`

// request is a command line that was understood.
type request struct {
	verb      string // "create" or "delete"
	container string // the container's name: it goes into the altname and the address, and decides nothing
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

// String is the reference as the caller wrote it, but for leading zeros.
func (r reference) String() string {
	switch {
	case r.path != "":
		return strconv.Quote(r.path)
	case r.fd >= 0:
		return "descriptor " + strconv.Itoa(r.fd)
	}
	return "process " + strconv.Itoa(r.pid)
}

// anyNic lets the kernel pick the first free number.
const anyNic = "eth%d"

// parse understands the command line, without the program's name. Errors are *verdict.Refusal.
func parse(arguments []string) (request, error) {
	if len(arguments) == 6 && arguments[0] == "create" {
		arguments = append(arguments[:6:6], anyNic)
	}
	if len(arguments) != 7 || arguments[0] != "create" && arguments[0] != "delete" {
		return request{}, &verdict.Refusal{Usage: true}
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
		return refuse("Unsupported type "+quoted(r.place.Type), "the only type of interface is veth")
	case !ifname.Valid(r.place.Bridge):
		return refuse("Invalid bridge name "+quoted(r.place.Bridge), nameRule)
	case !ifname.Valid(r.nic) && (r.nic != anyNic || r.verb == "delete"):
		return refuse("Invalid interface name "+quoted(r.nic), nameRule)
	}
	return nil
}

const nameRule = "a name has 1 to 15 bytes, no white space, no control character, none of / : % and no dash in front; and the kernel " +
	"keeps all and default for itself (/proc/sys/net/ipv4/conf)"

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
	return reference{}, &verdict.Refusal{
		Headline: "Invalid network namespace " + quoted(s), Usage: true,
		Advice: "it is a process id (1 to 2147483647), fd:N for an inherited descriptor, or an absolute path",
	}
}

// refuse makes a refusal of its two lines.
func refuse(headline, advice string) error {
	return &verdict.Refusal{Headline: headline, Advice: advice}
}

// quoted is s in quotes, cut where a caller made it long.
func quoted(s string) string {
	const most = 64
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}
