package sssd

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/kernel/unixsock"
	"userns-helpers/test/directory/fake"
)

func own(uid uint32) bool { return uid == uint32(os.Getuid()) }

const soon = 300 * time.Millisecond

// words is numbers in the byte order of this machine.
func words(n ...uint32) []byte {
	var b []byte
	for _, w := range n {
		b = binary.NativeEndian.AppendUint32(b, w)
	}
	return b
}

// reply is a reply with a true length.
func reply(command, status uint32, body []byte) []byte {
	return append(words(uint32(headerSize+len(body)), command, status, 0), body...)
}

// serve answers the question for the version as SSSD does, and every other with what answer returns.
func serve(t *testing.T, answer func(command uint32, body []byte, c net.Conn)) Server {
	t.Helper()
	d := fake.Listen(t, func(_ int, c net.Conn) {
		for {
			var header [headerSize]byte
			if _, err := io.ReadFull(c, header[:]); err != nil {
				return
			}
			body := make([]byte, word(header[:])-headerSize)
			if _, err := io.ReadFull(c, body); err != nil {
				return
			}
			if command := word(header[4:]); command != cmdVersion {
				answer(command, body, c)
				continue
			}
			_, _ = c.Write(reply(cmdVersion, 0, words(version)))
		}
	})
	return at(d.Path, soon, own)
}

// always serves one reply.
func always(t *testing.T, text []byte) Server {
	t.Helper()
	return serve(t, func(_ uint32, _ []byte, c net.Conn) { _, _ = c.Write(text) })
}

func userOf(s Server, uid uint32) (user lookup.Account, found bool, err error) {
	err = s.Session(func(s Session) (err error) {
		user, found, err = s.Account(lookup.Key{ID: uid})
		return err
	})
	return user, found, err
}

func rangesOf(s Server, name string) (ranges Ranges, err error) {
	err = s.Session(func(s Session) (err error) {
		ranges, err = s.RangesOf(name)
		return err
	})
	return ranges, err
}

