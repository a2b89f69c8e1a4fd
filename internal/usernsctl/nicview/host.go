package nicview

import (
	"errors"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/usernsctl/readdir"
)

// host is what the kernel says of the interfaces of this network namespace.
type host struct {
	conn   *rtnl.Conn
	handle *netlink.Handle
	links  map[int]netlink.Link // by index
	rates  map[int]uint64       // bits a second that are sent at most, by index
	odd    bool                 // something may be missing
}

const (
	patience = 10 * time.Second // for one answer of the kernel
	tries    = 5                // a list that changed while it was written is asked for again
)

// Dial opens two sockets of the kernel's: one for what lxc-user-nic asks too, and one for the rest. Errors: those of netlink.
func Dial() (*rtnl.Conn, *netlink.Handle, error) {
	conn, err := rtnl.Dial()
	if err != nil {
		return nil, nil, err
	}
	handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, nil, err
	}
	return conn, handle, handle.SetSocketTimeout(patience)
}

// list asks the kernel. Errors: those of netlink.
func list() (*host, error) {
	conn, handle, err := Dial()
	if err != nil {
		return nil, err
	}
	h := &host{conn: conn, handle: handle, links: make(map[int]netlink.Link), rates: make(map[int]uint64)}
	links, err := whole(h, handle.LinkList)
	if err != nil {
		return nil, err
	}
	for _, link := range links {
		h.links[link.Attrs().Index] = link
	}
	// One that the library cannot describe is no reason to show nothing.
	disciplines, err := whole(h, func() ([]netlink.Qdisc, error) { return handle.QdiscList(nil) })
	h.odd = h.odd || err != nil
	for _, d := range disciplines {
		if bucket, is := d.(*netlink.Tbf); is && d.Attrs().Parent == netlink.HANDLE_ROOT {
			h.rates[d.Attrs().LinkIndex] = 8 * bucket.Rate
		}
	}
	return h, nil
}

// whole asks until a list is whole, and takes what there is of one that never is.
func whole[T any](h *host, ask func() ([]T, error)) (all []T, err error) {
	for range tries {
		if all, err = ask(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			return all, err
		}
	}
	h.odd = true
	return all, nil
}

// kindOf is the kind of an interface, "" for none.
func (h *host) kindOf(index int) string {
	if link, is := h.links[index]; is {
		return link.Type()
	}
	return ""
}

// leaving reports whether the other end of a pair is neither here nor in a namespace that has an id: that namespace is
// being destroyed.
func (h *host) leaving(end *netlink.LinkAttrs) bool {
	other, here := h.links[end.ParentIndex]
	return end.NetNsID == rtnl.NoNamespace && !(here && other.Attrs().ParentIndex == end.Index)
}

// port is the port of a Linux bridge that an interface is; false if it is not one, or has gone. The library does not know all
// of its settings.
func (h *host) port(link *netlink.LinkAttrs) (rtnl.Port, bool) {
	if h.kindOf(link.MasterIndex) != rtnl.KindBridge {
		return rtnl.Port{}, false
	}
	device, err := h.conn.DeviceIn(rtnl.NoNamespace, link.Index)
	h.odd = h.odd || err != nil && !errors.Is(err, unix.ENODEV)
	return device.Port, err == nil
}

// Quiet reports whether IPv6 is off on an interface; also where the kernel has no IPv6.
func Quiet(name string) bool {
	const settings = "/proc/sys/net/ipv6/conf"
	off := readdir.Beginning(settings+"/"+name+"/disable_ipv6", readSize)
	return off == "1\n" || off == "" && !account.Present(settings)
}
