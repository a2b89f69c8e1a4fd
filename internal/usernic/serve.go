package usernic

import (
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/audit"
	"userns-helpers/internal/kernel/netns"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/service/wire"
	"userns-helpers/internal/usernic/whynot"
)

// Asked is what came over a connection of the service.
type Asked struct {
	Call       wire.Call
	Namespace  int // the descriptor that came with it, if Call.Unopened is empty
	Connection int
}

// Serve is the program for a caller who asked the service: who they are has been found out, their words are read. The
// namespace comes as a descriptor, which they opened; everything after is what the program does for whoever runs it with
// privilege. reply reports whether the peer was told: an interface that nobody was told of is deleted again, and so is
// one whose line cannot be told.
func Serve(caller privilege.Caller, peer privilege.Peer, asked Asked, reply func(wire.Answer) bool) bool {
	r := &run{arguments: asked.Call.Arguments, caller: caller, peer: &peer, received: asked.Namespace, unopened: asked.Call.Unopened}
	done, err := r.serve(asked.Connection)
	if err != nil {
		v := r.why(err)
		r.ended(v)
		return reply(wire.Unserved(v))
	}
	answer := wire.Answer{Line: strings.TrimSuffix(done.line, "\n")}
	if !answer.Tells(asked.Call.Method) {
		return reply(wire.Unserved(r.untold(done, failed(whynot.Answer, unix.EBADMSG))))
	}
	told := reply(answer)
	if !told && done.undo != nil {
		r.untold(done, failed(whynot.Answer, unix.EPIPE))
	}
	return told
}

// serve is perform, for the service.
func (r *run) serve(connection int) (done outcome, err error) {
	if r.wanted, err = parse(r.arguments); err != nil {
		return outcome{}, err
	}
	if r.abroad, err = netns.Abroad(connection); err != nil {
		return outcome{}, failed(whynot.LookAtOwnNetwork, err)
	}
	return r.decide()
}

// Turned is the answer to a peer who is not served, whatever they ask for. It is recorded, by the name of the service.
func Turned(why error, peer privilege.Peer) wire.Answer {
	v := whynot.Explain(&whynot.NotServed{Err: why}, whynot.Eyes{})
	audit.Turned(peer, v)
	return wire.Unserved(v)
}
