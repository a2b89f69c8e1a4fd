// Package worker serves one connection of the service, in a process of its own.
//
// The process was started by root, and has no caller but the peer of the connection: package privilege makes one of what the
// kernel noted at connect(2). Words are read, and descriptors received, with the peer's user id and without a capability.
// Everything after is what the programs do for whoever runs them with privilege: newidmap.Serve, usernic.Serve.
//
// It promises an end: a whole request within two seconds, and no waiting for the peer after that. What it may wait for
// besides, name services and the kernel, the listener ends by SIGKILL.
package worker

import (
	"errors"
	"time"

	"userns-helpers/internal/kernel/entry"
	"userns-helpers/internal/kernel/listening"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/service/wire"
	"userns-helpers/internal/text/paths"
)

// What the listener passes: the connection, and perhaps a pidfd of who made it.
const (
	Connection = 3
	process    = 4
)

// patience is how long a peer may take for its request.
const patience = 2 * time.Second

// Run serves the connection, and returns the exit status: 0 where the peer was answered. passed: there is a pidfd.
func Run(role Role, elsewhere, passed bool) int {
	pidfd := -1
	if passed {
		pidfd = process
	}
	caller, peer, err := privilege.Serve(Connection, pidfd, entry.Helperd, elsewhere)
	s := &served{listening.Serve(Connection, patience), caller, peer}
	defer s.Done()
	if err != nil {
		return status(s.Reply(role.turned(err, peer).Message(role.Interface)))
	}
	for {
		call, err := s.receive(role)
		switch {
		case err != nil:
			return status(s.refuse(err))
		case call.Method != wire.GetInfo && call.Method != wire.Interface:
			return status(role.serve(s, call))
		case !s.Reply(role.describe(call, paths.Version())):
			return 1
		}
	}
}

// served is the connection and who is at its other end.
type served struct {
	*listening.Served
	caller privilege.Caller
	peer   privilege.Peer
}

// receive reads a call as the peer.
func (s *served) receive(role Role) (call wire.Call, err error) {
	err = s.caller.Do(func() error {
		message, err := s.Receive(wire.Longest)
		if err == nil {
			call, err = wire.ParseCall(role.Interface, message)
		}
		return err
	})
	return call, err
}

// wrong answers that a parameter is.
func (s *served) wrong(parameter string) bool {
	return s.Reply((&wire.Wrong{Name: "InvalidParameter", Value: parameter}).Message())
}

// refuse answers what was no call of ours, and reports whether there was nothing else to say.
func (s *served) refuse(err error) bool {
	var wrong *wire.Wrong
	switch {
	case errors.As(err, &wrong):
		return s.Reply(wrong.Message())
	case errors.Is(err, listening.ErrGone):
		return true
	}
	return false
}

func status(answered bool) int {
	if answered {
		return 0
	}
	return 1
}
