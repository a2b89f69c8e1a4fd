package listening

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// Poll waits for descriptors, epoll(7).
type Poll struct {
	fd     int
	events [256]unix.EpollEvent
}

// NewPoll returns a Poll that waits for nothing yet.
func NewPoll() (*Poll, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return &Poll{fd: fd}, err
}

// Add waits for a descriptor that can be read, or whose peer has gone.
func (p *Poll) Add(fd int) error {
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(fd)})
}

// Remove waits for it no more.
func (p *Poll) Remove(fd int) { _ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, fd, nil) }

// Wait waits for patience at most, and gives each descriptor that is ready to each.
func (p *Poll) Wait(patience time.Duration, each func(fd int)) error {
	n, err := unix.EpollWait(p.fd, p.events[:], int((patience+time.Millisecond-1)/time.Millisecond))
	if errors.Is(err, unix.EINTR) {
		return nil
	}
	for i := range max(n, 0) {
		each(int(p.events[i].Fd))
	}
	return err
}
