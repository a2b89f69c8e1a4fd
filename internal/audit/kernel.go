package audit

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// trustedApp is AUDIT_TRUSTED_APP of linux/audit.h: a message in a program's own words.
const trustedApp = 1121

// toKernel sends text to the kernel's audit subsystem (audit(7), NETLINK_AUDIT), which adds who sent it. It needs
// CAP_AUDIT_WRITE. The kernel does not answer, since no acknowledgement is asked for; it drops the message where
// auditing is off.
func (r *Record) toKernel(text []byte, result string) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_AUDIT)
	if err != nil {
		return
	}
	defer closeFD(fd)
	end := " res=failed\x00"
	if result == granted {
		end = " res=success\x00"
	}
	message := make([]byte, unix.SizeofNlMsghdr, usual)
	message = append(append(append(message, "op="...), r.program...), ' ')
	message = append(append(message, text...), end...)
	binary.NativeEndian.PutUint32(message[0:], uint32(len(message)))
	binary.NativeEndian.PutUint16(message[4:], trustedApp)
	binary.NativeEndian.PutUint16(message[6:], unix.NLM_F_REQUEST)
	_ = unix.Sendto(fd, message, unix.MSG_NOSIGNAL, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}
