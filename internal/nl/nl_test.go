package nl

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

func words(all ...uint16) (text []byte) {
	for _, word := range all {
		text = binary.NativeEndian.AppendUint16(text, word)
	}
	return text
}

// TestMessage: lengths count the padding within an attribute and not the one behind it; the whole counts all.
func TestMessage(t *testing.T) {
	outer := NewAttribute(1, nil)
	outer.Add(2, Uint8(7))
	outer.Add(3, CString("abc"))
	NewIfInfomsgIn(outer.Add(4, nil), unix.AF_BRIDGE).Index = 5
	got := Message(16, 5, 0x01020304, outer, NewAttribute(5, Uint16(9)))
	want := append([]byte{}, Uint32(16+40+8)...)
	want = append(want, words(16, 5)...)
	want = append(append(want, Uint32(0x01020304)...), 0, 0, 0, 0)
	want = append(append(append(want, words(40, 1)...), words(5, 2)...), 7, 0, 0, 0)
	want = append(append(append(want, words(8, 3)...), "abc\x00"...), words(20, 4)...)
	want = append(append(append(want, unix.AF_BRIDGE, 0, 0, 0), Uint32(5)...), make([]byte, 8)...)
	want = append(append(want, words(6, 5)...), append(Uint16(9), 0, 0)...)
	if !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}

// TestAsk asks the kernel about the loopback interface of this machine, which has index 1, and about none.
func TestAsk(t *testing.T) {
	s, err := Open(5)
	if err != nil {
		t.Fatal(err)
	}
	loopback := NewIfInfomsg(unix.AF_UNSPEC)
	loopback.Index = 1
	for range 3 {
		body, err := s.Do(unix.RTM_GETLINK, 0, loopback)
		if err != nil || s.Kind() != unix.RTM_NEWLINK || !bytes.Contains(body, []byte("lo\x00")) {
			t.Errorf("%x, %v", body, err)
		}
	}
	loopback.Index = 1<<31 - 1
	if body, err := s.Do(unix.RTM_GETLINK, 0, loopback); !errors.Is(err, unix.ENODEV) || body != nil {
		t.Errorf("%x, %v", body, err)
	}
	if body, err := s.Do(unix.RTM_GETLINK, unix.NLM_F_ACK, loopback); !errors.Is(err, unix.ENODEV) || body != nil {
		t.Errorf("%x, %v", body, err)
	}
}

// TestForeign: what another process sends is no answer, and a wait has an end.
func TestForeign(t *testing.T) {
	s, err := Open(1)
	if err != nil {
		t.Fatal(err)
	}
	own, err := unix.Getsockname(s.fd)
	if err != nil {
		t.Fatal(err)
	}
	other, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(other)
	forged := Message(unix.NLMSG_ERROR, 0, 1, NewAttribute(0, nil))
	if err := unix.Sendto(other, forged, 0, own); err != nil && !errors.Is(err, unix.EPERM) {
		t.Fatal(err)
	}
	if answer, err := s.receive(); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("%x, %v", answer, err)
	}
}

func TestContent(t *testing.T) {
	head := func(length uint32, kind uint16) []byte {
		return append(append(Uint32(length), words(kind, 0)...), make([]byte, 8)...)
	}
	for _, c := range []struct {
		name     string
		datagram []byte
		body     string
		err      error
	}{
		{"done", append(head(20, unix.NLMSG_ERROR), 0, 0, 0, 0), "", nil},
		{"refused", append(head(20, unix.NLMSG_ERROR), Uint32(^uint32(unix.EPERM)+1)...), "", unix.EPERM},
		{"a body", append(head(18, unix.RTM_NEWLINK), 'h', 'i'), "hi", nil},
		{"a body, and more behind it", append(head(18, unix.RTM_NEWLINK), 'h', 'i', 'x'), "hi", nil},
		{"an error that is none", append(head(20, unix.NLMSG_ERROR), Uint32(7)...), "", unix.EBADMSG},
		{"an error without a number", append(head(18, unix.NLMSG_ERROR), 0, 0), "", unix.EBADMSG},
		{"the end of a list", append(head(20, unix.NLMSG_DONE), 0, 0, 0, 0), "", unix.EBADMSG},
		{"cut off", append(head(20, unix.RTM_NEWLINK), 'h', 'i'), "", unix.EBADMSG},
		{"shorter than its head", head(15, unix.RTM_NEWLINK), "", unix.EBADMSG},
		{"no head", head(16, unix.RTM_NEWLINK)[:15], "", unix.EBADMSG},
		{"nothing", nil, "", unix.EBADMSG},
	} {
		message, err := whole(c.datagram)
		var body []byte
		if err == nil {
			body, err = content(message)
		}
		if string(body) != c.body || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v", c.name, body, err)
		}
	}
}

// FuzzContent: no datagram makes it panic, and an error comes without a body.
func FuzzContent(f *testing.F) {
	f.Add(Message(unix.RTM_NEWLINK, 0, 1, NewAttribute(3, CString("lo"))))
	f.Add(Message(unix.NLMSG_ERROR, 0, 1, NewAttribute(0, nil)))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		message, err := whole(datagram)
		if err != nil {
			return
		}
		if body, err := content(message); err != nil && body != nil {
			t.Errorf("%x, %v", body, err)
		}
	})
}
