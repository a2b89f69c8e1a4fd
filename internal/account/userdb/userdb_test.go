package userdb

import (
	"bufio"
	"errors"
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

const soon = 300 * time.Millisecond

// service is one that the user of the test may run.
func service(d *fake.Daemon) Service {
	s := at(d.Path, soon)
	s.daemon.Trusted = func(uid uint32) bool { return uid == uint32(os.Getuid()) }
	return s
}

// always is a service with one answer; it tells what it was asked.
func always(t *testing.T, answer string) (Service, chan string) {
	t.Helper()
	asked := make(chan string, 8)
	d := fake.Listen(t, func(_ int, c net.Conn) {
		question, _ := bufio.NewReader(c).ReadString(0)
		asked <- question
		_, _ = c.Write([]byte(answer))
	})
	return service(d), asked
}

const alice = `{"parameters":{"record":{"userName":"alice","uid":7,"gid":8,"privileged":{"hashedPassword":["$6$x"]}},"incomplete":false}}` + "\x00"

func TestAsk(t *testing.T) {
	s, asked := always(t, alice)
	user, _, err := s.account(lookup.Key{ID: 7})
	if user != (lookup.Account{Name: "alice", ID: 7, Primary: 8}) || err != nil {
		t.Errorf("%v, %v", user, err)
	}
	const want = `{"method":"io.systemd.UserDatabase.GetUserRecord","parameters":{"uid":7,"service":"io.systemd.Multiplexer"}}` + "\x00"
	if got := <-asked; got != want {
		t.Errorf("asked %q", got)
	}
	if user, _, err := s.account(lookup.Key{Name: "a\"b\\c\x01"}); user.Name != "alice" || err != nil {
		t.Errorf("%v, %v", user, err)
	}
	if got := <-asked; !strings.Contains(got, `{"userName":"a\"b\\c\u0001","service":`) {
		t.Errorf("asked %q", got)
	}
	s, asked = always(t, `{"parameters":{"record":{"groupName":"devs","gid":9,"uid":1,"members":["`+strings.Repeat(`x","`, 100_000)+`"]}}}`+"\x00")
	if group, _, err := s.account(lookup.Key{Group: true, ID: 9}); group != (lookup.Account{Name: "devs", ID: 9}) || err != nil {
		t.Errorf("%v, %v", group, err)
	}
	if got := <-asked; !strings.Contains(got, `GetGroupRecord","parameters":{"gid":9,`) {
		t.Errorf("asked %q", got)
	}
	if group, _, err := s.account(lookup.Key{Group: true, Name: "devs"}); group.ID != 9 || err != nil {
		t.Errorf("%v, %v", group, err)
	}
	if got := <-asked; !strings.Contains(got, `GetGroupRecord","parameters":{"groupName":"devs",`) {
		t.Errorf("asked %q", got)
	}
}

func TestNoRecord(t *testing.T) {
	nobody := func(err error) bool { return errors.Is(err, lookup.ErrNobody) }
	malformed := func(err error) bool { return errors.Is(err, unixsock.ErrMalformed) }
	for answer, want := range map[string]func(error) bool{
		`{"error":"io.systemd.UserDatabase.NoRecordFound","parameters":{}}`:             nobody,
		`{"parameters":{},"error":"io.systemd.UserDatabase.NoRecordFound"}`:             nobody,
		`{"error":"io.systemd.UserDatabase.ServiceNotAvailable"}`:                       lookup.IsAbsent,
		`{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":1}}`: malformed,
		`{"parameters":{"record":{"userName":"alice"}}}`:                                lookup.IsAbsent, // systemd-homed
	} {
		s, _ := always(t, answer+"\x00")
		if found, err := s.Find([]lookup.Key{{ID: 7}}); !want(err) || found != nil {
			t.Errorf("%s: %v, %v", answer, found, err)
		}
	}
}

// TestNobodyElse: groups that have a record come with the word that nobody has the others.
func TestNobodyElse(t *testing.T) {
	d := fake.Listen(t, func(n int, c net.Conn) {
		_, _ = bufio.NewReader(c).ReadString(0)
		answer := `{"error":"io.systemd.UserDatabase.NoRecordFound"}`
		if n == 0 {
			answer = `{"parameters":{"record":{"groupName":"devs","gid":9}}}`
		}
		_, _ = c.Write([]byte(answer + "\x00"))
	})
	devs := []lookup.Account{{Name: "devs", ID: 9}}
	found, err := service(d).Find([]lookup.Key{{Group: true, ID: 9}, {Group: true, ID: 10}})
	if !slices.Equal(found, devs) || !errors.Is(err, lookup.ErrNobody) {
		t.Errorf("%v, %v", found, err)
	}
	s, _ := always(t, `{"parameters":{"record":{"groupName":"devs","gid":9}}}`+"\x00")
	if found, err := s.Find([]lookup.Key{{Group: true, ID: 9}}); !slices.Equal(found, devs) || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}

// TestOnePatience: a caller who is in many groups does not make the daemon be waited for longer than one who is in one.
func TestOnePatience(t *testing.T) {
	d := fake.Listen(t, func(_ int, c net.Conn) {
		_, _ = bufio.NewReader(c).ReadString(0)
		time.Sleep(soon / 3)
		_, _ = c.Write([]byte(`{"error":"io.systemd.UserDatabase.NoRecordFound"}` + "\x00"))
	})
	began := time.Now()
	_, err := service(d).Find(make([]lookup.Key, 30))
	if took := time.Since(began); !errors.Is(err, unixsock.ErrTimeout) || took > 2*soon || d.Accepted.Load() < 2 {
		t.Errorf("%v after %v, %d questions", err, took, d.Accepted.Load())
	}
}

func TestMalformed(t *testing.T) {
	for _, answer := range []string{
		"", "{}", "null", "[]", "{", `{"parameters":{}}`, `{"parameters":[]}`, `{"parameters":{"record":null}}`, `{"parameters":{"record":{}}`,
		`{"parameters":{"record":{"uid":7}}}`, `{"parameters":{"record":{"userName":7,"uid":7}}}`, `{"parameters":{"record":{"userName":"a","uid":"7"}}}`,
		`{"parameters":{"record":{"userName":"a","uid":-7}}}`, `{"parameters":{"record":{"userName":"a","uid":7.0}}}`, `{"parameters":{"record":{"userName":"a","uid":7e0}}}`,
		`{"parameters":{"record":{"userName":"a","uid":4294967296}}}`, `{"parameters":{"record":{"userName":"a","uid":07}}}`,
		`{"parameters":{"record":{"userName":"a","uid":7,"gid":null}}}`, `{"parameters":{"record":{"userName":"a","uid":18446744073709551623}}}`,
		`{"parameters":{"record":{"userName":"a","uid":7,"uid":8}}}`, `{"parameters":{"record":{"userName":"a","userName":"b","uid":7}}}`,
		`{"parameters":{"record":{"userName":"a","uid":7}},"parameters":{"record":{"userName":"b","uid":7}}}`,
		`{"error":7}`, `{"error":""}`, `{"error":"x","error":"io.systemd.UserDatabase.NoRecordFound"}`,
		alice[:len(alice)-1] + "x", alice[:len(alice)-1] + "{}", strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 100_000),
		`{"parameters":{"record":{"userName":"\ud800","uid":7}}}`, "{\"parameters\":{\"record\":{\"userName\":\"\xff\",\"uid\":7}}}",
		`{"parameters":{"record":{"userName":"a","uid":7},}}`, `{"parameters":{"record":{"userName":"a" "uid":7}}}`,
	} {
		s, _ := always(t, answer+"\x00")
		if user, _, err := s.account(lookup.Key{ID: 7}); err == nil || user != (lookup.Account{}) {
			t.Errorf("%.100s: %v, %v", answer, user, err)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	for name, answer := range map[string]func(int, net.Conn){
		"no NUL": func(_ int, c net.Conn) {
			_, _ = c.Read(make([]byte, 200))
			_, _ = c.Write([]byte(alice[:len(alice)-1]))
		},
		"silence": func(_ int, _ net.Conn) { time.Sleep(2 * soon) },
		"drip":    func(_ int, c net.Conn) { fake.Drip(c, []byte(alice), soon/20) },
		"no end": func(_ int, c net.Conn) {
			_, _ = c.Read(make([]byte, 200))
			_, _ = c.Write([]byte(strings.Repeat(" ", 2*longestReply)))
		},
		"closed":      func(_ int, c net.Conn) { _, _ = c.Read(make([]byte, 200)) },
		"not running": nil,
	} {
		var d *fake.Daemon
		if answer == nil {
			d = &fake.Daemon{Path: t.TempDir() + "/none"}
		} else {
			d = fake.Listen(t, answer)
		}
		began := time.Now()
		user, _, err := service(d).account(lookup.Key{ID: 7})
		var failed *unixsock.Error
		if !errors.As(err, &failed) || user != (lookup.Account{}) || time.Since(began) > 3*soon || failed.NotRunning() != (answer == nil) {
			t.Errorf("%s: %v, %v after %v", name, user, err, time.Since(began))
		}
	}
}

func TestPrimaryGroup(t *testing.T) {
	s, _ := always(t, `{"parameters":{"record":{"userName":"alice","uid":7}}}`+"\x00")
	if user, _, err := s.account(lookup.Key{ID: 7}); user != (lookup.Account{Name: "alice", ID: 7, Primary: 7}) || err != nil {
		t.Errorf("%v, %v", user, err)
	}
}

// FuzzReply: no account with an error.
func FuzzReply(f *testing.F) {
	f.Add([]byte(alice[:len(alice)-1]))
	f.Add([]byte(`{"error":"io.systemd.UserDatabase.NoRecordFound"}`))
	f.Fuzz(func(t *testing.T, reply []byte) {
		account, found, err := parseReply(reply, lookup.Key{ID: 7})
		if (err != nil || !found) && account != (lookup.Account{}) || err != nil && found {
			t.Errorf("%v, %v, %v", account, found, err)
		}
	})
}
