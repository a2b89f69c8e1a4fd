package newidmap

import (
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/audit"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/newidmap/whynot"
	"userns-helpers/internal/service/wire"
)

// Serve is the program for a caller who asked the service: who they are has been found out, their words are read. The
// process comes as a pidfd, which they opened; everything after is what the program does for whoever runs it with privilege.
func Serve(caller privilege.Caller, peer privilege.Peer, call wire.Call, pidfd int) wire.Answer {
	r := &run{kind: idmap.UID, caller: caller, began: true, peer: &peer, arguments: []string{call.Target}}
	if call.GID {
		r.kind = idmap.GID
	}
	err := r.serve(call, pidfd)
	if r.written {
		return wire.Answer{Notes: r.notes()}
	}
	answer := wire.Unserved(r.explained(err))
	answer.Notes = r.notes()
	return answer
}

// Turned is the answer to a peer who is not served, whatever they ask for. It is recorded, by the name of the service.
func Turned(why error, peer privilege.Peer) wire.Answer {
	v := whynot.Explain(&whynot.NotServed{Err: why}, whynot.Looks{})
	audit.Turned(peer, v)
	return wire.Unserved(v)
}

// serve is tell, for the service.
func (r *run) serve(call wire.Call, pidfd int) (err error) {
	if r.named, err = idmap.ParseTarget(r.arguments); err != nil {
		return err
	}
	err = r.caller.Do(func() (err error) {
		r.process, err = target.ByPidfd(pidfd)
		return err
	})
	if err != nil {
		return whynot.NotOpened(r.named, err)
	}
	r.request = idmap.Numbered(r.kind, call.Ranges)
	return r.decide()
}

// notes are the remarks, a line each.
func (r *run) notes() []string {
	text := string(r.remarks())
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}
