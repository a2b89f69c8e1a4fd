package usernic

import (
	"errors"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/netns"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/unixsock"
	"userns-helpers/internal/service/wire"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernic/whynot"
)

// ask has the service do what is wanted, where the program was given no privilege. What is made is deleted again, by the service
// too, where nobody takes the line about it.
//
// The namespace is opened with the caller's rights. That it cannot be is not the first thing that the service looks at: it is
// told so, and says what comes first.
func (r *run) ask() (outcome, error) {
	if err := privilege.CloseInherited(r.wanted.target.fd); err != nil {
		return outcome{}, failed(whynot.CloseDescriptors, err)
	}
	if err := r.caller.Plain(); err != nil {
		return outcome{}, failed(whynot.Reset, err)
	}
	call := wire.Call{Method: wire.Create, Arguments: r.arguments}
	if r.wanted.verb == "delete" {
		call.Method = wire.Delete
	}
	found, err := reach(r.caller, r.wanted.target)
	if err != nil {
		call.Unopened = string(notYours(r.caller.UID(), r.wanted.target, err).ID())
	}
	answer, err := r.insist(call, found)
	if err != nil || answer.Line == "" {
		return outcome{}, err
	}
	return outcome{answer.Line + "\n", func() error { return r.takeBack(answer.Line, found) }}, nil
}

// takeBack has the service delete the interface that a line tells of.
func (r *run) takeBack(line string, namespace netns.Found) error {
	words := strings.Split(line, ":")
	if len(words) != 4 {
		return failed(whynot.Remove, unix.EBADMSG)
	}
	arguments := append(append([]string{"delete"}, r.arguments[1:6]...), words[2])
	_, err := r.insist(wire.Call{Method: wire.Delete, Arguments: arguments}, namespace)
	return err
}

// insist asks until there is an answer, or no use in asking again. Nothing is asked twice that may have been done.
func (r *run) insist(call wire.Call, namespace netns.Found) (wire.Answer, error) {
	message, fits := call.Message()
	if !fits {
		return wire.Answer{}, &whynot.NotPrivileged{Service: errUnsendable}
	}
	passed := namespace.FD()
	if call.Unopened != "" {
		passed = -1
	}
	heard := false
	for end := time.Now().Add(wire.Insisting); ; {
		sent, answer, err := once(call.Method, message, passed)
		switch {
		case !sent && !heard:
			return wire.Answer{}, &whynot.NotPrivileged{Service: err}
		case sent && err == nil && answer.Why != nil:
			r.answered = true
			return wire.Answer{}, &whynot.Answered{Verdict: *answer.Why}
		case sent && err == nil && !answer.Busy:
			r.answered = true
			return answer, nil
		case sent && err != nil && !isUnread(err), time.Now().After(end):
			return wire.Answer{}, &whynot.NoReply{Busy: err == nil, Err: err}
		}
		heard = true
		pause := unix.NsecToTimespec(int64(wire.BusyAfter * time.Millisecond))
		_ = unix.Nanosleep(&pause, nil)
	}
}

// errUnsendable says why a command line is not sent.
var errUnsendable = errors.New("the command line is too long for it, or not UTF-8")

// isUnread reports whether the kernel says that nobody has read all of the call, so that nothing was done: the service ended, to
// be replaced by a newer one. A socket of AF_UNIX resets its peer if it is closed with bytes that nobody has read, or before it
// was accepted (unix_release_sock() in net/unix/af_unix.c); and a worker reads all of a call before it does anything.
func isUnread(err error) bool { return errors.Is(err, unix.ECONNRESET) || errors.Is(err, unix.EPIPE) }

// once asks the service; sent reports whether it may have got the call. Only root is asked: unixsock.
func once(method wire.Method, message []byte, namespace int) (sent bool, answer wire.Answer, err error) {
	service := unixsock.Daemon{Path: paths.Nics(), Patience: wire.Patience}
	sent, err = service.Exchange(message, namespace, wire.Longest, func(reply []byte) (err error) {
		answer, err = wire.ParseAnswer(method, reply)
		return err
	})
	return sent, answer, err
}
