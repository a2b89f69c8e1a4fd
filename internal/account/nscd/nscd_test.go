package nscd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/kernel/unixsock"
	"userns-helpers/test/directory/fake"
)

const soon = 300 * time.Millisecond

func words(n ...uint32) []byte {
	var b []byte
	for _, w := range n {
		b = binary.NativeEndian.AppendUint32(b, w)
	}
	return b
}

func cacheAt(path string) Cache {
	c := at(path, soon)
	c.daemon.Trusted = func(uid uint32) bool { return uid == uint32(os.Getuid()) }
	return c
}

// always is a cache with one answer; it tells what it was asked.
func always(t testing.TB, answer []byte) (Cache, chan []byte) {
	t.Helper()
	asked := make(chan []byte, 8)
	d := fake.Listen(t, func(_ int, c net.Conn) {
		question := make([]byte, 300)
		n, _ := c.Read(question)
		asked <- question[:n]
		_, _ = c.Write(answer)
	})
	return cacheAt(d.Path), asked
}

const minusOne = 1<<32 - 1

func aliceReply() []byte {
	return append(words(2, 1, 6, 2, 7, 8, 1, 1, 1), "alice\x00*\x00\x00\x00\x00"...)
}

func TestAsk(t *testing.T) {
	c, asked := always(t, aliceReply())
	user, found, err := c.account(lookup.Key{ID: 7})
	if user != (lookup.Account{Name: "alice", ID: 7, Primary: 8}) || !found || err != nil {
		t.Errorf("%v, %v, %v", user, found, err)
	}
	if got := <-asked; !bytes.Equal(got, append(words(2, 1, 2), "7\x00"...)) {
		t.Errorf("asked %q", got)
	}
	if user, found, err := c.account(lookup.Key{Name: "alice"}); user.ID != 7 || !found || err != nil {
		t.Errorf("%v, %v, %v", user, found, err)
	}
	if got := <-asked; !bytes.Equal(got, append(words(2, 0, 6), "alice\x00"...)) {
		t.Errorf("asked %q", got)
	}
	c, asked = always(t, append(words(2, 1, 5, 2, 9, 2, 4, 4), "devs\x00*\x00bob\x00eve\x00"...))
	if group, found, err := c.account(lookup.Key{Group: true, ID: 9}); group != (lookup.Account{Name: "devs", ID: 9}) || !found || err != nil {
		t.Errorf("%v, %v, %v", group, found, err)
	}
	if got := <-asked; !bytes.Equal(got, append(words(2, 3, 2), "9\x00"...)) {
		t.Errorf("asked %q", got)
	}
	if group, found, err := c.account(lookup.Key{Group: true, Name: "devs"}); group.ID != 9 || !found || err != nil {
		t.Errorf("%v, %v, %v", group, found, err)
	}
	if got := <-asked; !bytes.Equal(got, append(words(2, 2, 5), "devs\x00"...)) {
		t.Errorf("asked %q", got)
	}
}

func TestNotFound(t *testing.T) {
	c, _ := always(t, words(2, 0, 0, 0, minusOne, minusOne, 0, 0, 0))
	if user, found, err := c.account(lookup.Key{ID: 7}); found || err != nil || user != (lookup.Account{}) {
		t.Errorf("%v, %v, %v", user, found, err)
	}
	// Not served is not "no": another source has to be asked.
	c, _ = always(t, words(2, minusOne, 0, 0, 0, 0, 0, 0, 0))
	if user, found, err := c.account(lookup.Key{ID: 7}); found || !lookup.IsAbsent(err) || user != (lookup.Account{}) {
		t.Errorf("%v, %v, %v", user, found, err)
	}
}

func TestMalformed(t *testing.T) {
	for name, answer := range map[string][]byte{
		"nothing":         nil,
		"half a header":   words(2),
		"version 1":       append(words(1), aliceReply()[4:]...),
		"version 3":       append(words(3), aliceReply()[4:]...),
		"maybe":           append(words(2, 2), aliceReply()[8:]...),
		"half":            aliceReply()[:30],
		"no name":         words(2, 1, 0, 2, 7, 8, 1, 1, 1),
		"an empty name":   append(words(2, 1, 1, 2, 7, 8, 1, 1, 1), 0),
		"no NUL":          append(words(2, 1, 5, 2, 7, 8, 1, 1, 1), "alice*\x00"...),
		"half a name":     append(words(2, 1, 6, 2, 7, 8, 1, 1, 1), "ali"...),
		"a long name":     append(words(2, 1, 257, 2, 7, 8, 1, 1, 1), strings.Repeat("x", 256)+"\x00"...),
		"an endless name": append(words(2, 1, minusOne, 2, 7, 8, 1, 1, 1), strings.Repeat("x", 256)+"\x00"...),
	} {
		c, _ := always(t, answer)
		if user, found, err := c.account(lookup.Key{ID: 7}); err == nil || found || user != (lookup.Account{}) {
			t.Errorf("%s: %v, %v, %v", name, user, found, err)
		}
	}
	for name, answer := range map[string][]byte{
		"too many members":        words(2, 1, 5, 2, 9, mostMembers+1),
		"fewer members than told": words(2, 1, 5, 2, 9, 1000, 4),
	} {
		c, _ := always(t, answer)
		if group, found, err := c.account(lookup.Key{Group: true, ID: 9}); err == nil || found || group != (lookup.Account{}) {
			t.Errorf("%s: %v, %v, %v", name, group, found, err)
		}
	}
}

// TestOnePatience: a caller who is in many groups does not make the daemon be waited for longer than one who is in one.
func TestOnePatience(t *testing.T) {
	d := fake.Listen(t, func(_ int, c net.Conn) {
		_, _ = c.Read(make([]byte, 300))
		time.Sleep(soon / 3)
		_, _ = c.Write(words(2, 0, 0, 0, minusOne, minusOne, 0, 0, 0))
	})
	began := time.Now()
	_, err := cacheAt(d.Path).Find(make([]lookup.Key, 30))
	if took := time.Since(began); !errors.Is(err, unixsock.ErrTimeout) || took > 2*soon || d.Accepted.Load() < 2 {
		t.Errorf("%v after %v, %d questions", err, took, d.Accepted.Load())
	}
}

func TestSlow(t *testing.T) {
	for name, answer := range map[string]func(int, net.Conn){
		"silence": func(_ int, _ net.Conn) { time.Sleep(2 * soon) },
		"drip":    func(_ int, c net.Conn) { fake.Drip(c, aliceReply(), soon/20) },
	} {
		began := time.Now()
		if _, found, err := cacheAt(fake.Listen(t, answer).Path).account(lookup.Key{ID: 7}); found || !errors.Is(err, unixsock.ErrTimeout) || time.Since(began) > 2*soon {
			t.Errorf("%s: %v, %v after %v", name, found, err, time.Since(began))
		}
	}
}

// FuzzReply: what is found stands in the reply.
func FuzzReply(f *testing.F) {
	f.Add(aliceReply())
	f.Add(words(2, 0))
	f.Add(append(words(2, 1, 5, 2, 9, 1, 4), "devs\x00*\x00bob\x00"...))
	f.Fuzz(func(t *testing.T, reply []byte) {
		c, _ := always(t, reply)
		for _, key := range []lookup.Key{{ID: 7}, {Group: true, ID: 7}} {
			account, found, err := c.account(key)
			if (err != nil || !found) && account != (lookup.Account{}) || found && !bytes.Contains(reply, []byte(account.Name+"\x00")) {
				t.Errorf("%v, %v, %v", account, found, err)
			}
		}
	})
}
