package newidmap

import (
	"bytes"
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/kernel/unixsock"
	"userns-helpers/internal/newidmap/whynot"
	"userns-helpers/internal/service/wire"
	"userns-helpers/internal/text/paths"
)

// powerless reports whether the program was given nothing that writes a map: neither root's user id nor the capability.
func (r *run) powerless() bool {
	return !r.caller.Raised() && !r.caller.Permitted().Has(needed(r.kind, nil))
}

// ask has the service write the map, where it is there and the command line is right. It is false where it was not asked, so
// that the program goes on as if there were none; a wrong command line, or one that is longer than any map, it refuses itself.
//
// Nothing is asked twice that may have been done: a map is looked at first.
func (r *run) ask() (answered bool, err error) {
	call := wire.Call{Method: wire.WriteMap, GID: r.kind == idmap.GID, Target: r.arguments[0], Ranges: r.request.Numbers()}
	message, fits := call.Message()
	if r.request.Wrong != nil || !fits {
		return false, nil
	}
	if err := r.caller.Plain(); err != nil {
		return true, &whynot.NoRights{Err: err}
	}
	pidfd, err := r.process.Pidfd()
	switch {
	case err == unix.ESRCH:
		return true, whynot.NotOpened(r.named, &target.Error{Cause: target.Gone, Errno: unix.ESRCH})
	case err != nil:
		r.service = err
		return false, nil
	}
	defer unix.Close(pidfd)
	return r.insist(message, pidfd)
}

// insist asks until there is an answer, or no use in asking again.
func (r *run) insist(message []byte, pidfd int) (answered bool, err error) {
	for end := time.Now().Add(wire.Insisting); ; {
		sent, answer, err := once(message, pidfd)
		if !sent && r.answered == nil {
			r.service = err
			return false, nil
		}
		// Once something was sent without an answer, a map that is there may be ours.
		uncertain := r.answered != nil || err != nil
		r.answered = &wire.Answer{}
		switch {
		case uncertain && r.isWritten():
			r.written = true
			return true, nil
		case err == nil && !answer.Busy:
			return true, r.take(answer)
		case time.Now().After(end), errors.Is(err, unixsock.ErrTimeout):
			return true, &whynot.NoReply{Busy: err == nil, Err: err}
		}
		pause := unix.NsecToTimespec(int64(wire.BusyAfter * time.Millisecond))
		_ = unix.Nanosleep(&pause, nil)
	}
}

// take takes an answer for the program's own.
func (r *run) take(answer wire.Answer) error {
	r.answered = &answer
	if answer.Why == nil {
		r.written = true
		return nil
	}
	return &whynot.Answered{Verdict: *answer.Why}
}

// once asks the service; sent reports whether it may have got the call. Only root is asked: unixsock.
func once(message []byte, pidfd int) (sent bool, answer wire.Answer, err error) {
	service := unixsock.Daemon{Path: paths.Maps(), Patience: wire.Patience}
	sent, err = service.Exchange(message, pidfd, wire.Longest, func(reply []byte) (err error) {
		answer, err = wire.ParseAnswer(wire.WriteMap, reply)
		return err
	})
	return sent, answer, err
}

// isWritten reports whether the map is what was asked for: where the answer got lost, or the service was ended after it wrote.
func (r *run) isWritten() bool {
	fd, err := r.process.OpenFile(r.kind.MapFile(), unix.O_RDONLY)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	text := make([]byte, longestMap)
	n, err := unix.Pread(fd, text, 0)
	return err == nil && n > 0 && bytes.Equal(bytes.Join(bytes.Fields(text[:n]), []byte{' '}), bytes.Join(bytes.Fields(idmap.Text(r.request.Asked)), []byte{' '}))
}

// longestMap is longer than a map of 340 lines of three numbers, each in ten columns.
const longestMap = 16 << 10
