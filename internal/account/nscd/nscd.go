// Package nscd asks the name service cache who a user or group is: glibc's nscd, unscd, nsncd.
//
// It speaks the protocol of glibc (nscd/nscd-client.h), over the socket, never through the cache that is shared in
// memory. It promises that an answer was read within its bounds; whether it fits the question is for package account to
// see. It trusts the daemon behind the socket: see package localsock.
package nscd

import (
	"encoding/binary"
	"errors"
	"strconv"
	"time"

	"userns-helpers/internal/kernel/unixsock"
	"userns-helpers/internal/text/paths"
)

const patience = 5 * time.Second

// Limits of a reply.
const (
	longestName = 255     // bytes, as in package account
	mostMembers = 1 << 20 // of a group
)

// Cache is the one of this machine.
type Cache struct{ daemon unixsock.Daemon }

// New returns the cache of this machine. unscd listens as root and gives its own rights up later.
func New() Cache { return at(paths.Nscd(), patience) }

func at(path string, patience time.Duration) Cache {
	return Cache{unixsock.Daemon{Path: path, Patience: patience}}
}

// Account is a user or a group.
type Account struct {
	Name    string
	ID      uint32 // the user id, or the id of the group
	Primary uint32 // a user's primary group; 0 for a group
}

// ErrUnavailable says that the cache runs, and serves no questions of this kind.
var ErrUnavailable = errors.New("nscd does not serve this question")

// What can be asked for, and the version of the protocol.
const (
	userNamed = 0
	userByID  = 1
	groupByID = 3
	version   = 2
)

// UserByID returns the user of an id. Errors: ErrUnavailable, *unixsock.Error.
func (c Cache) UserByID(uid uint32) (user Account, found bool, err error) {
	return c.ask(userByID, strconv.FormatUint(uint64(uid), 10), readUser)
}

// UserNamed returns the user of a name. Errors as of UserByID.
func (c Cache) UserNamed(name string) (user Account, found bool, err error) {
	return c.ask(userNamed, name, readUser)
}

// GroupByID returns the group of an id. Errors as of UserByID.
func (c Cache) GroupByID(gid uint32) (group Account, found bool, err error) {
	return c.ask(groupByID, strconv.FormatUint(uint64(gid), 10), readGroup)
}

// ask sends one question: version, kind, length of the key with its NUL, the key.
func (c Cache) ask(kind uint32, key string, read func(*unixsock.Conn) (Account, bool, error)) (account Account, found bool, err error) {
	question := binary.NativeEndian.AppendUint32(nil, version)
	question = binary.NativeEndian.AppendUint32(question, kind)
	question = binary.NativeEndian.AppendUint32(question, uint32(len(key)+1))
	question = append(append(question, key...), 0)
	err = c.daemon.Ask(func(conn *unixsock.Conn) (err error) {
		if err := conn.Send(question); err != nil {
			return err
		}
		account, found, err = read(conn)
		return err
	})
	return account, found, err
}

// readUser reads version, found, the lengths of name and password, uid, gid, the lengths of gecos, folder and shell;
// then the strings, of which the first is the name.
func readUser(conn *unixsock.Conn) (Account, bool, error) {
	words, found, err := readHeader(conn, 7)
	if err != nil || !found {
		return Account{}, false, err
	}
	name, err := readName(conn, words[0])
	if err != nil {
		return Account{}, false, err
	}
	return Account{name, words[2], words[3]}, true, nil
}

// readGroup reads version, found, the lengths of name and password, gid, the number of members; the length of each of
// their names; then the strings.
func readGroup(conn *unixsock.Conn) (Account, bool, error) {
	words, found, err := readHeader(conn, 4)
	if err != nil || !found {
		return Account{}, false, err
	}
	if words[3] > mostMembers {
		return Account{}, false, conn.Malformed("it is too long")
	}
	if err := conn.Skip(4 * uint64(words[3])); err != nil {
		return Account{}, false, err
	}
	name, err := readName(conn, words[0])
	if err != nil {
		return Account{}, false, err
	}
	return Account{Name: name, ID: words[2]}, true, nil
}

// readHeader reads version and found, and n words behind them where there is an answer.
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
		return words, false, ErrUnavailable
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

// readName reads a name of a given length, its NUL included.
func readName(conn *unixsock.Conn, length uint32) (string, error) {
	if length < 2 || length > longestName+1 {
		return "", conn.Malformed("it has no name")
	}
	name := make([]byte, length)
	if err := conn.Fill(name); err != nil {
		return "", err
	}
	if name[length-1] != 0 {
		return "", conn.Malformed("it has no name")
	}
	return string(name[:length-1]), nil
}
