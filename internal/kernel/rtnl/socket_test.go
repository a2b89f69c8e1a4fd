package rtnl

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// TestDo asks the kernel about the loopback interface of this machine, which has index 1, and about none.
func TestDo(t *testing.T) {
	c, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		device, err := c.DeviceIn(NoNamespace, 1)
		if err != nil || device.Name != "lo" {
			t.Errorf("%+v, %v", device, err)
		}
	}
	if _, err := c.DeviceIn(NoNamespace, 1<<31-1); !errors.Is(err, unix.ENODEV) {
		t.Error(err)
	}
	if err := c.change(unix.RTM_GETLINK, 0, header(unix.AF_UNSPEC, 1<<31-1)); !errors.Is(err, unix.ENODEV) {
		t.Error(err)
	}
}

// TestLong: an answer that does not fit is asked for again, with room; one that is not to be had is an error.
func TestLong(t *testing.T) {
	c, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{16, 40, 500} {
		c.room = make([]byte, size)
		if device, err := c.DeviceIn(NoNamespace, 1); err != nil || device.Name != "lo" {
			t.Errorf("%d: %+v, %v", size, device, err)
		}
		if device, err := c.DeviceIn(NoNamespace, 1); err != nil || device.Name != "lo" {
			t.Errorf("%d, again: %+v, %v", size, device, err)
		}
	}
	if _, found, err := c.Search(func(d Device) bool { return d.Index == 1 }); !found || err != nil {
		t.Error(found, err)
	}
	if _, found, err := c.Search(func(Device) bool { return false }); found || err != nil {
		t.Error(found, err)
	}
}

// TestNameOf: no index but that of an interface has a name.
func TestNameOf(t *testing.T) {
	c, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	for index, want := range map[int]string{1: "lo", 0: "", -1: "", 1<<31 - 1: ""} {
		if name, err := c.NameOf(index); name != want || err != nil {
			t.Errorf("%d: %q, %v", index, name, err)
		}
	}
}

// TestEachMessage: a datagram of several messages, some of them for others, until the last.
func TestEachMessage(t *testing.T) {
	const mine = 7
	numbered := func(sequence uint32, d []byte) []byte {
		binary.NativeEndian.PutUint32(d[8:], sequence)
		for len(d)%4 != 0 {
			d = append(d, 0)
		}
		return d
	}
	one, other := numbered(mine, datagram(18, unix.RTM_NEWLINK, 'h', 'i')), numbered(3, datagram(17, unix.RTM_NEWLINK, 'x'))
	end := numbered(mine, datagram(20, unix.NLMSG_DONE, 0, 0, 0, 0))
	flagged := func(d []byte) []byte {
		d = slices.Clone(d)
		binary.NativeEndian.PutUint16(d[6:], unix.NLM_F_MULTI|unix.NLM_F_DUMP_INTR)
		return d
	}
	refused := numbered(mine, datagram(20, unix.NLMSG_ERROR, binary.NativeEndian.AppendUint32(nil, ^uint32(unix.EPERM)+1)...))
	for name, c := range map[string]struct {
		datagram    []byte
		seen        string
		interrupted bool
		done        bool
		err         error
	}{
		"two, and more to come":  {slices.Concat(one, other, one), "hihi", false, false, nil},
		"the end":                {slices.Concat(one, end, one), "hi", false, true, nil},
		"an error":               {slices.Concat(one, refused), "hi", false, true, unix.EPERM},
		"half a message":         {slices.Concat(one, one[:17]), "hi", false, false, unix.EBADMSG},
		"nothing":                {nil, "", false, false, nil},
		"interrupted":            {slices.Concat(flagged(one), one), "hihi", true, false, nil},
		"interrupted at the end": {slices.Concat(one, flagged(end)), "hi", true, true, nil},
		"another's interrupted":  {slices.Concat(one, flagged(other), end), "hi", false, true, nil},
	} {
		var all dumped
		seen := ""
		err := all.eachMessage(c.datagram, mine, unix.RTM_NEWLINK, func(body []byte) { seen += string(body) })
		if seen != c.seen || all.interrupted != c.interrupted || all.done != c.done || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %+v, %v", name, seen, all, err)
		}
	}
}

