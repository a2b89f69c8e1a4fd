package rtnl

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// inspected is link with what the kernel says of a port of a kind of master.
func inspected(kind string) []byte {
	statistics := make([]byte, 200)
	binary.NativeEndian.PutUint64(statistics[16:], 1<<40)
	binary.NativeEndian.PutUint64(statistics[24:], 7)
	return slices.Concat(link(), attribute(unix.IFLA_STATS64, statistics),
		attribute(unix.IFLA_LINKINFO|unix.NLA_F_NESTED, attribute(unix.IFLA_INFO_SLAVE_KIND, []byte(kind+"\x00"))))
}

func TestParseInspected(t *testing.T) {
	d, err := parseInspected(inspected("bridge"))
	if err != nil || !d.OnBridge || d.Received != 1<<40 || d.Sent != 7 || d.Name != "veth2001_AAAA" {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err := parseInspected(inspected("bond")); err != nil || d.OnBridge {
		t.Errorf("a port of a bond: %+v, %v", d, err)
	}
	if _, err := parseInspected(append(link(), attribute(unix.IFLA_STATS64, make([]byte, 24))...)); err == nil {
		t.Error("short statistics were understood")
	}
}

// qdisc is a message about the queueing discipline of a device.
func qdisc(kind string, options ...[]byte) []byte {
	return slices.Concat(make([]byte, sizeofDiscipline), attribute(unix.TCA_KIND, []byte(kind+"\x00")),
		attribute(unix.TCA_OPTIONS, slices.Concat(options...)))
}

func TestParseRate(t *testing.T) {
	slow := bucketOf(8_000_000, 1500)
	fast := make([]byte, 8)
	binary.NativeEndian.PutUint64(fast, 10_000_000_000)
	for want, message := range map[uint64][]byte{
		8_000_000:      qdisc("tbf", attribute(nl.TCA_TBF_PARMS, slow.parameters())),
		80_000_000_000: qdisc("tbf", attribute(nl.TCA_TBF_PARMS, bucketOf(80_000_000_000, 1500).parameters()), attribute(nl.TCA_TBF_RATE64, fast)),
		0:              qdisc("htb", attribute(nl.TCA_TBF_PARMS, slow.parameters())),
	} {
		if got, err := parseRate(message); got != want || err != nil {
			t.Errorf("%d, %v, want %d", got, err, want)
		}
	}
	if _, err := parseRate(make([]byte, 4)); err == nil {
		t.Error("a part of a head was understood")
	}
}

func FuzzParseInspected(f *testing.F) {
	f.Add(inspected("bridge"))
	f.Add(qdisc("tbf", attribute(nl.TCA_TBF_PARMS, bucketOf(5, 1500).parameters())))
	f.Fuzz(func(t *testing.T, message []byte) {
		if _, err := parseInspected(message); err == nil && len(message) < unix.SizeofIfInfomsg {
			t.Fatal("a part of a head was understood")
		}
		if _, err := parseRate(message); err == nil && len(message) < sizeofDiscipline {
			t.Fatal("a part of a head was understood")
		}
	})
}
