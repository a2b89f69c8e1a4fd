// Package sssd asks SSSD who a user or group is, and which subordinate ids were granted to a user.
//
// It speaks the protocol of SSSD's client library over the socket of its nss responder (src/sss_client/sss_cli.h of
// SSSD 2.6 to 2.13). It promises that an answer was read whole and within its bounds; whether it fits the question is
// for package account to see, and what a range is worth for package idmap. It trusts the daemon behind the socket: see
// package localsock.
package sssd

import (
	"encoding/binary"
	"time"

	"userns-helpers/internal/kernel/unixsock"
	"userns-helpers/internal/text/paths"
)

// patience is how long SSSD may take for all that one Session asks. It asks servers in turn, with time-outs of its own
// of some seconds each (dns_resolver_timeout, ldap_search_timeout), before it falls back to its cache.
const patience = 30 * time.Second

// Server is SSSD on this machine.
type Server struct{ daemon unixsock.Daemon }

// New returns the SSSD of this machine. Its responder runs as root, or as a user of its own: trusted says which users
// may listen besides root.
func New(trusted func(uid uint32) bool) Server { return at(paths.SSSDPipe(), patience, trusted) }

func at(path string, patience time.Duration, trusted func(uid uint32) bool) Server {
	return Server{unixsock.Daemon{Path: path, Patience: patience, Trusted: trusted}}
}

// Account is a user or a group.
type Account struct {
	Name    string
	ID      uint32 // the user id, or the id of the group
	Primary uint32 // a user's primary group; 0 for a group
}

// Session is a connection over which SSSD is asked one question after the other.
type Session struct {
	conn *unixsock.Conn
	path string
}

// Session connects, and calls talk with the connection. Errors: *unixsock.Error, *StatusError, those of talk.
func (s Server) Session(talk func(Session) error) error {
	return s.daemon.Ask(func(conn *unixsock.Conn) error {
		session := Session{conn, s.daemon.Path}
		if err := session.agree(); err != nil {
			return err
		}
		return talk(session)
	})
}

// Commands of the nss responder.
const (
	cmdVersion   = 0x0001
	cmdUserNamed = 0x0011
	cmdUserByID  = 0x0012
	cmdGroupByID = 0x0022
	cmdSubid     = 0x0130
)

// version is that of the protocol, since SSSD 1.0.
const version = 1

// agree asks for the version of the protocol.
func (s Session) agree() error {
	body, err := s.ask(cmdVersion, number(version))
	if err != nil {
		return err
	}
	if len(body) < 4 || word(body) != version {
		return s.conn.Malformed("it speaks another version of the protocol")
	}
	return nil
}

// UserByID returns the user of an id. "Not found" is all that SSSD says of one that it does not know, of one that it
// filters out, and of one that it cannot ask for now and has not in its cache.
func (s Session) UserByID(uid uint32) (user Account, found bool, err error) {
	return s.account(cmdUserByID, number(uid))
}

// UserNamed returns the user of a name, as UserByID.
func (s Session) UserNamed(name string) (user Account, found bool, err error) {
	return s.account(cmdUserNamed, append([]byte(name), 0))
}

// GroupByID returns the group of an id, as UserByID.
func (s Session) GroupByID(gid uint32) (group Account, found bool, err error) {
	group, found, err = s.account(cmdGroupByID, number(gid))
	group.Primary = 0 // the reply has the number of members there
	return group, found, err
}

// account asks for a user or group.
func (s Session) account(command uint32, key []byte) (Account, bool, error) {
	body, err := s.ask(command, key)
	if err != nil {
		return Account{}, false, err
	}
	account, count, ok := parseAccount(body)
	switch {
	case !ok:
		return Account{}, false, s.conn.Malformed("it is no account")
	case count == 0:
		return Account{}, false, nil
	}
	return account, true, nil
}

// ask sends one request and returns the beginning of the body of its reply, which is all that is ever needed.
func (s Session) ask(command uint32, body []byte) ([]byte, error) {
	if err := s.conn.Send(request(command, body)); err != nil {
		return nil, err
	}
	var header [headerSize]byte
	if err := s.conn.Fill(header[:]); err != nil {
		return nil, err
	}
	length, err := s.length(header[:], command)
	if err != nil {
		return nil, err
	}
	kept := make([]byte, min(length, uint64(most(command))))
	if err := s.conn.Fill(kept); err != nil {
		return nil, err
	}
	return kept, s.conn.Skip(length - uint64(len(kept)))
}

// request is a message: total length, command, status, a reserved word, and the body, in the byte order of the machine.
func request(command uint32, body []byte) []byte {
	message := make([]byte, headerSize, headerSize+len(body))
	binary.NativeEndian.PutUint32(message, uint32(headerSize+len(body)))
	binary.NativeEndian.PutUint32(message[4:], command)
	return append(message, body...)
}

func number(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

func word(b []byte) uint32 { return binary.NativeEndian.Uint32(b) }