// TestRepeat: an answer that was interrupted is asked for again, a bounded number of times.
func TestRepeat(t *testing.T) {
	for name, c := range map[string]struct {
		interruptions, asked int
		err                  error
	}{
		"whole":                {0, 1, nil},
		"interrupted twice":    {2, 3, nil},
		"interrupted for good": {mostDumps, mostDumps, unix.EAGAIN},
	} {
		asked := 0
		err := (&Conn{}).repeat(func() (dumped, error) {
			asked++
			return dumped{interrupted: asked <= c.interruptions}, nil
		})
		if asked != c.asked || !errors.Is(err, c.err) {
			t.Errorf("%s: asked %d times, %v", name, asked, err)
		}
	}
}

// TestForeign: what another process sends is no answer, and a wait has an end.
func TestForeign(t *testing.T) {
	c, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000}); err != nil {
		t.Fatal(err)
	}
	own, err := unix.Getsockname(c.fd)
	if err != nil {
		t.Fatal(err)
	}
	other, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(other)
	forged := nl.NewNetlinkRequest(unix.RTM_NEWLINK, 0).Serialize()
	if err := unix.Sendto(other, forged, 0, own); err != nil && !errors.Is(err, unix.EPERM) {
		t.Fatal(err)
	}
	if message, _, err := c.receive(); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("%x, %v", message, err)
	}
}

// datagram is a message of a kind that says to be so long, with a body.
func datagram(length uint32, kind uint16, body ...byte) []byte {
	head := make([]byte, unix.SizeofNlMsghdr)
	binary.NativeEndian.PutUint32(head, length)
	binary.NativeEndian.PutUint16(head[4:], kind)
	return append(head, body...)
}

func TestContent(t *testing.T) {
	number := binary.NativeEndian.AppendUint32(nil, ^uint32(unix.EPERM)+1)
	for name, c := range map[string]struct {
		datagram []byte
		body     string
		err      error
	}{
		"done":                       {datagram(20, unix.NLMSG_ERROR, 0, 0, 0, 0), "", nil},
		"refused":                    {datagram(20, unix.NLMSG_ERROR, number...), "", unix.EPERM},
		"a body":                     {datagram(18, unix.RTM_NEWLINK, 'h', 'i'), "hi", nil},
		"a body, and more behind it": {datagram(18, unix.RTM_NEWLINK, 'h', 'i', 'x'), "hi", nil},
		"an error that is none":      {datagram(20, unix.NLMSG_ERROR, binary.NativeEndian.AppendUint32(nil, 7)...), "", unix.EBADMSG},
		"an error without a number":  {datagram(18, unix.NLMSG_ERROR, 0, 0), "", unix.EBADMSG},
		"the end of a list":          {datagram(20, unix.NLMSG_DONE, 0, 0, 0, 0), "", unix.EBADMSG},
		"cut off":                    {datagram(20, unix.RTM_NEWLINK, 'h', 'i'), "", unix.EBADMSG},
		"shorter than its head":      {datagram(15, unix.RTM_NEWLINK), "", unix.EBADMSG},
		"no head":                    {datagram(16, unix.RTM_NEWLINK)[:15], "", unix.EBADMSG},
		"nothing":                    {nil, "", unix.EBADMSG},
	} {
		message, err := whole(c.datagram)
		var got answer
		if err == nil {
			got, err = content(message)
		}
		if string(got.body) != c.body || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v", name, got.body, err)
		}
	}
}

// FuzzContent: no datagram makes it panic, and an error comes without a body.
func FuzzContent(f *testing.F) {
	f.Add(datagram(20, unix.RTM_NEWLINK, 1, 2, 3, 4))
	f.Add(datagram(20, unix.NLMSG_ERROR, 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		message, err := whole(datagram)
		if err != nil {
			return
		}
		if got, err := content(message); err != nil && got.body != nil {
			t.Errorf("%x, %v", got.body, err)
		}
	})
}
