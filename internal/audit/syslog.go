package audit

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// socket is where syslog(3) writes to; journald listens there too.
const socket = "/dev/log"

// Priorities of syslog(3): facility authpriv (10), severity info (6) or notice (5).
const (
	authprivInfo   = 10<<3 | 6
	authprivNotice = 10<<3 | 5
)

// toSyslog sends text as one datagram: "<PRI>program[pid]: text". There is no time stamp: every syslog daemon takes the
// time of arrival then, and local time would need TZ.
func (r *Record) toSyslog(text []byte, result string) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
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
	message = append(append(message, "]: "...), text...)
	_ = unix.Sendto(fd, message, unix.MSG_NOSIGNAL, &unix.SockaddrUnix{Name: socket})
}

func closeFD(fd int) { _ = unix.Close(fd) }
