package getsubids

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/sys/unix"
)

// machine is what the program reads, by path.
func machine() map[string]string {
	return map[string]string{
		"/etc/passwd": "al:x:7000:7000::/:\nal2:x:7000:7000::/:\n1001:x:5000:5000::/:\nbob:x:1001:1001::/:\na b:x:8000:8000::/:\n",
		"/etc/subuid": "al:100000:65536\n7000:800000:5\nal2:500000:20\nal:0:0\n1001:200000:10\n5000:400000:10\nghost:5:5\na b:6:6\nal:0x10:010\nal:4294967290:100\nal:1:2:3",
		"/etc/subgid": "al:77:7\n",
	}
}

// on runs the program on a machine and returns what it prints and its exit status.
func on(files map[string]string, arguments ...string) (stdout, stderr string, status int) {
	var out, errs bytes.Buffer
	status = run(append([]string{"getsubids"}, arguments...), func(path string) (io.ReadCloser, error) {
		text, ok := files[path]
		if !ok {
			return nil, unix.ENOENT
		}
		return io.NopCloser(strings.NewReader(text)), nil
	}, &out, &errs)
	return out.String(), errs.String(), status
}

// TestLists has the output of Debian 12's getsubids (shadow 4.13), but for the lines that grant nothing.
func TestLists(t *testing.T) {
	const al = "0: al 100000 65536\n1: al 800000 5\n2: al 16 8\n"
	for _, c := range []struct{ arguments, want string }{
		{"al", al}, // not what is al2's, although the uid is the same
		{"al extra", al},
		{"al -g", al},
		{"al -h", al},
		{"-g al", "0: al 77 7\n"},
		{"al2", "0: al2 800000 5\n1: al2 500000 20\n"},
		{"7000", "0: 7000 800000 5\n"},  // rootlesskit asks for the name and for the uid, and joins the answers
		{"1001", "0: 1001 200000 10\n"}, // uid 1001, not the user of that name: the original adds 400000
		{"bob", "0: bob 200000 10\n"},
		{"ghost", "0: ghost 5 5\n"}, // an owner without an account
	} {
		stdout, stderr, status := on(machine(), strings.Split(c.arguments, " ")...)
		if stdout != c.want || stderr != "" || status != 0 {
			t.Errorf("%s: %q, %q, %d; want %q", c.arguments, stdout, stderr, status, c.want)
		}
	}
	if stdout, _, status := on(machine(), "a b"); stdout != "0: a b 6 6\n" || status != 0 {
		t.Errorf("%q, %d", stdout, status)
	}
}

func TestListsNothing(t *testing.T) {
	for _, arguments := range []string{
		"nosuch", "-g bob", "-g", "-g -h", "-x", "-x al", "-g al extra", "-gg al", "-h al", "--help", "--version", "--", "-- al",
		"07000", "+7000", "0", "4294974296", "al:", "al:100000", "AL",
	} {
		stdout, stderr, status := on(machine(), strings.Split(arguments, " ")...)
		if stdout != "" || stderr != "Error fetching ranges\n" || status != 1 {
			t.Errorf("%s: %q, %q, %d", arguments, stdout, stderr, status)
		}
	}
	for _, user := range []string{"", "al\n", "al\x00", strings.Repeat("x", 1<<17)} {
		if stdout, stderr, status := on(machine(), user); stdout != "" || stderr != "Error fetching ranges\n" || status != 1 {
			t.Errorf("%.20q: %q, %q, %d", user, stdout, stderr, status)
		}
	}
}

func TestUsage(t *testing.T) {
	const want = "Usage: getsubids [-g] user\n    list subuid ranges for user\n    pass -g to list subgid ranges\n"
	for _, arguments := range [][]string{{}, {"-h"}} {
		if stdout, stderr, status := on(machine(), arguments...); stdout != "" || stderr != want || status != 1 {
			t.Errorf("%q: %q, %q, %d", arguments, stdout, stderr, status)
		}
	}
	var stderr bytes.Buffer
	if status := Run(nil, io.Discard, &stderr); status != 1 || stderr.String() != want {
		t.Errorf("argc 0: %q, %d", stderr.String(), status)
	}
}

