package audit

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// trustedApp is AUDIT_TRUSTED_APP of linux/audit.h: a message in a program's own words.
const trustedApp = 1121

// toKernel sends the record to the kernel's audit subsystem (audit(7), NETLINK_AUDIT), which adds who sent it. It needs
// CAP_AUDIT_WRITE. The kernel does not answer, since no acknowledgement is asked for; it drops the message where
// auditing is off.
func (r *Record) toKernel(result string) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_AUDIT)
	if err != nil {
		return
	}
	defer closeFD(fd)
	message := r.kernelText(make([]byte, unix.SizeofNlMsghdr, usual), result)
	binary.NativeEndian.PutUint32(message[0:], uint32(len(message)))
	binary.NativeEndian.PutUint16(message[4:], trustedApp)
	binary.NativeEndian.PutUint16(message[6:], unix.NLM_F_REQUEST)
	_ = unix.Sendto(fd, message, unix.MSG_NOSIGNAL, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}

// kernelText appends to message what the kernel puts between msg=' and '. ausearch(8) takes the first res= in it for the
// result, and the first uid= for the user, be they in quotes or not: here these are ours, and the result is the last
// field, which no length of the others cuts off.
func (r *Record) kernelText(message []byte, result string) []byte {
	start := len(message)
	message = append(append(message, "op="...), r.program...)
	message = append(append(message, " result="...), result...)
	message = r.append(message, start, form{kernelKey, encoded})
	if result == granted {
		return append(message, " res=success\x00"...)
	}
	return append(message, " res=failed\x00"...)
}

// kernelKey is the name of a field. In the kernel's records pid is the process that sent it; the one that it is about has
// the name opid.
func kernelKey(key string) string {
	if key == "pid" {
		return "opid"
	}
	return key
}

// encoded appends text as audit_encode_nv_string(3) does: in double quotes, or, where something in it could be taken for
// more than text, in hexadecimal digits without quotes, which ausearch -i reads; and ? if it is empty.
func encoded(out []byte, text string, room int) []byte {
	if text == "" {
		return append(out, '?')
	}
	for i := range len(text) {
		if !plain(text[i]) {
			return hexadecimal(out, text[:min(len(text), room/2)])
		}
	}
	return append(append(append(out, '"'), text[:min(len(text), room-len(`""`))]...), '"')
}

// plain reports whether a byte stands for itself between quotes. Those that audit_value_needs_encoding(3) names do not:
// blanks, control characters, double quotes, and what is not ASCII. Two more do not either. An apostrophe ends msg=' for
// programs that split there, and before an equals sign programs that do not mind quotes find a field.
func plain(c byte) bool { return c > ' ' && c < 0x7f && c != '"' && c != '\'' && c != '=' }

// hexadecimal appends two digits for each byte.
func hexadecimal(out []byte, text string) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(text) {
		out = append(out, digits[text[i]>>4], digits[text[i]&15])
	}
	return out
}
