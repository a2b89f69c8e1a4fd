// Package sssd asks SSSD who a user or group is, and which subordinate ids were granted to a user.
//
// It speaks the protocol of SSSD's client library over the socket of its nss responder (src/sss_client/sss_cli.h of
// SSSD 2.6 to 2.13). It promises that an answer was read whole and within its bounds; whether it fits the question is
// for package account to see, and what a range is worth for package source. It trusts the daemon behind the socket: see
// package unixsock.
package sssd

import (
	"encoding/binary"
	"time"

	"userns-helpers/internal/account/lookup"
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

// Describe names the source.
func (Server) Describe() string { return "SSSD" }

// Find asks for all accounts in one Session. Errors as of Session.
func (s Server) Find(keys []lookup.Key) (found []lookup.Account, err error) {
	err = s.Session(func(s Session) (err error) {
		found, err = lookup.Each(keys, s.Account) // anew, where a session was interrupted
		return err
	})
	return found, err
}

// Session is a connection over which SSSD is asked one question after the other.
type Session struct{ conn *unixsock.Conn }

// Session connects, and calls talk with the connection. Errors: *unixsock.Error, SSSD's own status, those of talk.
func (s Server) Session(talk func(Session) error) error {
	return s.daemon.Ask(func(conn *unixsock.Conn) error {
		session := Session{conn}
		if err := session.agree(); err != nil {
			return err
		}
		return talk(session)
	})
}

// Commands of the nss responder.
const (
	cmdVersion    = 0x0001
	cmdUserNamed  = 0x0011
	cmdUserByID   = 0x0012
	cmdGroupNamed = 0x0021
	cmdGroupByID  = 0x0022
	cmdGroupsOf   = 0x0026
	cmdSubid      = 0x0130
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

// Account returns an account. "Not found" is all that SSSD says of one that it does not know, of one that it filters out,
// and of one that it cannot ask for now and has not in its cache.
func (s Session) Account(key lookup.Key) (account lookup.Account, found bool, err error) {
	command, text := uint32(cmdUserByID), number(key.ID)
	switch {
	case key.Group && key.Name == "":
		command = cmdGroupByID
	case key.Group:
		command, text = cmdGroupNamed, append([]byte(key.Name), 0)
	case key.Name != "":
		command, text = cmdUserNamed, append([]byte(key.Name), 0)
	}
	body, err := s.ask(command, text)
	if err != nil {
		return account, false, err
	}
	account, found, ok := parseAccount(body)
	if !ok {
		return lookup.Account{}, false, s.conn.Malformed("it is no account")
	}
	if key.Group {
		account.Primary = 0 // the reply has the number of members there
	}
	return account, found, nil
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
