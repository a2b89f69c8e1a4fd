package rtnl

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// port is link with what the kernel says of a port of a bridge.
func port(kind string, flags ...uint16) []byte {
	statistics := make([]byte, 200)
	binary.NativeEndian.PutUint64(statistics[16:], 1<<40)
	binary.NativeEndian.PutUint64(statistics[24:], 7)
	var data []byte
	for _, flag := range flags {
		data = append(data, attribute(flag, []byte{1})...)
	}
	data = append(data, attribute(unix.IFLA_BRPORT_LEARNING, []byte{0})...)
	return slices.Concat(link(), attribute(unix.IFLA_STATS64, statistics),
		attribute(unix.IFLA_LINKINFO|unix.NLA_F_NESTED, slices.Concat(
			attribute(unix.IFLA_INFO_SLAVE_KIND, []byte(kind+"\x00")), attribute(unix.IFLA_INFO_SLAVE_DATA|unix.NLA_F_NESTED, data))))
}

func TestParseInspected(t *testing.T) {
	d, err := parseInspected(port("bridge", unix.IFLA_BRPORT_LOCKED, unix.IFLA_BRPORT_ISOLATED))
	if err != nil || !d.Port || !d.Locked || !d.Isolated || d.Learning || d.UnicastFlood || d.Guard || d.RootBlock ||
		d.Received != 1<<40 || d.Sent != 7 || d.Name != "veth2001_AAAA" {
		t.Errorf("%+v, %v", d, err)
	}
	d, err = parseInspected(port("bridge", unix.IFLA_BRPORT_GUARD, unix.IFLA_BRPORT_PROTECT, unix.IFLA_BRPORT_UNICAST_FLOOD))
	if err != nil || !d.Guard || !d.RootBlock || !d.UnicastFlood || d.Locked || d.Isolated {
		t.Errorf("%+v, %v", d, err)
	}
	d, err = parseInspected(port("bond", unix.IFLA_BRPORT_LOCKED))
	if err != nil || d.Port || d.Locked {
		t.Errorf("a port of a bond: %+v, %v", d, err)
	}
	if _, err := parseInspected(append(link(), attribute(unix.IFLA_STATS64, make([]byte, 24))...)); err == nil {
		t.Error("short statistics were understood")
	}
}

func FuzzParseInspected(f *testing.F) {
	f.Add(port("bridge", unix.IFLA_BRPORT_LOCKED))
	f.Add(link())
	f.Fuzz(func(t *testing.T, message []byte) {
		d, err := parseInspected(message)
		if err == nil && len(message) < unix.SizeofIfInfomsg {
			t.Fatal("a part of a head was understood")
		}
		if !d.Port && (d.Locked || d.Guard || d.Isolated) {
			t.Fatalf("%+v of %x", d, bytes.Clone(message))
		}
	})
}
