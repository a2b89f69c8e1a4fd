package records

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestLongRecord: nobody writes longer records, and what pretends to be one is not kept.
func TestLongRecord(t *testing.T) {
	for n, want := range map[int]bool{100: true, longestText: false} {
		if _, ok := syslogRecord("newuidmap", `result=refused why="`+strings.Repeat("x", n)+`"`); ok != want {
			t.Errorf("%d bytes: %v", n, ok)
		}
	}
}

func TestSyslogRecord(t *testing.T) {
	for text, want := range map[string]string{
		`result=granted ppid=7 uid=1000 gid=1000 user="alice,bob" target="77" pid=77 asked="0 100000 65536" by="/etc/subuid:3, own id"`: "granted alice,bob 1000 0 100000 65536",
		`result=refused uid=1001 user="" asked="a\"b\\c\n \x3d result\x3dgranted" id="not-granted" why="no"`:                            "refused  1001 a\"b\\c\n = result=granted",
		`result=granted user="alice" change="added /etc/subuid alice:1:1"`:                                                              "granted alice - ",
		`result=granted uid=1000 user="alice" asked="0 1000`:                                                                            "granted alice 1000 0 1000", // cut by the log
		`result=granted uid=1000 user="alice" asked="0 \x3`:                                                                             "granted alice 1000 0 ",
		`result=granted uid=1000 user="alice" asked="`:                                                                                  "granted alice 1000 ",
		`result=granted uid=1000 user="alice" uid=0`:                                                                                    "no record", // twice
		`result=granted uid=1000 user="alice"uid=0`:                                                                                     "no record",
		`result=granted uid=-1 user="alice"`:                                                                                            "no record",
		`result=granted uid=1000 user=alice`:                                                                                            "no record",
		`result=grunted uid=1000`:                                                                                                       "no record",
		`result=granted uid=1000 user="a" x`:                                                                                            "no record",
		` result=granted uid=1000`:                                                                                                      "no record",
		`uid=1000 result=granted`:                                                                                                       "no record",
		`result=granted  uid=1000`:                                                                                                      "no record",
		``:                                                                                                                              "no record",
		`result=granted uid=1000 user="alice" asked="x" y" z="`:                                                                         "no record",
		`result=granted uid=1000 user=` + "`alice`":                                                                                     "no record",
	} {
		if got := shown(syslogRecord("newuidmap", text)); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if _, ok := syslogRecord("sshd", `result=granted uid=0`); ok {
		t.Error("a record of sshd")
	}
}

func shown(r Record, ok bool) string {
	if !ok {
		return "no record"
	}
	uid := "-"
	if r.HasUID {
		uid = strconv.FormatUint(r.UID, 10)
	}
	return r.Result + " " + r.User + " " + uid + " " + r.Field("asked")
}

func TestKernelRecord(t *testing.T) {
	for text, want := range map[string]string{
		`op=newuidmap result=granted ppid=7 uid=1000 gid=1000 user="alice" asked=302031203635 res=success`: "granted alice 1000 0 1 65",
		`op=newuidmap result=refused uid=1000 user=? asked=31207265733D73756363657373 res=failed`:          "refused  1000 1 res=success",
		`op=newuidmap result=refused uid=1000 user=? res=success`:                                          "no record",
		`op=newuidmap result=refused uid=1000 user=?`:                                                      "no record",
		`op=newuidmap result=granted uid=1000 user="alice" asked=7 res=success`:                            "no record",
		`op=newuidmap result=granted uid=1000 uid=0 user="alice" res=success`:                              "no record",
		`op=login result=granted uid=1000 res=success`:                                                     "no record",
	} {
		if got := shown(kernelRecord(text)); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestLines: a record stands where its program's name does, and nowhere else in a line.
func TestLines(t *testing.T) {
	const record = `result=refused ppid=7 uid=1000 gid=1000 user="alice" id="not-granted" why="x"`
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Unix()
	berlin := time.FixedZone("CET", 3600)
	at := func(y int, m time.Month, d, h, mi, s int) int64 {
		return time.Date(y, m, d, h, mi, s, 0, time.UTC).Unix()
	}
	for line, want := range map[string]int64{
		"2026-02-28T22:00:01.123456+01:00 host newuidmap[7]: " + record: at(2026, 2, 28, 21, 0, 1),
		"2026-02-28T22:00:01Z host newuidmap[7]: " + record:             at(2026, 2, 28, 22, 0, 1),
		"2026-02-28T22:00:01-05:30 host newuidmap[7]: " + record:        at(2026, 3, 1, 3, 30, 1),
		"<86>2026-02-28T22:00:01Z host newuidmap[7]: " + record:         at(2026, 2, 28, 22, 0, 1),
		"Feb 28 22:00:01 host newuidmap[7]: " + record:                  at(2026, 2, 28, 21, 0, 1),
		"Feb  8 22:00:01 host newuidmap[7]: " + record:                  at(2026, 2, 8, 21, 0, 1),
		"Dec 31 22:00:01 host newuidmap[7]: " + record:                  at(2025, 12, 31, 21, 0, 1), // last year's

		"Feb 28 22:00:01 host sshd[9]: Invalid user newuidmap[7]: " + record:                        -1,
		"Feb 28 22:00:01 host sshd[9]: Invalid user x Feb 28 22:00:01 host newuidmap[7]: " + record: -1,
		"2026-02-28T22:00:01Z host sshd[9]: \n2026-02-28T22:00:01Z host newuidmap[7]: " + record:    -1,
		"newuidmap[7]: " + record:                                -1,
		"Feb 28 22:00:01 host newuidmap: " + record:              -1,
		"Feb 28 22:00:01 host newuidmap[x]: " + record:           -1,
		"Feb 30 22:00 host newuidmap[7]: " + record:              -1,
		"Fbe 28 22:00:01 host newuidmap[7]: " + record:           -1,
		"2026-13-28T22:00:01Z host newuidmap[7]: " + record:      -1,
		"2026-02-28T22:00:01+25:00 host newuidmap[7]: " + record: -1,
		"2026-02-28T22:00:01 host newuidmap[7]: " + record:       -1,
		"": -1,
	} {
		r, ok := logLine(line, Clock{now, berlin})
		if !ok {
			r.Time = -1
		}
		if r.Time != want || ok && r.User != "alice" {
			t.Errorf("%q: %d, want %d; %+v", line, r.Time, want, r)
		}
	}
	for line, want := range map[string]bool{
		`type=TRUSTED_APP msg=audit(1700000000.123:9): pid=1 uid=0 auid=0 ses=1 msg='op=newuidmap result=granted uid=1000 user="alice" res=success'`:           true,
		`type=TRUSTED_APP msg=audit(1700000000.123:9): pid=1 uid=0 msg='op=newuidmap result=granted uid=1000 user="alice" res=success'` + "\x1dUID=\"root\"":   true,
		`type=USER_AUTH msg=audit(1700000000.123:9): pid=1 uid=0 msg='op=newuidmap result=granted uid=1000 user="alice" res=success'`:                          false,
		`type=EXECVE msg=audit(1.1:1): a0="type=TRUSTED_APP msg=audit(1700000000.123:9): msg='op=newuidmap result=granted uid=1000 user="alice" res=success'"`: false,
		`type=TRUSTED_APP msg=audit(x.123:9): pid=1 uid=0 msg='op=newuidmap result=granted uid=1000 user="alice" res=success'`:                                 false,
		`type=TRUSTED_APP msg=audit(1700000000.123:9): pid=1 uid=0 msg='op=newuidmap result=granted uid=1000 user="alice" res=success`:                         false,
	} {
		if r, ok := kernelLine(line); ok != want || ok && r.Time != 1_700_000_000 {
			t.Errorf("%s: %v, %+v", line, ok, r)
		}
	}
}

// TestJournalLine: the journal knows who sent a record, and a record about somebody else than that is forged.
func TestJournalLine(t *testing.T) {
	entry := func(uid, message string) string {
		return fmt.Sprintf(`{"__REALTIME_TIMESTAMP":"1700000000123456","SYSLOG_IDENTIFIER":"newuidmap","_UID":%q,"MESSAGE":%s}`, uid, message)
	}
	record := func(uid string) string { return strconv.Quote(`result=granted uid=` + uid + ` user="alice"`) }
	for _, c := range []struct {
		line       string
		ok, forged bool
	}{
		{entry("1000", record("1000")), true, false},
		{entry("0", record("1000")), true, false},
		{entry("1001", record("1000")), false, true},
		{entry("1001", strconv.Quote(`result=granted user="alice" change="x"`)), false, true},
		{entry("", record("1000")), true, false},
		{entry("1000", "[114,101]"), false, false},
		{entry("1000", "null"), false, false},
		{"{", false, false},
		{"", false, false},
	} {
		r, ok, forged := journalLine([]byte(c.line))
		if ok != c.ok || forged != c.forged || ok && r.Time != 1_700_000_000 {
			t.Errorf("%s: %v, %v, %+v", c.line, ok, forged, r)
		}
	}
}

// TestGroups: alike records are one group; whoever makes up reasons fills their own groups alone.
func TestGroups(t *testing.T) {
	var g Groups
	add := func(at int64, text string) {
		r, ok := syslogRecord("lxc-user-nic", text)
		if !ok {
			t.Fatal(text)
		}
		r.Time = at
		g.Add(r)
	}
	for i := range 5 {
		add(int64(100-i), fmt.Sprintf(`result=refused uid=1000 user="alice" asked="create /p n 1 veth br%d" id="over-quota" why="no %d"`, i, i))
	}
	add(50, `result=granted uid=1000 user="alice" asked="create /p n 1 veth br0" by="f:1"`)
	add(51, `result=granted uid=1000 user="alice" asked="create /p n 1 veth br1" by="f:2"`)
	for i := range 10_000 {
		add(1000, fmt.Sprintf(`result=refused uid=1001 user="u%d" id="made-up-%d" why="x"`, i, i))
	}
	add(60, `result=refused uid=1002 user="carol" asked="create" id="not-granted" why="last"`)
	all := g.Sorted()
	var got []string
	for _, group := range all[len(all)-4:] {
		got = append(got, fmt.Sprintf("%s %s %s %d %d-%d %s", group.User, group.Result, group.Bridge, group.Count, group.First, group.Last, group.Why))
	}
	want := "[alice refused  5 96-100 no 0 carol refused  1 60-60 last alice granted br1 1 51-51  alice granted br0 1 50-50 ]"
	if fmt.Sprint(got) != want || len(all) != mostOfOne+1+4 || g.Other != 0 {
		t.Errorf("%v\nwant %s; %d groups, %d others", got, want, len(all), g.Other)
	}
}

// FuzzLines: no line makes a panic, and what is understood has one of the programs, one of the results, and no user with quotes left.
func FuzzLines(f *testing.F) {
	f.Add("2026-02-28T22:00:01Z host newuidmap[7]: result=granted uid=1 user=\"a\\\"b\"")
	f.Add("type=TRUSTED_APP msg=audit(1700000000.123:9): pid=1 uid=0 msg='op=newuidmap result=granted uid=1000 user=6162 res=success'")
	f.Add(`{"__REALTIME_TIMESTAMP":"1","SYSLOG_IDENTIFIER":"usernsctl","_UID":"0","MESSAGE":"result=granted"}`)
	f.Add("Feb 28 22:00:01 host newuidmap[7]: result=failed a=\"\\u12")
	f.Fuzz(func(t *testing.T, line string) {
		r, ok := logLine(line, Clock{1_700_000_000, time.UTC})
		if !ok {
			r, ok = kernelLine(line)
		}
		if !ok {
			r, ok, _ = journalLine([]byte(line))
		}
		if ok && (results()[r.Result] == "" || !strings.Contains(strings.Join(Programs(), " "), r.Program)) {
			t.Fatalf("%q: %+v", line, r)
		}
	})
}
