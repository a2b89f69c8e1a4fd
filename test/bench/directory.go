package main

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
)

// directory measures newuidmap for a user whom /etc/passwd does not have. Both programs ask nscd then, Debian's through
// glibc and ours itself; a small one of this program's own answers, so that no daemon's caches and delays are measured.
func (b *bench) directory() error {
	local := b.user
	b.user = user{"dora", 5678}
	switches, err := os.ReadFile("/etc/nsswitch.conf")
	if err != nil {
		return err
	}
	if err := write("/etc/nsswitch.conf", "passwd: files ldap\ngroup: files ldap\n"); err != nil {
		return err
	}
	const path = "/run/nscd/socket"
	if err := os.MkdirAll("/run/nscd", 0o755); err != nil {
		return err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	defer listener.Close()
	if err := os.Chmod(path, 0o666); err != nil {
		return err
	}
	go b.user.serve(listener)
	if err := b.grant(2); err != nil {
		return err
	}
	r := row{Row: Row{Group: "newuidmap, user of a directory", Name: "newuidmap, directory, 2 lines"}, runs: b.runs(200)}
	r.debian, r.ours = b.sides(b.mapping, newuidmap)
	err = b.row(r)
	b.user = local
	return errors.Join(err, write("/etc/nsswitch.conf", string(switches)), b.grant(2))
}

// serve answers one question for each connection, as nscd does (nscd/nscd-client.h of glibc): about this user, and that
// there is no other.
func (u user) serve(listener net.Listener) {
	for {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_, _ = c.Write(u.answer(c))
		}()
	}
}

// answer reads a question: version, kind, length of the key, key.
func (u user) answer(c io.Reader) []byte {
	var head [12]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil
	}
	key := make([]byte, binary.NativeEndian.Uint32(head[8:])%1024)
	if _, err := io.ReadFull(c, key); err != nil {
		return nil
	}
	id := strconv.Itoa(int(u.uid))
	asked := strings.TrimRight(string(key), "\x00")
	var fields []string
	switch kind := binary.NativeEndian.Uint32(head[4:]); {
	case kind == 0 && asked == u.name, kind == 1 && asked == id:
		fields = []string{u.name, "x", "", "/", "/bin/sh"}
	case kind > 1:
		return nil // neither groups nor the shared memory
	}
	return u.reply(fields)
}

// reply is struct pw_response_header with the strings of a user, or that there is none.
func (u user) reply(fields []string) []byte {
	found := uint32(0)
	lengths := make([]uint32, 5)
	var text []byte
	for i, field := range fields {
		found = 1
		lengths[i] = uint32(len(field) + 1)
		text = append(append(text, field...), 0)
	}
	var reply []byte
	for _, word := range []uint32{2, found, lengths[0], lengths[1], u.uid, u.uid, lengths[2], lengths[3], lengths[4]} {
		reply = binary.NativeEndian.AppendUint32(reply, word)
	}
	return append(reply, text...)
}
