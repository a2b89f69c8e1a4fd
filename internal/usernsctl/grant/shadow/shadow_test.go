package shadow

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain is also the process that holds a lock.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "hold" {
		if _, err := lockPassword(os.Args[2], time.Now()); err == nil {
			_, _ = os.Stdout.WriteString("x")
			time.Sleep(time.Minute)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// here is a directory with a file in it, and how its locks are taken without patience.
func here(t *testing.T, text string) (Locker, string) {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, "subuid")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return Locker{filepath.Join(folder, ".pwd.lock"), 0}, path
}

// names are the files in the directory of path.
func names(t *testing.T, path string) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func TestLock(t *testing.T) {
	locker, path := here(t, "")
	locks, err := locker.Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path + ".lock")
	if err != nil || string(text) != strconv.Itoa(os.Getpid())+"\x00" {
		t.Errorf("%q, %v", text, err)
	}
	if got := names(t, path); got != ".pwd.lock subuid subuid.lock" {
		t.Error(got)
	}
	var stat unix.Stat_t
	if err := unix.Stat(path+".lock", &stat); err != nil || stat.Mode&0o7777 != 0o600 {
		t.Errorf("%o, %v", stat.Mode, err)
	}
	locks.Unlock()
	locks.Unlock()
	if got := names(t, path); got != ".pwd.lock subuid" {
		t.Error(got)
	}
}

// dead is the id of a process that has ended.
func dead(t *testing.T) int {
	t.Helper()
	command := exec.Command("/bin/true")
	if err := command.Run(); err != nil {
		t.Fatal(err)
	}
	return command.Process.Pid
}

// TestForeignLocks: whose locks are cleared, and whose are busy, as the suite has it.
func TestForeignLocks(t *testing.T) {
	parent := os.Getppid()
	for _, c := range []struct {
		name, text     string
		busy, reported bool
	}{
		{"stale", strconv.Itoa(dead(t)) + "\x00", false, false},
		{"stale without its NUL", strconv.Itoa(dead(t)), false, false},
		{"of an old process with this one's id", strconv.Itoa(os.Getpid()) + "\x00", false, false},
		{"alive", strconv.Itoa(parent) + "\x00", true, false},
		{"init", "1", true, false},
		{"empty", "", true, true},
		{"a newline", strconv.Itoa(dead(t)) + "\n", true, true},
		{"no number", "useradd\x00", true, true},
		{"negative", "-1\x00", true, true},
		{"nought", "0\x00", true, true},
		{"too large", "4294967296\x00", true, true},
		{"too long", strings.Repeat("1", 40), true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			locker, path := here(t, "")
			if err := os.WriteFile(path+".lock", []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			locks, err := locker.Lock(path)
			var busy *BusyError
			if errors.As(err, &busy) != c.busy || c.busy && busy.Malformed != c.reported {
				t.Fatalf("%v", err)
			}
			if !c.busy {
				locks.Unlock()
			} else if got := names(t, path); got != ".pwd.lock subuid subuid.lock" {
				t.Error(got)
			}
			if c.name == "alive" && (busy.PID != parent || busy.Command == "" || !strings.Contains(busy.Error(), strconv.Itoa(parent)+" ("+busy.Command+")")) {
				t.Errorf("%+v", busy)
			}
		})
	}
}

// TestSecondLock: where the second of two locks cannot be taken, the first is given back.
func TestSecondLock(t *testing.T) {
	locker, path := here(t, "")
	second := filepath.Join(filepath.Dir(path), "subgid")
	if err := os.WriteFile(second+".lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := locker.Lock(path, second); err == nil {
		t.Fatal("locked")
	}
	if got := names(t, path); got != ".pwd.lock subgid.lock subuid" {
		t.Error(got)
	}
}

// TestPassword: lckpwdf(3) of another process is waited for, and its holder named.
func TestPassword(t *testing.T) {
	locker, path := here(t, "")
	if err := os.WriteFile(locker.Password, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	holder := exec.Command("/proc/self/exe", "hold", locker.Password)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	defer holder.Wait()
	defer holder.Process.Kill()
	if n, err := out.Read(make([]byte, 1)); n != 1 {
		t.Fatal(err)
	}
	_, err = locker.Lock(path)
	var busy *BusyError
	if !errors.As(err, &busy) || busy.PID != holder.Process.Pid || busy.Command == "" {
		t.Fatalf("%v", err)
	}
	time.AfterFunc(50*time.Millisecond, func() { _ = holder.Process.Kill() })
	locker.Patience = 10 * time.Second
	locks, err := locker.Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	locks.Unlock()
}

func TestRewrite(t *testing.T) {
	_, path := here(t, "old\n")
	other := filepath.Join(filepath.Dir(path), "subgid")
	old := time.Unix(1_000_000_000, 0)
	if err := errors.Join(os.Chmod(path, 0o640), os.Chtimes(path, old, old), os.WriteFile(path+"+", []byte("of a killed process"), 0o666)); err != nil {
		t.Fatal(err)
	}
	changes := []Change{read(t, path, "new\n"), read(t, other, "made\n")}
	if err := Rewrite(changes...); err != nil {
		t.Fatal(err)
	}
	if got := names(t, path); got != "subgid subuid subuid-" {
		t.Error(got)
	}
	for name, want := range map[string]string{path: "new\n", path + "-": "old\n", other: "made\n"} {
		if got, err := os.ReadFile(name); string(got) != want || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for name, want := range map[string]os.FileMode{path: 0o640, path + "-": 0o640, other: 0o644} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if info, err := os.Stat(path + "-"); err != nil || !info.ModTime().Equal(old) {
		t.Errorf("%v, %v", info.ModTime(), err)
	}
}

func read(t *testing.T, path, text string) Change {
	t.Helper()
	f, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return Change{f, []byte(text)}
}

// TestRewriteNone: where the second file cannot be replaced, the first is as it was.
func TestRewriteNone(t *testing.T) {
	_, path := here(t, "old\n")
	other := filepath.Join(filepath.Dir(path), "subgid")
	missing := filepath.Join(filepath.Dir(path), "absent")
	changes := []Change{read(t, path, "new\n"), read(t, missing, "made\n"), read(t, other, "made\n")}
	if err := os.Mkdir(other, 0o755); err != nil { // rename(2) replaces no directory
		t.Fatal(err)
	}
	if err := Rewrite(changes...); !errors.Is(err, unix.EISDIR) && !errors.Is(err, unix.EEXIST) && !errors.Is(err, unix.ENOTEMPTY) {
		t.Errorf("%v", err)
	}
	if got, err := os.ReadFile(path); string(got) != "old\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got := names(t, path); got != "subgid subuid subuid-" {
		t.Error(got)
	}
}

func TestReadRefused(t *testing.T) {
	_, path := here(t, "x")
	folder := filepath.Dir(path)
	if err := errors.Join(os.Symlink(path, folder+"/link"), unix.Mkfifo(folder+"/fifo", 0o600), os.Truncate(path, LongestFile+1)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{"/link": ErrLink, "/fifo": ErrKind, "/subuid": ErrLarge} {
		if _, err := Read(folder + name); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if f, err := Read(folder + "/none"); err != nil || !f.Absent {
		t.Errorf("%+v, %v", f, err)
	}
}

// FuzzPID: what is taken for a process is one.
func FuzzPID(f *testing.F) {
	for _, text := range []string{"1\x00", "1\n", "", "-1", "+7", " 7", "99999999999"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if pid, ok := pidIn(text); ok && pid <= 0 {
			t.Errorf("%q is %d", text, pid)
		}
	})
}
