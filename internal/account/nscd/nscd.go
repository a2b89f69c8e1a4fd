// Package nscd asks the name service cache who a user or group is: glibc's nscd, unscd, nsncd.
//
// It speaks the protocol of glibc (nscd/nscd-client.h), over the socket, never through the cache that is shared in
// memory. It promises that an answer was read within its bounds; whether it fits the question is for package account to
// see. It trusts the daemon behind the socket: see package unixsock.
package nscd

import (
	"encoding/binary"
	"strconv"
	"time"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/kernel/unixsock"
	"userns-helpers/internal/text/name"
	"userns-helpers/internal/text/paths"
)

const patience = 5 * time.Second

// mostMembers bounds the reply about a group.
const mostMembers = 1 << 20

// Cache is the one of this machine.
type Cache struct{ daemon unixsock.Daemon }

// New returns the cache of this machine. unscd listens as root and gives its own rights up later.
func New() Cache { return at(paths.Nscd(), patience) }

func at(path string, patience time.Duration) Cache {
	return Cache{unixsock.Daemon{Path: path, Patience: patience}}
}

// Describe names the source.
func (Cache) Describe() string { return "nscd" }

// What can be asked for, and the version of the protocol.
const (
	userNamed  = 0
	userByID   = 1
	groupNamed = 2
	groupByID  = 3
	version    = 2
)

// Find asks for one account after the other, all within one patience. Errors: *lookup.NotServedError, *unixsock.Error.
func (c Cache) Find(keys []lookup.Key) ([]lookup.Account, error) {
	return lookup.Each(keys, Cache{c.daemon.Together()}.account)
}

// account sends one question: version, kind, length of what is asked for with its NUL, what is asked for.
func (c Cache) account(key lookup.Key) (account lookup.Account, found bool, err error) {
	kind, named, text, read := uint32(userByID), uint32(userNamed), strconv.FormatUint(uint64(key.ID), 10), readUser
	if key.Group {
		kind, named, read = groupByID, groupNamed, readGroup
	}
	if key.Name != "" {
		kind, text = named, key.Name
	}
	question := binary.NativeEndian.AppendUint32(nil, version)
	question = binary.NativeEndian.AppendUint32(question, kind)
	question = binary.NativeEndian.AppendUint32(question, uint32(len(text)+1))
	question = append(append(question, text...), 0)
	err = c.daemon.Ask(func(conn *unixsock.Conn) (err error) {
		if err := conn.Send(question); err != nil {
			return err
		}
		account, found, err = read(conn)
		return err
	})
	return account, found, err
}

// readUser reads version, found, the lengths of name and password, uid, gid, the lengths of gecos, directory and shell;
// then the strings, of which the first is the name.
func readUser(conn *unixsock.Conn) (user lookup.Account, found bool, err error) {
	words, found, err := readHeader(conn, 7)
	if err != nil || !found {
		return user, false, err
	}
	user.ID, user.Primary = words[2], words[3]
	return named(conn, user, words[0])
}

// readGroup reads version, found, the lengths of name and password, gid, the number of members; the length of each of
// their names; then the strings.
func readGroup(conn *unixsock.Conn) (group lookup.Account, found bool, err error) {
	words, found, err := readHeader(conn, 4)
	switch {
	case err != nil || !found:
		return group, false, err
	case words[3] > mostMembers:
		return group, false, conn.Malformed("it is too long")
	}
	if err := conn.Skip(4 * uint64(words[3])); err != nil {
		return group, false, err
	}
	group.ID = words[2]
	return named(conn, group, words[0])
}

// readHeader reads version and found, and the n words that follow if there is an answer.
func readHeader(conn *unixsock.Conn, n int) (words [7]uint32, found bool, err error) {
	var header [8]byte
	if err := conn.Fill(header[:]); err != nil {
		return words, false, err
	}
	if binary.NativeEndian.Uint32(header[:]) != version {
		return words, false, conn.Malformed("it speaks another version of the protocol")
	}
	switch int32(binary.NativeEndian.Uint32(header[4:])) {
	case 0:
		return words, false, nil
	case -1:
		return words, false, &lookup.NotServedError{Source: "nscd"}
	case 1:
	default:
		return words, false, conn.Malformed("it is neither yes nor no")
	}
	var body [7 * 4]byte
	if err := conn.Fill(body[:4*n]); err != nil {
		return words, false, err
	}
	for i := range n {
		words[i] = binary.NativeEndian.Uint32(body[4*i:])
	}
	return words, true, nil
}

// named reads the name of an account, of a given length with its NUL.
func named(conn *unixsock.Conn, account lookup.Account, length uint32) (lookup.Account, bool, error) {
	if length < 2 || length > name.Longest+1 {
		return lookup.Account{}, false, conn.Malformed("it has no name")
	}
	text := make([]byte, length)
	if err := conn.Fill(text); err != nil {
		return lookup.Account{}, false, err
	}
	if text[length-1] != 0 {
		return lookup.Account{}, false, conn.Malformed("it has no name")
	}
	account.Name = string(text[:length-1])
	return account, true, nil
}
