package newidmap

import (
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/text/verdict"
)

func TestNeeded(t *testing.T) {
	setuid, setgid := privilege.Of(unix.CAP_SETUID), privilege.Of(unix.CAP_SETGID)
	cases := []struct {
		kind  idmap.Kind
		words string
		want  privilege.Set
	}{
		{idmap.UID, "0 1000 1", setuid},
		{idmap.UID, "0 1000 1 1 100000 65536", setuid},
		{idmap.UID, "0 100000 1 1 0 1", setuid | privilege.Of(unix.CAP_SETFCAP)},
		{idmap.GID, "0 100000 1", setgid},
		{idmap.GID, "0 0 1", setgid}, // a gid map needs CAP_SETFCAP never
	}
	for _, c := range cases {
		if got := needed(c.kind, idmap.Parse(c.kind, strings.Fields(c.words)).Asked); got != c.want {
			t.Errorf("%s %s: %x, want %x", c.kind.Program(), c.words, got, c.want)
		}
	}
}

func TestInform(t *testing.T) {
	for _, kind := range []idmap.Kind{idmap.UID, idmap.GID} {
		if text := string(inform(kind, []string{"--help"})); !strings.HasPrefix(text, kind.Usage()+"\n") {
			t.Errorf("--help prints %q", text)
		}
		if text := string(inform(kind, []string{"--version"})); !strings.HasPrefix(text, kind.Program()+" ") || !strings.HasSuffix(text, "\n") {
			t.Errorf("--version prints %q", text)
		}
	}
	for _, arguments := range [][]string{nil, {}, {""}, {"-h"}, {"--"}, {"--helpx"}, {"--help", "0", "0", "1"}, {"1", "--help"}, {"1"}} {
		if text := inform(idmap.UID, arguments); text != nil {
			t.Errorf("%q prints %q", arguments, text)
		}
	}
}

// printed is what f prints to standard error.
func printed(t *testing.T, f func()) string {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	saved, err := unix.FcntlInt(uintptr(unix.Stderr), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Dup3(int(writer.Fd()), unix.Stderr, 0); err != nil {
		t.Fatal(err)
	}
	f()
	if err := unix.Dup3(saved, unix.Stderr, 0); err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(saved)
	_ = writer.Close()
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSays(t *testing.T) {
	r := &run{kind: idmap.GID, lenient: true}
	if got := string(r.remarks()); got != "newgidmap: kernel doesn't support setgroups restrictions\n" {
		t.Errorf("a warning prints %q", got)
	}
	r.facts.Grants = &idmap.Grants{Notes: []string{"Error \x1b", "Using files"}}
	if got := string(r.remarks()); !strings.HasPrefix(got, "Error \\x1b\nUsing files\nnewgidmap: ") {
		t.Errorf("notes print %q", got)
	}
	for want, why := range map[string]verdict.Verdict{
		idmap.GID.Usage() + "\nnewgidmap: why\n": {Usage: true, Advice: "why"},
		"newgidmap: first\nnewgidmap: second\n":  {Headline: "first", Advice: "second"},
	} {
		status := 0
		got := printed(t, func() { status = (&run{kind: idmap.GID}).failed(why) })
		if got != want || status != 1 {
			t.Errorf("printed %q and exits %d, want %q", got, status, want)
		}
	}
}

// The map of a namespace that is written, like ours, is seen to be.
func TestMapped(t *testing.T) {
	fd, err := unix.Open("/proc/self/uid_map", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if !Mapped(fd) {
		t.Error("the map of this namespace seems to be empty")
	}
	if offset, err := unix.Seek(fd, 0, unix.SEEK_CUR); offset != 0 || err != nil {
		t.Errorf("the look moved the offset to %d (%v)", offset, err)
	}
}