// TestBytes has what SSSD 2.8.2 was seen to be sent and to send, on a little-endian machine.
func TestBytes(t *testing.T) {
	if word([]byte{1, 0, 0, 0}) != 1 {
		t.Log("the bytes are those of a little-endian machine")
		return
	}
	for question, want := range map[string]string{
		string(request(cmdUserByID, number(1149800001))):      "14000000120000000000000000000000418e8844",
		string(request(cmdSubid, append([]byte("alice"), 0))): "1600000030010000" + "0000000000000000" + "616c69636500",
	} {
		if got := hex.EncodeToString([]byte(question)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	seen, _ := hex.DecodeString("28000000300100000000000000000000" + "0100000001000000" + "0000008000000100" + "0000018000000100")
	ranges, err := rangesOf(always(t, seen), "alice")
	if want := (Ranges{[]Range{{2147483648, 65536}}, []Range{{2147549184, 65536}}}); err != nil ||
		!slices.Equal(ranges.UID, want.UID) || !slices.Equal(ranges.GID, want.GID) {
		t.Errorf("%v, %v", ranges, err)
	}
}

func user(uid, gid uint32, name string) []byte {
	return append(words(1, 0, uid, gid), name+"\x00*\x00Alice\x00/home/alice\x00/bin/sh\x00"...)
}

func TestSession(t *testing.T) {
	s := serve(t, func(command uint32, body []byte, c net.Conn) {
		switch {
		case command == cmdUserByID && word(body) == 7, command == cmdUserNamed && string(body) == "alice@example.test\x00":
			_, _ = c.Write(reply(command, 0, user(7, 8, "alice@example.test")))
		case command == cmdGroupByID && word(body) == 8:
			members := strings.Repeat("somebody\x00", 100_000) // passed over
			_, _ = c.Write(reply(command, 0, append(append(words(1, 0, 8, 100_000), "domain users\x00*\x00"...), members...)))
		case command == cmdGroupNamed && string(body) == "domain users\x00":
			_, _ = c.Write(reply(command, 0, append(words(1, 0, 8, 0), "domain users\x00*\x00"...)))
		case command == cmdSubid:
			_, _ = c.Write(reply(command, 0, append(words(1, 0, 5, 6), "longer than needed"...)))
		default:
			_, _ = c.Write(reply(command, 0, words(0, 0)))
		}
	})
	err := s.Session(func(s Session) error {
		byID, found, err := s.Account(lookup.Key{ID: 7})
		named, foundToo, errToo := s.Account(lookup.Key{Name: "alice@example.test"})
		if want := (lookup.Account{Name: "alice@example.test", ID: 7, Primary: 8}); !found || !foundToo || byID != want || named != want {
			t.Errorf("%v %v, %v %v, %v %v", byID, named, found, foundToo, err, errToo)
		}
		group, found, err := s.Account(lookup.Key{Group: true, ID: 8})
		if group != (lookup.Account{Name: "domain users", ID: 8}) || !found || err != nil {
			t.Errorf("%v, %v, %v", group, found, err)
		}
		if group, found, err := s.Account(lookup.Key{Group: true, Name: "domain users"}); group.ID != 8 || !found || err != nil {
			t.Errorf("%v, %v, %v", group, found, err)
		}
		if _, found, err := s.Account(lookup.Key{ID: 8}); found || err != nil {
			t.Errorf("%v, %v", found, err)
		}
		ranges, err := s.RangesOf("x")
		if !slices.Equal(ranges.UID, []Range{{5, 6}}) || ranges.GID != nil || err != nil {
			t.Errorf("%v, %v", ranges, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestMalformed: what is no answer is an error, and comes within the patience of the asker.
func TestMalformed(t *testing.T) {
	good := user(7, 8, "alice")
	for name, text := range map[string][]byte{
		"another command":       reply(cmdGroupByID, 0, good),
		"shorter than a header": words(15, cmdUserByID, 0, 0),
		"no length":             append(words(0, cmdUserByID, 0, 0), good...),
		"endless":               append(words(1<<32-1, cmdUserByID, 0, 0), good...),
		"too long":              append(words(longestReply+1, cmdUserByID, 0, 0), good...),
		"no body":               reply(cmdUserByID, 0, nil),
		"half a count":          reply(cmdUserByID, 0, words(1)),
		"no result":             reply(cmdUserByID, 0, words(1, 0)),
		"two results":           reply(cmdUserByID, 0, append(words(2, 0, 7, 8), "alice\x00"...)),
		"half the numbers":      reply(cmdUserByID, 0, words(1, 0, 7)),
		"no name":               reply(cmdUserByID, 0, words(1, 0, 7, 8)),
		"an empty name":         reply(cmdUserByID, 0, append(words(1, 0, 7, 8), 0)),
		"no end of the name":    reply(cmdUserByID, 0, append(words(1, 0, 7, 8), "alice"...)),
		"a long name":           reply(cmdUserByID, 0, append(words(1, 0, 7, 8), strings.Repeat("x", 256)+"\x00"...)),
		"less than it says":     reply(cmdUserByID, 0, good)[:40],
		"a status":              reply(cmdUserByID, 22, nil),
		"nothing":               nil,
	} {
		began := time.Now()
		user, found, err := userOf(always(t, text), 7)
		if err == nil || found || user != (lookup.Account{}) {
			t.Errorf("%s: %v, %v, %v", name, user, found, err)
		}
		if took := time.Since(began); took > 2*soon {
			t.Errorf("%s: it took %v", name, took)
		}
	}
	if _, _, err := userOf(always(t, reply(cmdUserByID, 22, nil)), 7); err == nil || lookup.IsAbsent(err) || !strings.HasSuffix(err.Error(), "SSSD answers with status 22") {
		t.Error(err)
	}
}

// TestNotSupported: an SSSD without ranges closes the connection.
func TestNotSupported(t *testing.T) {
	s := serve(t, func(_ uint32, _ []byte, c net.Conn) { c.Close() })
	if ranges, err := rangesOf(s, "alice"); !errors.Is(err, unixsock.ErrClosed) || ranges.UID != nil {
		t.Errorf("%v, %v", ranges, err)
	}
}

func TestVersion(t *testing.T) {
	for name, text := range map[string][]byte{
		"2": reply(cmdVersion, 0, words(2)), "0": reply(cmdVersion, 0, words(0)), "none": reply(cmdVersion, 0, nil),
		"another answer": reply(cmdSubid, 0, words(1)), "status": reply(cmdVersion, 1, words(1)),
	} {
		d := fake.Listen(t, func(_ int, c net.Conn) {
			_, _ = c.Read(make([]byte, 100))
			_, _ = c.Write(text)
		})
		err := at(d.Path, soon, own).Session(func(Session) error {
			t.Errorf("version %s is spoken", name)
			return nil
		})
		if err == nil {
			t.Error(name)
		}
	}
}

// TestDrip: a reply that never ends holds its reader no longer than one that never comes.
func TestDrip(t *testing.T) {
	s := serve(t, func(_ uint32, _ []byte, c net.Conn) {
		fake.Drip(c, reply(cmdUserByID, 0, user(7, 8, "alice")), soon/4)
	})
	began := time.Now()
	if _, found, err := userOf(s, 7); found || !errors.Is(err, unixsock.ErrTimeout) || time.Since(began) > 2*soon {
		t.Errorf("%v, %v after %v", found, err, time.Since(began))
	}
}

// TestRanges: nothing comes of a list that is not one.
func TestRanges(t *testing.T) {
	for _, c := range []struct {
		body []byte
		uids int // -1: malformed
		gids int
	}{
		{nil, -1, 0},
		{words(1), -1, 0},
		{words(0, 0), 0, 0},
		{words(0, 0, 5, 6), 0, 0}, // longer than needed
		{words(1, 0, 5, 6), 1, 0},
		{words(0, 1, 5, 6), 0, 1},
		{words(2, 1, 1, 2, 3, 4, 5, 6), 2, 1},
		{words(1, 0, 5), -1, 0},
		{words(2, 0, 5, 6), -1, 0},
		{words(1, 1, 5, 6), -1, 0},
		{words(1<<32-1, 1, 5, 6), -1, 0}, // 8 * count wraps in 32 bits
		{words(1<<29, 0, 5, 6), -1, 0},
		{words(1<<31, 1<<31, 5, 6), -1, 0},
		{words(mostRanges+1, 0), -1, 0},
		{append(words(mostRanges, 0), make([]byte, 8*mostRanges)...), mostRanges, 0},
	} {
		ranges, ok := parseRanges(c.body)
		if ok != (c.uids >= 0) || ok && (len(ranges.UID) != c.uids || len(ranges.GID) != c.gids) || !ok && (ranges.UID != nil || ranges.GID != nil) {
			t.Errorf("%v: %v, %v", c.body, ranges, ok)
		}
	}
}

// FuzzAccount: a name is one that the reply has, and nothing comes of a reply that is refused.
func FuzzAccount(f *testing.F) {
	f.Add(user(7, 8, "alice"))
	f.Add(words(0, 0))
	f.Add(words(1, 0, 7, 8))
	f.Fuzz(func(t *testing.T, body []byte) {
		account, found, ok := parseAccount(body)
		if (!ok || !found) && account != (lookup.Account{}) {
			t.Errorf("%v of a reply without one", account)
		}
		if ok && found && (account.Name == "" || !strings.HasPrefix(string(body[16:]), account.Name+"\x00")) {
			t.Errorf("%q", account)
		}
	})
}

// FuzzRanges: what is understood is what the reply says, number by number.
func FuzzRanges(f *testing.F) {
	f.Add(words(1, 1, 2147483648, 65536, 2147549184, 65536))
	f.Add(words(1<<31, 1<<31))
	f.Fuzz(func(t *testing.T, body []byte) {
		ranges, ok := parseRanges(body)
		if !ok {
			if ranges.UID != nil || ranges.GID != nil {
				t.Errorf("%v of a reply that is refused", ranges)
			}
			return
		}
		again := words(uint32(len(ranges.UID)), uint32(len(ranges.GID)))
		for _, r := range append(slices.Clone(ranges.UID), ranges.GID...) {
			again = append(again, words(r.Start, r.Count)...)
		}
		if !bytes.HasPrefix(body, again) {
			t.Errorf("%v of %v", ranges, body)
		}
	})
}
