package rtnl

import (
	"encoding/binary"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/raw"
)

// mostPorts is BR_MAX_PORTS of net/bridge/br_private.h: the kernel has no number of a port that is not below it.
const mostPorts = 1 << 10

// Ports returns the names that begin with prefix of the ports of a bridge of Linux, in time that grows with their number
// and not with that of all interfaces. The ports are those of one moment; a port has the name that it has when it is asked
// for, and one that has gone by then is left out.
//
// Errors: as raw.BridgePorts; those of NameOf.
func (c *Conn) Ports(bridge, prefix string) ([]string, error) {
	ports := c.room[:mostPorts*4] // the index of each, a C int, by number
	clear(ports)
	if err := raw.BridgePorts(c.fd, bridge, ports); err != nil {
		return nil, err
	}
	request, err := unix.NewIfreq("")
	if err != nil {
		return nil, err
	}
	var names []string
	for ; len(ports) > 0; ports = ports[4:] {
		index := binary.NativeEndian.Uint32(ports)
		if index == 0 {
			continue
		}
		name, err := c.nameOf(request, int(index))
		if err != nil {
			return nil, err
		}
		if name != "" && strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names, nil
}
