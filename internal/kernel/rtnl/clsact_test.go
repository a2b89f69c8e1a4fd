package rtnl

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// twoSteps is a program that lets pass.
func twoSteps() []unix.SockFilter {
	return []unix.SockFilter{{Code: 0x20, Jt: 1, Jf: 2, K: 0xfffff030}, {Code: 6}}
}

// TestGuardMessage: struct tcmsg and the attributes of linux/pkt_cls.h.
func TestGuardMessage(t *testing.T) {
	little(t)
	got := bytesOf(traffic{index: 5, parent: ingressParent, info: onlyPriority<<16 | uint32(bigEndian(everyProtocol))}, programOptions(twoSteps()))
	want := "00000000" + "05000000" + "00000000" + "f2ffffff" + "00030100" + // index, handle, parent, priority and protocol
		"28000200" + "06000400" + "02000000" + // two instructions
		"14000500" + "2000010230f0ffff" + "0600000000000000" + "08000800" + "01000000" // direct action
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// ofFilter is a message of the kernel about a filter.
func ofFilter(index int, parent uint32, attributes ...[]byte) []byte {
	return slices.Concat(append([][]byte{traffic{index: index, parent: parent}.Serialize()}, attributes...)...)
}

// TestParseProgram: only a program of classic BPF whose verdict is done, on what comes in at the interface that was asked for.
func TestParseProgram(t *testing.T) {
	kind, other := attribute(nl.TCA_KIND, []byte("bpf\x00")), attribute(nl.TCA_KIND, []byte("flower\x00"))
	operations := attribute(nl.TCA_BPF_OPS, programBytes(twoSteps()))
	flags := attribute(nl.TCA_BPF_FLAGS, binary.NativeEndian.AppendUint32(nil, nl.TCA_BPF_FLAG_ACT_DIRECT))
	options := attribute(nl.TCA_OPTIONS, slices.Concat(operations, flags))
	for name, c := range map[string]struct {
		message []byte
		found   bool
	}{
		"a program":              {ofFilter(5, ingressParent, kind, options), true},
		"the head of a chain":    {ofFilter(5, ingressParent, kind), false},
		"on another interface":   {ofFilter(6, ingressParent, kind, options), false},
		"on what goes out":       {ofFilter(5, ingressParent+1, kind, options), false},
		"of another kind":        {ofFilter(5, ingressParent, other, options), false},
		"whose verdict is none":  {ofFilter(5, ingressParent, kind, attribute(nl.TCA_OPTIONS, operations)), false},
		"of another kind of BPF": {ofFilter(5, ingressParent, kind, attribute(nl.TCA_OPTIONS, flags)), false},
	} {
		got, err := parseProgram(c.message, 5)
		if err != nil || slices.Equal(got, twoSteps()) != c.found || !c.found && got != nil {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	for _, bad := range [][]byte{make([]byte, 19), ofFilter(5, ingressParent, []byte{1, 0, 1, 0}), ofFilter(5, ingressParent, kind, attribute(nl.TCA_OPTIONS, []byte{255, 0, 5, 0}))} {
		if got, err := parseProgram(bad, 5); err == nil {
			t.Errorf("%x: %v", bad, got)
		}
	}
}

// TestMissing: what a kernel does not know is told from what went wrong.
func TestMissing(t *testing.T) {
	var typed *MissingError
	for err, is := range map[error]bool{unix.ENOENT: true, unix.EOPNOTSUPP: true, unix.EPERM: false, unix.ENODEV: false, unix.EEXIST: false} {
		got := missing(err, true)
		if errors.As(got, &typed) != is || !errors.Is(got, err) {
			t.Errorf("%v: %v", err, got)
		}
	}
	for text, discipline := range map[string]bool{"no clsact: no such file or directory": true, "no cls_bpf: no such file or directory": false} {
		if got := missing(unix.ENOENT, discipline).Error(); got != text {
			t.Error(got)
		}
	}
}

// TestAddresses: those of one interface, each once; its own end of a link that has two.
func TestAddresses(t *testing.T) {
	message := func(family byte, index uint32, attributes ...[]byte) []byte {
		head := make([]byte, unix.SizeofIfAddrmsg)
		head[0] = family
		binary.NativeEndian.PutUint32(head[4:], index)
		return slices.Concat(append([][]byte{head}, attributes...)...)
	}
	near, far := []byte{10, 0, 3, 1}, []byte{10, 0, 3, 2}
	six := append([]byte{0xfd}, make([]byte, 15)...)
	var all Addresses
	for _, m := range [][]byte{
		message(unix.AF_INET, 5, attribute(unix.IFA_ADDRESS, far), attribute(unix.IFA_LOCAL, near)),
		message(unix.AF_INET, 5, attribute(unix.IFA_LOCAL, near), attribute(unix.IFA_ADDRESS, near)),
		message(unix.AF_INET, 6, attribute(unix.IFA_ADDRESS, far)),
		message(unix.AF_INET6, 5, attribute(unix.IFA_ADDRESS, six)),
		message(unix.AF_INET6, 5, attribute(unix.IFA_ADDRESS, near)),
		message(unix.AF_INET, 5),
	} {
		if err := all.take(m, 5); err != nil {
			t.Error(err)
		}
	}
	if len(all.IPv4) != 1 || all.IPv4[0] != [4]byte(near) || len(all.IPv6) != 1 || all.IPv6[0] != [16]byte(six) {
		t.Errorf("%+v", all)
	}
	if all.take(make([]byte, 7), 5) == nil || all.take(message(unix.AF_INET, 5, []byte{1, 0, 1, 0}), 5) == nil {
		t.Error("a message that is none has addresses")
	}
}
