// Package userdb asks systemd-userdbd who a user or group is.
//
// It speaks Varlink: one JSON object and a NUL each way, one connection for each question
// (https://systemd.io/USER_GROUP_API). It promises that an answer was read whole, and is one JSON object of bounded
// size; whether it fits the question is for package account to see. It trusts the daemon behind the socket: see package
// localsock.
package userdb

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"

	"userns-helpers/internal/kernel/unixsock"
	"userns-helpers/internal/text/paths"
)

const (
	patience     = 10 * time.Second
	longestReply = 4 << 20 // bytes; the record of a group names its members
)

// Service is systemd-userdbd on this machine.
type Service struct{ daemon unixsock.Daemon }

// New returns the service of this machine. systemd itself listens, as root.
func New() Service { return at(paths.Userdb(), patience) }

func at(path string, patience time.Duration) Service {
	return Service{unixsock.Daemon{Path: path, Patience: patience}}
}

// Account is a user or a group.
type Account struct {
	Name    string
	ID      uint32 // the user id, or the id of the group
	Primary uint32 // a user's primary group; 0 for a group
}

// ErrNoRecord says that there is no such account: not in the service's own records, and in no module of the name
// service switch, all of which it asks.
var ErrNoRecord = errors.New("systemd-userdbd has no such record")

// ErrUnavailable says that systemd-userdbd runs and does not answer this question.
var ErrUnavailable = errors.New("systemd-userdbd does not serve this question")

// UserByID returns the user of an id. Errors: ErrNoRecord, ErrUnavailable, *unixsock.Error.
func (s Service) UserByID(uid uint32) (Account, error) {
	return s.ask("GetUserRecord", `"uid":`+strconv.FormatUint(uint64(uid), 10), userKeys())
}

// UserNamed returns the user of a name. Errors as of UserByID.
func (s Service) UserNamed(name string) (Account, error) {
	return s.ask("GetUserRecord", `"userName":`+quote(name), userKeys())
}

// GroupByID returns the group of an id. Errors as of UserByID.
func (s Service) GroupByID(gid uint32) (Account, error) {
	return s.ask("GetGroupRecord", `"gid":`+strconv.FormatUint(uint64(gid), 10), groupKeys())
}

// ask sends one question. No other parameters than these: systemd 252 refuses what it does not know.
func (s Service) ask(method, key string, wanted keys) (account Account, err error) {
	question := `{"method":"io.systemd.UserDatabase.` + method + `","parameters":{` + key +
		`,"service":"io.systemd.Multiplexer"}}` + "\x00"
	err = s.daemon.Ask(func(conn *unixsock.Conn) error {
		if err := conn.Send([]byte(question)); err != nil {
			return err
		}
		reply, err := read(conn)
		if err != nil {
			return err
		}
		var word string
		account, word, err = parseReply(reply, wanted)
		clear(reply) // a caller with effective user id 0 is sent password hashes: see package account
		if err == errMalformed {
			return conn.Malformed("it is no record")
		}
		return errorNamed(conn, word, err)
	})
	return account, err
}

// errorNamed is the error that the service names.
func errorNamed(conn *unixsock.Conn, word string, err error) error {
	switch word {
	case "":
		return err
	case "io.systemd.UserDatabase.NoRecordFound":
		return ErrNoRecord
	case "io.systemd.UserDatabase.ServiceNotAvailable":
		return ErrUnavailable
	}
	return conn.Malformed("error " + strconv.Quote(word[:min(len(word), 100)]))
}

// read reads up to the NUL that ends a reply.
func read(conn *unixsock.Conn) ([]byte, error) {
	reply := make([]byte, 0, 4096)
	for {
		if len(reply) == cap(reply) {
			if len(reply) >= longestReply {
				return nil, conn.Malformed("it has more than " + strconv.Itoa(longestReply) + " bytes")
			}
			reply = append(make([]byte, 0, 2*cap(reply)), reply...)
		}
		n, err := conn.Read(reply[len(reply):cap(reply)])
		if errors.Is(err, io.EOF) {
			return nil, conn.Closed()
		}
		if err != nil {
			return nil, err
		}
		if end := bytes.IndexByte(reply[len(reply):len(reply)+n], 0); end >= 0 {
			return reply[:len(reply)+end], nil
		}
		reply = reply[:len(reply)+n]
	}
}
