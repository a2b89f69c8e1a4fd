package rtnl

import (
	"encoding/binary"
	"errors"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Inspected is an interface with what only those who report want to know of it: anybody may ask.
type Inspected struct {
	Device
	Received, Sent uint64 // bytes, as the host's end counts them: received from the container, sent to it
	OnBridge       bool   // it is a port of a Linux bridge: what Device.Port says is so
	Rate           uint64 // bits a second that are sent to the container at most; 0: no limit
}

// Inspect describes the interface called name. Errors: unix.ENODEV if there is none.
func (c *Conn) Inspect(name string) (Inspected, error) {
	if len(name) >= unix.IFNAMSIZ || name == "" {
		return Inspected{}, unix.ENODEV
	}
	reply, err := c.ask(unix.RTM_GETLINK, unix.RTM_NEWLINK, header(unix.AF_UNSPEC, 0),
		called(name))
	if err != nil {
		return Inspected{}, err
	}
	d, err := parseInspected(reply)
	if err != nil {
		return Inspected{}, err
	}
	d.Rate, err = c.rate(d.Index)
	return d, err
}

// parseInspected understands an RTM_NEWLINK message, with what parseDevice leaves out.
func parseInspected(message []byte) (Inspected, error) {
	device, err := parseDevice(message)
	if err != nil {
		return Inspected{}, err
	}
	d := Inspected{Device: device}
	return d, each(message[unix.SizeofIfInfomsg:], d.take)
}

// take takes note of one attribute.
func (d *Inspected) take(kind uint16, value []byte) error {
	switch kind {
	case unix.IFLA_STATS64: // struct rtnl_link_stats64: packets received and sent, bytes received and sent
		if len(value) < 32 {
			return unix.EBADMSG
		}
		d.Received, d.Sent = binary.NativeEndian.Uint64(value[16:]), binary.NativeEndian.Uint64(value[24:])
	case unix.IFLA_LINKINFO:
		return each(value, func(kind uint16, value []byte) error {
			if kind == unix.IFLA_INFO_SLAVE_KIND {
				d.OnBridge = cString(value) == KindBridge
			}
			return nil
		})
	}
	return nil
}

// rate is what Limit set, 0 for a device without a limit. The kernel has nothing to say of a device that has no queue:
// the acknowledgement is the answer then. To who asks it sends only what is to be echoed.
func (c *Conn) rate(index int) (uint64, error) {
	answer, err := c.do(unix.RTM_GETQDISC, unix.NLM_F_ECHO|unix.NLM_F_ACK, discipline(index))
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV), err == nil && answer.body == nil:
		return 0, nil
	case err != nil:
		return 0, err
	case answer.kind != unix.RTM_NEWQDISC:
		return 0, unix.EBADMSG
	}
	return parseRate(answer.body)
}

// parseRate understands an RTM_NEWQDISC message: the rate of a token bucket filter, in bits a second.
func parseRate(message []byte) (uint64, error) {
	if len(message) < sizeofDiscipline {
		return 0, unix.EBADMSG
	}
	rate := uint64(0)
	bucket := false
	err := each(message[sizeofDiscipline:], func(kind uint16, value []byte) (err error) {
		switch {
		case kind == unix.TCA_KIND:
			bucket = cString(value) == "tbf"
		case kind == unix.TCA_OPTIONS && bucket: // the kind comes first
			rate, err = bucketRate(value)
		}
		return err
	})
	return rate * 8, err
}

// bucketRate is the rate in the options of a token bucket filter, in bytes a second. Where it does not fit into the one
// attribute, which is all ones then, it is in the other.
func bucketRate(options []byte) (uint64, error) {
	rate := uint64(0)
	err := each(options, func(kind uint16, value []byte) error {
		switch {
		case kind == nl.TCA_TBF_PARMS && len(value) >= offsetRate+4:
			rate = max(rate, uint64(binary.NativeEndian.Uint32(value[offsetRate:])))
		case kind == nl.TCA_TBF_RATE64 && len(value) >= 8:
			rate = binary.NativeEndian.Uint64(value)
		}
		return nil
	})
	return rate, err
}

// QuietsIPv6 reports whether IPv6 is off on an interface, as QuietIPv6 leaves it; also where the kernel has no IPv6.
func QuietsIPv6(name string) bool {
	if !named(name) {
		return false
	}
	fd, err := unix.Open(ipv6Folder+"/"+name+"/disable_ipv6", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return present(ipv6Folder) == unix.ENOENT
	}
	defer func() { _ = unix.Close(fd) }()
	var value [1]byte
	n, err := unix.Read(fd, value[:])
	return err == nil && n == 1 && value[0] == '1'
}
