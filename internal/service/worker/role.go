package worker

import (
	"userns-helpers/internal/kernel/entry"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/newidmap"
	"userns-helpers/internal/service/wire"
	"userns-helpers/internal/usernic"
)

// Role is what a socket of the service is for.
type Role struct {
	Name      string        // on command lines
	Interface string        // of Varlink
	Own       privilege.Set // the capabilities that its workers have at most

	description string
	turned      func(why error, peer privilege.Peer) wire.Answer // for a peer who is not served
	serve       func(s *served, call wire.Call) bool             // whether the peer was answered
}

// RoleOf is the role of a name; false where there is none.
func RoleOf(name string) (Role, bool) {
	switch name {
	case "maps":
		return Role{name, wire.Maps, entry.Maps, maps, newidmap.Turned, (*served).write}, true
	case "nics":
		return Role{name, wire.Nics, entry.Usernic, nics, usernic.Turned, (*served).nic}, true
	}
	return Role{}, false
}

// write writes a map. The one descriptor that came has to be the one that is meant.
func (s *served) write(call wire.Call) bool {
	descriptor, one := s.Descriptor()
	if !one || call.Process != 0 {
		return s.wrong("process")
	}
	return s.Reply(newidmap.Serve(s.caller, s.peer, call, descriptor).Message(wire.Maps))
}

// nic makes or deletes an interface, and takes back what was made if nobody can be told of it.
func (s *served) nic(call wire.Call) bool {
	descriptor, one := s.Descriptor()
	if opened := call.Unopened == ""; one != opened || !one && descriptor >= 0 {
		return s.wrong("namespace")
	}
	asked := usernic.Asked{Call: call, Namespace: descriptor, Connection: Connection}
	return usernic.Serve(s.caller, s.peer, asked, func(a wire.Answer) bool { return s.Reply(a.Message(wire.Nics)) })
}
