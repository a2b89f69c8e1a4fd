// Package listening is the side of a socket that is connected to: it makes or takes a listening socket, and takes
// connections from it.
//
// It never reads a byte of a peer, nor takes a descriptor that one sent. It knows who connected from the kernel (SO_PEERCRED,
// unix(7)). To close a connection is not harmless either: descriptors that were sent over it and not received are closed with
// it, and close(2) of a socket with SO_LINGER, or of a file system's in user space, waits as long as its maker likes. Close
// says where that could happen.
package listening

import (
	"errors"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// backlog is how many connections wait to be accepted: as many as fs.somaxconn lets.
const backlog = 4096

// ErrNotSocket says that a passed descriptor is no listening stream socket of AF_UNIX.
var ErrNotSocket = errors.New("it is no listening stream socket of AF_UNIX")

// ErrDirectory says that a socket was to be made where others than root could replace it.
var ErrDirectory = errors.New("its directory is not root's alone")

// Passed checks a listening socket that the service manager passed.
func Passed(fd int) error {
	for option, want := range map[int]int{unix.SO_DOMAIN: unix.AF_UNIX, unix.SO_TYPE: unix.SOCK_STREAM, unix.SO_ACCEPTCONN: 1} {
		if is, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, option); err != nil || is != want {
			return ErrNotSocket
		}
	}
	unix.CloseOnExec(fd)
	return unix.SetNonblock(fd, true)
}

// Make makes a listening socket at path, which everybody may connect to. It is whole before it has that name, and takes the
// place of one that is there in one step: connects never find none, nor one that nobody listens to.
func Make(path string) (int, error) {
	directory := filepath.Dir(path)
	if err := unix.Mkdir(directory, 0o755); err != nil && !errors.Is(err, unix.EEXIST) {
		return -1, err
	}
	var stat unix.Stat_t
	if err := unix.Stat(directory, &stat); err != nil {
		return -1, err
	}
	if stat.Uid != 0 || stat.Mode&0o022 != 0 || stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		return -1, ErrDirectory
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, err
	}
	if err := name(fd, path); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// name binds fd to path.
func name(fd int, path string) error {
	before := path + "." + strconv.Itoa(unix.Getpid())
	_ = unix.Unlink(before)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: before}); err != nil {
		return err
	}
	err := unix.Chmod(before, 0o666)
	if err == nil {
		err = unix.Listen(fd, backlog)
	}
	if err == nil {
		err = unix.Rename(before, path)
	}
	if err != nil {
		_ = unix.Unlink(before)
	}
	return err
}

// Accept takes a connection that waits, and says who made it: effective user id and process at connect(2), the latter as a
// number, 0 in a PID namespace that is not below this one. EAGAIN: none waits.
func Accept(fd int) (connection int, uid uint32, pid int, err error) {
	connection, _, err = unix.Accept4(fd, unix.SOCK_CLOEXEC)
	if err != nil {
		return -1, 0, 0, err
	}
	peer, err := unix.GetsockoptUcred(connection, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return connection, 0, 0, err
	}
	return connection, peer.Uid, int(peer.Pid), nil
}

// KeepsPeers reports whether the kernel can tell the process of a peer for as long as the connection is there (SO_PEERPIDFD,
// since Linux 6.5). An older one has its number, which is another process's some time after the peer has ended: whoever
// needs to know has to open it at once.
func KeepsPeers() bool {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	process, err := unix.GetsockoptInt(pair[0], unix.SOL_SOCKET, unix.SO_PEERPIDFD)
	if err == nil {
		_ = unix.Close(process)
	}
	_, _ = unix.Close(pair[0]), unix.Close(pair[1])
	return err == nil
}

// OpenPeer is a pidfd of the process that made a connection, -1 where it has ended. It is called when the connection has just
// been taken.
func OpenPeer(pid int) int {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return -1
	}
	return fd
}

// Sent reports whether the peer has sent something that nobody has read. A connection of which that is not known has.
func Sent(connection int) bool {
	n, err := unix.IoctlGetInt(connection, unix.TIOCINQ) // SIOCINQ, unix(7)
	return err != nil || n > 0
}

// passRights is SO_PASSRIGHTS of linux/socket.h, since Linux 6.16; x/sys 0.22 does not have it.
const passRights = 0x53

// Let decides whether descriptors can be sent (SO_PASSRIGHTS) over a connection, or over those that are made
// to a listening socket from now on: who tries gets EPERM. An older kernel knows no such thing, and it is false.
func Let(fd int, descriptors bool) bool {
	value := 0
	if descriptors {
		value = 1
	}
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, passRights, value) == nil
}

// Lets reports whether descriptors can be sent over a connection, and may lie in it.
func Lets(connection int) bool {
	value, err := unix.GetsockoptInt(connection, unix.SOL_SOCKET, passRights)
	return err != nil || value != 0
}

// Tell sends text without waiting; what the peer does not take is lost.
func Tell(connection int, text []byte) {
	_, _ = unix.SendmsgN(connection, text, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

// Close ends a connection and closes it, if nothing lies in it. It is false where something does, which may be descriptors:
// then the connection is ended, and has to be closed by a process that may wait. The peer can send nothing any more after
// shutdown(2), so that what is looked at afterwards stays so.
func Close(connection int) bool {
	if err := unix.Shutdown(connection, unix.SHUT_RDWR); err != nil && !errors.Is(err, unix.ENOTCONN) || Sent(connection) {
		return false
	}
	_ = unix.Close(connection)
	return true
}