func TestMissingFiles(t *testing.T) {
	files := machine()
	delete(files, "/etc/subgid")
	if stdout, stderr, status := on(files, "-g", "al"); stdout != "" || stderr != "Error fetching ranges\n" || status != 1 {
		t.Errorf("%q, %q, %d", stdout, stderr, status)
	}
	delete(files, "/etc/passwd")
	if stdout, _, status := on(files, "al"); stdout != "0: al 100000 65536\n1: al 16 8\n" || status != 0 {
		t.Errorf("the name alone: %q, %d", stdout, status)
	}
}

func TestFailures(t *testing.T) {
	broken := func(string) (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("al:5:5\n"), iotest.ErrReader(errors.New("broken")))), nil
	}
	var stdout, stderr bytes.Buffer
	if status := run([]string{"getsubids", "al"}, broken, &stdout, &stderr); status != 1 || stderr.String() != "Error fetching ranges\n" {
		t.Errorf("a read fails: %q, %d", stderr.String(), status)
	}
	stderr.Reset()
	reader, writer := io.Pipe()
	reader.Close()
	whole := func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("al:5:5\n")), nil }
	if status := run([]string{"getsubids", "al"}, whole, writer, &stderr); status != 1 || stderr.String() != "Error writing ranges\n" {
		t.Errorf("a write fails: %q, %d", stderr.String(), status)
	}
}

// TestOpenDoesNotWait: a FIFO is not waited for, nor a directory read.
func TestOpenDoesNotWait(t *testing.T) {
	folder := t.TempDir()
	if err := unix.Mkfifo(folder+"/fifo", 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{folder, folder + "/fifo"} {
		file, err := open(path)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := file.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("%s: %d bytes, %v", path, n, err)
		}
		file.Close()
	}
}

// FuzzRun: every line that is printed has the form that kubelet and rootlesskit parse, and there is one if it says so.
func FuzzRun(f *testing.F) {
	f.Add("al", "al:5:5\n7000:6:6", "al:x:7000:7000:")
	f.Fuzz(func(t *testing.T, user, subuid, passwd string) {
		stdout, stderr, status := on(map[string]string{"/etc/passwd": passwd, "/etc/subuid": subuid, "/etc/subgid": ""}, user)
		if (status == 0) != (stdout != "") || (status == 0) != (stderr == "") {
			t.Errorf("%q, %q, %d", stdout, stderr, status)
		}
		for _, row := range strings.SplitAfter(stdout, "\n") {
			if row != "" && !strings.Contains(row, ": "+user+" ") {
				t.Errorf("row %q", row)
			}
		}
	})
}

// TestSlips: a line that means the user and grants nothing is named, where nothing else is listed.
func TestSlips(t *testing.T) {
	for text, want := range map[string]string{
		"bob:1:1\nal:100000:65536 \n": "getsubids: /etc/subuid has no range for al: line 2 (\"al:100000:65536 \") grants nothing: a blank follows the count\n",
		"AL:1:1\n":                    "getsubids: /etc/subuid has no range for al: line 1 (\"AL:1:1\") grants nothing to this user: the owner is written in another case than the login name\n",
		"7000 1 1\n":                  "getsubids: /etc/subuid has no range for al: line 1 (\"7000 1 1\") grants nothing: colons separate the fields, OWNER:START:COUNT, and nothing else does\n",
		"bob:1:1\n":                   "",
	} {
		files := machine()
		files["/etc/subuid"] = text
		if stdout, stderr, status := on(files, "al"); stdout != "" || stderr != "Error fetching ranges\n"+want || status != 1 {
			t.Errorf("%q: %q, %q, %d", text, stdout, stderr, status)
		}
	}
}
