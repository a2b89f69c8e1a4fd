package harness

import (
	"errors"
	"os"
	"regexp"
	"sync"

	"golang.org/x/sys/unix"
)

// Log stands for the system's log, /dev/log, to which the programs write a record of each run. It is read all the time: a
// log that is full makes a program wait.
type Log struct {
	fd      int
	mutex   sync.Mutex
	records []string
}

const devLog = "/dev/log"

// Listen takes the place of the log. In the private copy of the machine nothing else has it.
func Listen() (*Log, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	_ = os.Remove(devLog)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: devLog}), os.Chmod(devLog, 0o666)); err != nil {
		return nil, err
	}
	l := &Log{fd: fd}
	go l.read()
	return l, nil
}

func (l *Log) read() {
	for {
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(l.fd), Events: unix.POLLIN}}, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		l.drain()
	}
}

var ofOpenVSwitch = regexp.MustCompile(`^<\d+>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ovs(db-server|-vswitchd): `)

// OpenVSwitch reports whether its daemons sent a datagram to the log, as they do by themselves ten seconds after their start. Ours
// have no time, so that none passes for one of theirs.
func OpenVSwitch(datagram []byte) bool { return ofOpenVSwitch.Match(datagram) }

// drain takes what is there.
func (l *Log) drain() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	buffer := make([]byte, 1<<16)
	for {
		n, err := unix.Read(l.fd, buffer)
		switch {
		case err == nil && OpenVSwitch(buffer[:n]):
		case err == nil:
			l.records = append(l.records, string(buffer[:n]))
		case !errors.Is(err, unix.EINTR):
			return
		}
	}
}

// Records are those that came since the last time: all of programs that have ended.
func (l *Log) Records() []string {
	l.drain()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	records := l.records
	l.records = nil
	return records
}

var idField = regexp.MustCompile(` id="([a-z-]+)"`)

// ReasonIn is the id that the last of some records gives as the reason why a program did not do what it was asked for; ""
// where none does.
func ReasonIn(records []string) string {
	id := ""
	for _, record := range records {
		if found := idField.FindStringSubmatch(record); found != nil {
			id = found[1]
		}
	}
	return id
}
