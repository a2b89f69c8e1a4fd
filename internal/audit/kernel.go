package audit

import (
	"bytes"
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
	message := r.kernelText(make([]byte, unix.SizeofNlMsghdr, usual), text, result)
	binary.NativeEndian.PutUint32(message[0:], uint32(len(message)))
	binary.NativeEndian.PutUint16(message[4:], trustedApp)
	binary.NativeEndian.PutUint16(message[6:], unix.NLM_F_REQUEST)
	_ = unix.Sendto(fd, message, unix.MSG_NOSIGNAL, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}

// kernelText appends to message what the kernel puts between msg=' and ': no quote of a caller's may end it before, and
// have what follows taken for the kernel's own words.
func (r *Record) kernelText(message, text []byte, result string) []byte {
	text = bytes.ReplaceAll(text, []byte{'\''}, []byte(`\x27`))
	message = append(append(append(message, "op="...), r.program...), ' ')
	message = append(message, text[:min(len(text), longestRecord)]...)
	if result == granted {
		return append(message, " res=success\x00"...)
	}
	return append(message, " res=failed\x00"...)
}
