package rtnl

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// attribute is an attribute as the kernel sends it, padded.
func attribute(kind uint16, value []byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(unix.SizeofRtAttr+len(value)))
	b = append(binary.NativeEndian.AppendUint16(b, kind), value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func uint32Of(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

// link is a message of the kernel about an interface of a pair.
func link() []byte {
	head := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(head[4:], 7)
	return slices.Concat(head,
		attribute(unix.IFLA_IFNAME, []byte("veth2001_AAAA\x00")), attribute(unix.IFLA_MTU, uint32Of(1400)),
		attribute(unix.IFLA_MASTER, uint32Of(3)), attribute(unix.IFLA_LINK, uint32Of(2)), attribute(unix.IFLA_LINK_NETNSID, uint32Of(5)),
		attribute(unix.IFLA_LINKINFO|unix.NLA_F_NESTED, attribute(unix.IFLA_INFO_KIND, []byte("veth"))),
		attribute(unix.IFLA_PROP_LIST|unix.NLA_F_NESTED, slices.Concat(
			attribute(unix.IFLA_ALT_IFNAME, []byte("one\x00")), attribute(99, nil), attribute(unix.IFLA_ALT_IFNAME, []byte("two\x00")))))
}

func TestParseDevice(t *testing.T) {
	d, err := parseDevice(link())
	if err != nil || d.Name != "veth2001_AAAA" || d.Index != 7 || d.Kind != KindVeth || d.MTU != 1400 || d.Master != 3 || d.Peer != 2 ||
		d.PeerNSID != 5 || !slices.Equal(d.AltNames, []string{"one", "two"}) {
		t.Fatal(d, err)
	}
	bare, err := parseDevice(make([]byte, unix.SizeofIfInfomsg))
	if err != nil || bare.PeerNSID != NoNamespace || bare.Kind != "" {
		t.Fatal(bare, err)
	}
}

func TestParseDeviceMalformed(t *testing.T) {
	head := make([]byte, unix.SizeofIfInfomsg)
	for name, message := range map[string][]byte{
		"empty":            nil,
		"head cut":         head[:15],
		"length 0":         append(slices.Clone(head), 0, 0, 0, 0),
		"length beyond":    append(slices.Clone(head), 9, 0, 4, 0, 1, 2),
		"short number":     append(slices.Clone(head), attribute(unix.IFLA_MTU, []byte{1, 2})...),
		"nested beyond":    append(slices.Clone(head), attribute(unix.IFLA_LINKINFO, []byte{99, 0, 1, 0})...),
		"nested altname":   append(slices.Clone(head), attribute(unix.IFLA_PROP_LIST, []byte{3, 0, 1, 0})...),
		"cut in the value": link()[:unix.SizeofIfInfomsg+10],
	} {
		if d, err := parseDevice(message); !errors.Is(err, unix.EBADMSG) || d.Name != "" || d.Index != 0 {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

// TestUnpaddedLast: the library's parser panics here.
func TestUnpaddedLast(t *testing.T) {
	d, err := parseDevice(append(make([]byte, unix.SizeofIfInfomsg), 5, 0, unix.IFLA_IFNAME, 0, 'x'))
	if err != nil || d.Name != "x" {
		t.Fatal(d, err)
	}
}

// TestNamed: what cannot name an interface never becomes a path.
func TestNamed(t *testing.T) {
	for _, name := range []string{"", ".", "..", "all", "default", "a/b", "../all", "a:b", "a b", "a\tb", "a\nb", "a\x00", "abcdefghijklmnop"} {
		if alive, err := Exists(name); alive || err != nil {
			t.Errorf("%q lives, %v", name, err)
		}
		if QuietIPv6(name, true, true) == nil {
			t.Errorf("%q was written to", name)
		}
	}
}

// TestNames agrees with what the kernel shows elsewhere.
func TestNames(t *testing.T) {
	names, err := Names("")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := filepath.Glob("/proc/sys/net/ipv4/conf/*")
	if err != nil || len(shown) != len(names) {
		t.Fatal(names, shown, err)
	}
	if _, err := os.Stat("/proc/sys/net/ipv4/conf/lo"); err == nil {
		if alive, err := Exists("lo"); !alive || err != nil || !slices.Contains(names, "lo") {
			t.Error("lo does not live", err)
		}
	}
	if alive, err := Exists("nosuchnic"); alive || err != nil {
		t.Error("nosuchnic lives", err)
	}
}

// TestNamesIn: names with a prefix are those of all names that have it, however long the list is and however short a read.
func TestNamesIn(t *testing.T) {
	directory := t.TempDir()
	var want []string
	for i := range 300 {
		for _, name := range []string{"veth0_" + strconv.Itoa(i), "veth" + strconv.Itoa(i)} {
			if err := os.Mkdir(filepath.Join(directory, name), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		want = append(want, "veth0_"+strconv.Itoa(i))
	}
	slices.Sort(want)
	for _, room := range []int{fewAtOnce, manyAtOnce} {
		fd, err := unix.Open(directory, unix.O_RDONLY|unix.O_DIRECTORY, 0)
		if err != nil {
			t.Fatal(err)
		}
		names, err := namesIn(fd, make([]byte, room), "veth0_")
		_ = unix.Close(fd)
		slices.Sort(names)
		if !slices.Equal(names, want) || err != nil {
			t.Errorf("%d bytes: %d names, %v", room, len(names), err)
		}
	}
}

// TestAppendNames: an entry that is cut, or that says it is longer than there is room, is no name, and ends the list.
func TestAppendNames(t *testing.T) {
	whole := []byte("12345678abcdefgh\x18\x00\x04lo\x00\x00\x00")
	for _, c := range []struct {
		entries []byte
		want    int
	}{
		{nil, 0},
		{whole[:19], 0},
		{whole[:23], 0},
		{whole, 1},
		{append(slices.Clone(whole), whole...), 2},
		{append(slices.Clone(whole), whole[:20]...), 1},
		{[]byte("12345678abcdefgh\x00\x00\x04lo\x00\x00\x00"), 0},
		{[]byte("12345678abcdefgh\x18\x00\x04.\x00\x00\x00\x00"), 0},
	} {
		if got := appendNames(nil, c.entries, ""); len(got) != c.want {
			t.Errorf("%q: %q", c.entries, got)
		}
	}
}

// FuzzDevice: no panic, and nothing known on error.
func FuzzDevice(f *testing.F) {
	f.Add(link())
	f.Add(append(make([]byte, unix.SizeofIfInfomsg), 5, 0, unix.IFLA_IFNAME, 0, 'x'))
	f.Fuzz(func(t *testing.T, message []byte) {
		d, err := parseDevice(message)
		if err != nil && (d.Port.Number != 0 || d.Bridge != Bridge{} || d.Name != "" || d.Index != 0 || d.Kind != "" || d.AltNames != nil) {
			t.Fatalf("%+v, %v", d, err)
		}
		if e, err := parseEntry(message); err != nil && e != (Entry{}) {
			t.Fatalf("%+v, %v", e, err)
		}
	})
}
