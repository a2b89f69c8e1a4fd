//go:build system

package hostile

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/usernsctl/records"
)

// kernelRecord runs a program and returns what it sends to the kernel's audit.
func kernelRecord(t *testing.T, u user, argv ...string) string {
	t.Helper()
	sent := ""
	plan{u: u, argv: argv}.run(t, func(x *traced) {
		for x.until(is(unix.SYS_SENDTO)) {
			buffer := make([]byte, x.at.args[2])
			buffer = buffer[:x.bytes(x.at.args[1], buffer)]
			if len(buffer) > unix.SizeofNlMsghdr && binary.NativeEndian.Uint16(buffer[4:]) == trustedApp {
				sent = strings.TrimSuffix(string(buffer[unix.SizeofNlMsghdr:]), "\x00")
			}
		}
	})
	if sent == "" {
		t.Fatalf("%q sends nothing", argv)
	}
	return sent
}

// longestText is what the kernel takes of a message: AUDIT_MESSAGE_TEXT_MAX.
const longestText = 8560

// TestAusearch: whatever a caller writes into an argument, the administrator's tools tell grants from refusals, and whose
// they are. The records are written to a file as auditd(8) does.
func TestAusearch(t *testing.T) {
	mapped := hold(t, audited, "unshare", "-U", "cat")
	netns := container(t, audited)
	base := strconv.Itoa(audited.base())
	calls := [][]string{{newuidmap, strconv.Itoa(mapped.PID), "0", base, "1"}}
	for _, text := range []string{
		"1 res=success", "res=success", "1' res=success uid=0 '", `1" res=success "`, "1\nres=success", "msg='op=x res=success'", "'", "=", "", " ",
		"\xff res=success", "\u00e9", "1) result=success)", "uid=0", "acct=root", "1\x1dres=success", "?", "(null)",
		"1'\ntype=TRUSTED_APP msg=audit(1700000099.000:99): pid=1 uid=0 auid=0 ses=1 msg='op=x res=success'",
		strings.Repeat("res=success ", 1000), strings.Repeat("'", 9000), strings.Repeat("x", 100_000), strings.Repeat("\x01", 100_000),
	} {
		calls = append(calls, []string{newuidmap, text, "0", "1", "1"}, []string{newuidmap, strconv.Itoa(mapped.PID), text, "1", "1"})
		calls = append(calls, []string{usernic, "create", "/dev/null", text, strconv.Itoa(netns.PID), "veth", "lo"})
		calls = append(calls, []string{usernic, text, text, text, text, text, text})
	}
	var log strings.Builder
	for i, argv := range calls {
		text := kernelRecord(t, audited, argv...)
		text = text[:min(len(text), longestText)]
		fmt.Fprintf(&log, "type=TRUSTED_APP msg=audit(%d.000:%d): pid=77 uid=0 auid=4294967295 ses=4294967295 subj=unconfined msg='%s'\n", 1700000000+i, i+1, text)
	}
	file := filepath.Join(t.TempDir(), "audit.log")
	if err := os.WriteFile(file, []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := events(t, file, "--success", "yes"); len(got) != 1 || got[0] != 1 {
		t.Errorf("granted by ausearch: events %v, not the first alone:\n%s", got, ausearch(t, file, "--success", "yes"))
	}
	for _, asked := range [][]string{{"--success", "no"}, {"--success", "no", "-i"}, {"--success", "no", "-ui", strconv.Itoa(int(audited.uid))}} {
		if got := events(t, file, asked...); len(got) != len(calls)-1 {
			t.Errorf("ausearch %q: %d of %d refusals: %v", asked, len(got), len(calls)-1, got)
		}
	}
	// In words again: what the caller wrote, and the result after it.
	if text := ausearch(t, file, "-i", "-a", "2"); !strings.Contains(text, " target=1 res=success ") || !strings.Contains(text, " res=failed' ") {
		t.Errorf("ausearch -i: %s", text)
	}
	isUnderstood(t, file, len(calls)-1)
	report, err := exec.Command("aureport", "-if", file, "--event", "--failed").CombinedOutput()
	if rows := regexp.MustCompile(`(?m)^\d+\. .* TRUSTED_APP `).FindAllString(string(report), -1); err != nil || len(rows) != len(calls)-1 {
		t.Errorf("aureport --failed has %d of %d refusals: %v\n%s", len(rows), len(calls)-1, err, report)
	}
}

// isUnderstood checks that usernsctl audit counts one grant and so many refusals, all of them the caller's.
func isUnderstood(t *testing.T, file string, refusals int) {
	t.Helper()
	log := records.Read(records.Question{File: file})
	counts := make(map[string]int)
	for _, g := range log.Sorted() {
		counts[g.Result] += g.Count
		if g.UID == nil || *g.UID != int64(audited.uid) {
			t.Errorf("usernsctl audit takes a record for that of another user: %+v", g)
		}
	}
	if counts["granted"] != 1 || counts["refused"]+counts["failed"] != refusals || log.Broken+log.Other+len(log.Unseen) > 0 || !log.Sources[0].Certain {
		t.Errorf("usernsctl audit: %v, not 1 grant and %d refusals: %+v", counts, refusals, log)
	}
}

// ausearch searches a file.
func ausearch(t *testing.T, file string, asked ...string) string {
	t.Helper()
	text, err := exec.Command("ausearch", append([]string{"-if", file}, asked...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ausearch %q: %v: %s", asked, err, text)
	}
	return string(text)
}

var serial = regexp.MustCompile(`(?m)^type=TRUSTED_APP msg=audit\([^)]*:(\d+)\)`)

// events are the serial numbers of the events that ausearch finds.
func events(t *testing.T, file string, asked ...string) (found []int) {
	t.Helper()
	for _, match := range serial.FindAllStringSubmatch(ausearch(t, file, asked...), -1) {
		number, _ := strconv.Atoi(match[1])
		found = append(found, number)
	}
	return found
}
