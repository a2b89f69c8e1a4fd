// Package userdb asks systemd-userdbd who a user or group is.
//
// It speaks Varlink: one JSON object and a NUL each way, one connection for each question
// (https://systemd.io/USER_GROUP_API). It promises that an answer was read whole, and is one JSON object of bounded
// size; whether it fits the question is for package account to see. It trusts the daemon behind the socket: see package
// unixsock.
package userdb

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/kernel/unixsock"
	"userns-helpers/internal/text/json"
	"userns-helpers/internal/text/paths"
)

const (
	name         = "systemd-userdbd"
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

// Describe names the source.
func (Service) Describe() string { return name }

// Find asks for one account after the other, all within one patience. What has no record is in no module of the name service
// switch either: the service asks all of them. Errors: lookup.ErrNobody, *lookup.NotServedError, *unixsock.Error.
func (s Service) Find(keys []lookup.Key) ([]lookup.Account, error) {
	found, err := lookup.Each(keys, Service{s.daemon.Together()}.account)
	if err == nil && len(found) < len(keys) {
		err = lookup.ErrNobody
	}
	return found, err
}

// account sends one question. No other parameters than these: systemd 252 refuses what it does not know.
func (s Service) account(key lookup.Key) (account lookup.Account, found bool, err error) {
	method, parameter, id := "GetUserRecord", `"uid":`, strconv.FormatUint(uint64(key.ID), 10)
	if key.Name != "" {
		parameter, id = `"userName":`, json.Quote(key.Name)
	}
	if key.Group {
		method, parameter = "GetGroupRecord", map[bool]string{true: `"groupName":`, false: `"gid":`}[key.Name != ""]
	}
	question := `{"method":"io.systemd.UserDatabase.` + method + `","parameters":{` + parameter + id +
		`,"service":"io.systemd.Multiplexer"}}` + "\x00"
	err = s.daemon.Ask(func(conn *unixsock.Conn) error {
		if err := conn.Send([]byte(question)); err != nil {
			return err
		}
		reply, err := read(conn)
		if err != nil {
			return err
		}
		account, found, err = parseReply(reply, key)
		clear(reply) // a caller with effective user id 0 is sent password hashes: see package account
		if err == nil || lookup.IsAbsent(err) {
			return err
		}
		return conn.Malformed(err.Error())
	})
	return account, found, err
}

// notServed says that systemd-userdbd runs, and that others have to be asked.
func notServed() error { return &lookup.NotServedError{Source: name} }

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
