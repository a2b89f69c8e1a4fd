package usernic

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/usernic/mark"
)

// Which interface is it? Its name, its index in another network namespace, its bridge, its addresses are what root may
// change at any time, and udev at once. What nobody but root of the host changes is all that counts here; what the user
// rules over, the container's end, can show that an interface lives, and never that it does not.

// isOf reports whether a device is the host's end of an interface: a pair with the address that it was made with, or with
// the alternative name.
func isOf(device rtnl.Device, nic netquota.Nic) bool {
	if device.Kind != rtnl.KindVeth {
		return false
	}
	if nic.MAC != (netquota.MAC{}) && device.Address == mark.Host(nic.MAC) {
		return true
	}
	alt, is := marked(device)
	return is && isMarkOf(alt, nic.Name)
}

// isMarkOf reports whether an alternative name is that of the interface that was made with a name.
func isMarkOf(alt, made string) bool {
	uid, known := netquota.UserOf(made)
	return known && strings.HasPrefix(alt, mark.Prefix+strconv.FormatUint(uint64(uid), 10)+"-") && strings.HasSuffix(alt, mark.Random(made))
}

// isUnfinished reports whether a device is the host's end of an interface whose maker died before it knew the index. The
// address may have come to another one since, and that one's alternative name tells so.
func isUnfinished(device rtnl.Device, nic netquota.Nic) bool {
	alt, is := marked(device)
	return isOf(device, nic) && (!is || isMarkOf(alt, nic.Name))
}

// marked is the alternative name that this program gave to a device.
func marked(device rtnl.Device) (string, bool) {
	for _, alt := range device.AltNames {
		if strings.HasPrefix(alt, mark.Prefix) {
			return alt, true
		}
	}
	return "", false
}

// find finds the host's end of an interface in this network namespace: by its index, by its name, or, where the index is
// not known, by looking at all.
func (k kernel) find(nic netquota.Nic) (rtnl.Device, bool, error) {
	if nic.Index != 0 {
		device, err := k.conn.DeviceIn(rtnl.NoNamespace, nic.Index)
		if err == nil && (device.Name == nic.Name || isOf(device, nic)) {
			return device, true, nil
		}
	}
	device, err := k.conn.Device(nic.Name)
	if err == nil && isOf(device, nic) {
		return device, true, nil
	}
	if err != nil && !errors.Is(err, unix.ENODEV) {
		return rtnl.Device{}, false, err
	}
	if nic.Index != 0 || nic.MAC == (netquota.MAC{}) {
		return rtnl.Device{}, false, nil
	}
	return k.conn.Search(func(d rtnl.Device) bool { return isUnfinished(d, nic) })
}

// Survives reports whether an interface lives that no interface of its name and index shows: it was renamed, or moved. One
// whose container's namespace is gone does not, and that is asked before what costs more.
func (k kernel) Survives(nic netquota.Nic) bool {
	is, over := k.survivesHere(nic)
	return is || !over && k.isElsewhere(nic)
}

// IsHere reports whether an interface was renamed and not moved. No container has a say in that.
func (k kernel) IsHere(nic netquota.Nic) bool {
	is, _ := k.survivesHere(nic)
	return is
}

// survivesHere reports whether an interface lives under another name in this network namespace, or else whether it is over:
// its container's namespace is gone.
func (k kernel) survivesHere(nic netquota.Nic) (is, over bool) {
	if k.isRenamed(nic) {
		return true, false
	}
	if nic.Namespace != netquota.NoNamespace {
		gone, err := k.conn.Gone(nic.Namespace)
		if gone || err != nil {
			return !gone, gone
		}
	}
	if nic.Index == 0 && nic.MAC != (netquota.MAC{}) {
		_, found, err := k.find(nic)
		return found || err != nil, false
	}
	return false, false
}

// isRenamed reports whether the interface with the index has another name now.
func (k kernel) isRenamed(nic netquota.Nic) bool {
	if name, err := k.conn.NameOf(nic.Index); name == "" && err == nil {
		return false
	}
	device, err := k.conn.DeviceIn(rtnl.NoNamespace, nic.Index)
	return err != nil && !errors.Is(err, unix.ENODEV) || err == nil && isOf(device, nic)
}

// isElsewhere reports whether the host's end of an interface is in another network namespace, into which only root of the
// host can have moved it. If the other end is where it was made, in a namespace that an id of ours names for good, that is
// all there is to know: the two live and die together. Otherwise it is looked for wherever this namespace knows of; not
// where containers are: what is found there is what their users put there.
func (k kernel) isElsewhere(nic netquota.Nic) bool {
	if nic.Peer != 0 && rtnl.IsGiven(nic.Namespace) && k.hasPeer(nic) {
		return true
	}
	others, err := k.conn.Namespaces()
	if err != nil {
		return true
	}
	for _, other := range others {
		if !rtnl.IsGiven(other) && k.isIn(other, nic) {
			return true
		}
	}
	return false
}

// hasPeer reports whether the container's end is in its place, and is of a pair whose other end is in another namespace.
func (k kernel) hasPeer(nic netquota.Nic) bool {
	peer, err := k.conn.DeviceIn(nic.Namespace, nic.Peer)
	switch {
	case errors.Is(err, unix.ENODEV), errors.Is(err, unix.EINVAL):
		return false
	case err != nil:
		return true
	}
	return peer.Kind == rtnl.KindVeth && peer.PeerNSID != rtnl.NoNamespace
}

// isIn reports whether the host's end of an interface is in a namespace: it keeps its name there unless another one has
// it or it is given another, and its index unless another one has that.
func (k kernel) isIn(namespace int, nic netquota.Nic) bool {
	device, err := k.conn.DeviceCalled(namespace, nic.Name)
	if err == nil && isOf(device, nic) {
		return true
	}
	if nic.Index == 0 {
		return false
	}
	device, err = k.conn.DeviceIn(namespace, nic.Index)
	return err == nil && isOf(device, nic)
}
