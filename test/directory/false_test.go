//go:build system

package directory

import (
	"encoding/binary"
	"io"
	"net"
	"strconv"
)

// Commands of SSSD's protocol.
const (
	cmdVersion    = 0x0001
	cmdUserNamed  = 0x0011
	cmdUserByID   = 0x0012
	cmdGroupNamed = 0x0021
	cmdGroupByID  = 0x0022
	cmdGroupsOf   = 0x0026
	cmdSubid      = 0x0130
)

func decimal(n int) string { return strconv.Itoa(n) }

// words is numbers in the byte order of this machine.
func words(n ...uint32) []byte {
	var b []byte
	for _, w := range n {
		b = binary.NativeEndian.AppendUint32(b, w)
	}
	return b
}

// message is a reply with a body of numbers.
func message(command, status uint32, body ...uint32) []byte {
	return append(words(uint32(16+4*len(body)), command, status, 0), words(body...)...)
}

// accountReply is the reply about an account, of which the two numbers follow its name in passwd(5).
func accountReply(command uint32, name string, id, second uint32) []byte {
	body := append(words(1, 0, id, second), name+"\x00*\x00\x00\x00\x00"...)
	return append(words(uint32(16+len(body)), command, 0, 0), body...)
}

func userReply(name string, uid, gid uint32) []byte { return accountReply(cmdUserByID, name, uid, gid) }

// answers is what a false SSSD answers to each command; nothing closes the connection.
type answers map[uint32][]byte

// sssdOf is one that knows a user with ranges.
func sssdOf(u user, uids, gids []uint32) answers {
	ranges := append([]uint32{uint32(len(uids) / 2), uint32(len(gids) / 2)}, append(uids, gids...)...)
	return answers{
		cmdVersion: message(cmdVersion, 0, 1), cmdUserByID: userReply(u.name, u.uid, u.gid),
		cmdGroupByID: message(cmdGroupByID, 0, 0, 0), cmdSubid: message(cmdSubid, 0, ranges...),
		cmdUserNamed: accountReply(cmdUserNamed, u.name, u.uid, u.gid),
	}
}

// with is the answers with another one.
func (a answers) with(command uint32, text []byte) answers {
	other := answers{command: text}
	for c, text := range a {
		if c != command {
			other[c] = text
		}
	}
	return other
}

// serve answers what comes on a connection.
func (a answers) serve(_ int, c net.Conn) {
	for {
		var header [16]byte
		if _, err := io.ReadFull(c, header[:]); err != nil {
			return
		}
		body := make([]byte, binary.NativeEndian.Uint32(header[:])-16)
		if _, err := io.ReadFull(c, body); err != nil {
			return
		}
		text := a[binary.NativeEndian.Uint32(header[4:])]
		if text == nil {
			return
		}
		if _, err := c.Write(text); err != nil {
			return
		}
	}
}
