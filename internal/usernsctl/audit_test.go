package usernsctl

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"userns-helpers/internal/usernsctl/records"
)

const (
	auditNow = 1_764_000_000
	hostile  = `create /dev/null \"\x1b[2J\n2026-01-01T00:00:00Z h newuidmap[1]: result\x3dgranted\" 1 veth br0`
)

// auditLog are logs as rsyslogd and auditd write them.
func auditLog(t *testing.T) (syslog, kernel string) {
	t.Helper()
	directory := t.TempDir()
	syslog, kernel = filepath.Join(directory, "auth.log"), filepath.Join(directory, "audit.log")
	for path, text := range map[string]string{
		syslog: `2025-11-24T10:00:00.000001+00:00 h sshd[5]: Invalid user newuidmap[7]: result=granted uid=0 user="root"
2025-11-24T15:00:00.000001+00:00 h newuidmap[7]: result=granted ppid=6 uid=1000 gid=1000 user="alice" target="5" pid=5 asked="0 100000 65536" by="/etc/subuid:1"
2025-11-24T15:00:01.000001+00:00 h newuidmap[8]: result=granted ppid=6 uid=1000 gid=1000 user="alice" target="6" pid=6 asked="0 100000 65536" by="/etc/subuid:1"
2025-11-24T15:50:00.000001+00:00 h newgidmap[9]: result=refused ppid=6 uid=1001 gid=1001 user="bob" target="6" pid=6 asked="0 1 65536" id="not-granted" why="gid range [0-65536) -> [1-65537) not allowed: nothing is granted to bob"
2025-11-24T15:55:00.000001+00:00 h lxc-user-nic[10]: result=refused ppid=6 uid=1001 gid=1001 user="bob" target="1" pid=0 asked="` + hostile + `" id="bad-name" why="no\x1b[2J"
2025-11-24T15:56:00.000001+00:00 h lxc-user-nic[10]: result=granted ppid=6 uid=1000 gid=1000 user="alice" target="77" pid=77 asked="create /dev/null c1 77 veth lxcbr0" by="/etc/lxc/lxc-usernet:3" owner="alice" host="veth1000_AbCd"
2025-11-24T15:57:00.000001+00:00 h usernsctl[11]: result=granted ppid=6 user="carol" change="added /etc/subuid carol:231072:65536"
2025-11-24T15:58:00.000001+00:00 h newuidmap[12]: result=granted uid=0 uid=1
`,
		kernel: "type=TRUSTED_APP msg=audit(1763990000.100:7): pid=9 uid=0 auid=1001 ses=1 msg='op=lxc-user-nic result=refused ppid=6 uid=1001 gid=1001 user=\"bob\" asked=" +
			strings.ToUpper(hex.EncodeToString([]byte("x' res=success\x1b"))) + " id=\"not-granted\" why=\"no\" res=failed'\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return syslog, kernel
}

// auditOf is the answer about a log, with the name of the log cut to its last element.
func auditOf(path string, wants func(records.Record) bool) auditAnswer {
	log := records.Read(records.Question{Clock: records.Clock{Now: auditNow, Zone: time.UTC}, File: path, Wants: wants})
	for i := range log.Sources {
		log.Sources[i].Name = "/var/log/" + filepath.Base(log.Sources[i].Name)
	}
	return auditAnswer{Format: format, Sources: log.Sources, Groups: log.Sorted(), Broken: log.Broken}
}

func TestAuditText(t *testing.T) {
	syslog, kernel := auditLog(t)
	terminal := asker{screen: screen{columns: 80}}
	golden(t, "audit", terminal.auditText(auditOf(syslog, nil), auditNow))
	golden(t, "audit-kernel", terminal.auditText(auditOf(kernel, nil), auditNow))
	pipe := asker{}.auditText(auditOf(syslog, nil), auditNow)
	if strings.Count(pipe, "\n") != len(auditOf(syslog, nil).Groups)+4 || strings.Contains(pipe, "\x1b") {
		t.Errorf("not a line for each group, and four more:\n%s", pipe)
	}
	for user, want := range map[string]int{"alice": 3, "1000": 3, "bob": 2, "carol": 1, "root": 0, "dave": 0} {
		wants, err := wantsUser(user, map[uint32]string{0: "root", 1000: "alice"})
		got := 0
		for _, g := range auditOf(syslog, wants).Groups {
			got += g.Count
		}
		if err != nil || got != want {
			t.Errorf("%s: %d records, want %d, %v", user, got, want, err)
		}
	}
}

// TestCalledHere: whoever writes a record in a program's name chooses the name in it, and not the user ID.
func TestCalledHere(t *testing.T) {
	names := map[uint32]string{0: "root", 1000: "alice", 1001: "mallory"}
	for _, c := range []struct {
		recorded string
		uid      uint32
		want     string
	}{
		{"alice", 1000, "alice"},
		{"alice,al", 1000, "alice,al"},
		{"", 1000, "alice"},
		{"before-usermod", 1000, "alice"},
		{"alice", 1001, "mallory"},
		{"root,mallory", 1001, "mallory"},
		{"of-a-directory", 5000, "of-a-directory"},
		{"alice", 5000, ""},
	} {
		if got := calledHere(c.recorded, c.uid, names); got != c.want {
			t.Errorf("%q of %d: got %q, want %q", c.recorded, c.uid, got, c.want)
		}
	}
	for _, user := range []string{"alice", "1000"} {
		wants, err := wantsUser(user, names)
		if err != nil || wants(records.Record{User: "alice", UID: 1001, HasUID: true}) || !wants(records.Record{User: "before-usermod", UID: 1000, HasUID: true}) {
			t.Errorf("--user %s goes by the name in a record, %v", user, err)
		}
	}
}

func TestSince(t *testing.T) {
	for text, want := range map[string]int64{
		"": 0, "90m": auditNow - 5400, "2h": auditNow - 7200, "7d": auditNow - 604_800, "4w": auditNow - 2_419_200, "@17": 17,
		"2025-11-24T10:00:00+01:00": 1_763_974_800, "0m": auditNow,
		"yesterday": -1, "-1d": -1, "1.5h": -1, "@": -1, "@-1": -1, "99999999999999999999d": -1, "d": -1, "2025-13-01": -1, "@99999999999": -1,
	} {
		got, err := sinceOf(text, auditNow)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
