package audit

import (
	"strconv"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/text/verdict"
)

// socket is where syslog(3) writes to; journald listens there too.
const socket = "/dev/log"

// Priorities of syslog(3): facility authpriv (10), severity info (6) or notice (5).
const (
	authprivInfo   = 10<<3 | 6
	authprivNotice = 10<<3 | 5
)

// toSyslog sends the record as one datagram: "<PRI>program[pid]: text". There is no time stamp: every syslog daemon takes
// the time of arrival then, and local time would need TZ.
func (r *Record) toSyslog(result string) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer closeFD(fd)
	priority := authprivNotice
	if result == granted {
		priority = authprivInfo
	}
	message := strconv.AppendInt(append(make([]byte, 0, usual), '<'), int64(priority), 10)
	message = append(append(append(message, '>'), r.program...), '[')
	message = strconv.AppendInt(message, int64(unix.Getpid()), 10)
	message = r.syslogText(append(message, "]: "...), result)
	sendPatiently(fd, message)
}

// patience is how long a full log is waited for, in microseconds. Every user can fill it, to have an act of theirs dropped;
// who waits is served in turn.
const patience = 200_000

// sendPatiently sends a message to the log, and waits where that is full: its reader is at work.
func sendPatiently(fd int, message []byte) {
	to := &unix.SockaddrUnix{Name: socket}
	if err := unix.Sendto(fd, message, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT, to); err != unix.EAGAIN {
		return
	}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &unix.Timeval{Usec: patience}); err == nil {
		_ = unix.Sendto(fd, message, unix.MSG_NOSIGNAL, to)
	}
}

// syslogText appends "result=... key=value key="value"" to message.
func (r *Record) syslogText(message []byte, result string) []byte {
	start := len(message)
	return r.append(append(append(message, "result="...), result...), start, form{syslogKey, quoted})
}

// syslogKey is the name of a field.
func syslogKey(key string) string { return key }

// quoted appends text in double quotes, for people to read. Quotes, control characters and bytes that are not UTF-8 are
// escaped as in Go, and so is the equals sign: nothing between quotes looks like a field, not to grep(1) either.
func quoted(out []byte, text string, room int) []byte {
	end := len(out) + room - len(`""`)
	out = append(out, '"')
	for len(text) > 0 {
		_, size := utf8.DecodeRuneInString(text)
		before := len(out)
		if out = escaped(out, text[:size]); len(out) > end {
			out = out[:before]
			break
		}
		text = text[size:]
	}
	return append(out, '"')
}

// escaped appends one character, or one byte that is not part of one.
func escaped(out []byte, character string) []byte {
	switch character {
	case `"`, `\`:
		return append(append(out, '\\'), character...)
	case "=":
		return append(out, `\x3d`...)
	}
	return verdict.Printable(out, character)
}

func closeFD(fd int) { _ = unix.Close(fd) }
