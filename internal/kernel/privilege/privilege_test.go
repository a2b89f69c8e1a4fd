package privilege

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSet(t *testing.T) {
	s := Of(unix.CAP_SETUID, unix.CAP_BPF)
	if s != 1<<7|1<<39 {
		t.Errorf("%#x", uint64(s))
	}
	for _, c := range []struct {
		other Set
		want  bool
	}{{0, true}, {Of(unix.CAP_BPF), true}, {s, true}, {Of(unix.CAP_SETGID), false}, {s | Of(unix.CAP_CHOWN), false}} {
		if s.Has(c.other) != c.want {
			t.Errorf("%#x: %v", uint64(c.other), !c.want)
		}
	}
}

// What identify says of this process is what the kernel says elsewhere.
func TestIdentify(t *testing.T) {
	c, err := identify()
	if err != nil {
		t.Fatal(err)
	}
	if int(c.UID()) != os.Getuid() || int(c.GID()) != os.Getgid() || c.Raised() != (os.Geteuid() == 0) {
		t.Errorf("%+v", c)
	}
	groups := c.Groups()
	for i := range groups {
		groups[i]++
	}
	for i, g := range c.Groups() {
		if g == groups[i] {
			t.Error("the caller's groups can be changed from outside")
		}
	}
}

// Do changes nothing where there is nothing to lower, and returns what its function returns.
func TestDoUnraised(t *testing.T) {
	ran := false
	err := Caller{}.Do(func() error {
		ran = true
		return unix.EXDEV
	})
	if !ran || err != unix.EXDEV {
		t.Errorf("ran %v, %v", ran, err)
	}
}

func TestConfineNamesWhatIsMissing(t *testing.T) {
	need := Of(unix.CAP_NET_ADMIN, unix.CAP_SETUID)
	missing, err := Caller{permitted: Of(unix.CAP_SETUID)}.Confine(need, need)
	if err != nil || missing != Of(unix.CAP_NET_ADMIN) {
		t.Errorf("%#x, %v", uint64(missing), err)
	}
}

// TestInMap: an id is in a map, or not, and a map that cannot be understood says nothing.
func TestInMap(t *testing.T) {
	const usual = "         0       1000          1\n         1     100000      65536\n"
	for _, c := range []struct {
		text          string
		id            uint64
		inside, known bool
	}{
		{usual, 0, true, true},
		{usual, 65534, true, true}, // a mapped nobody
		{usual, 65536, true, true},
		{usual, 65537, false, true},
		{"0 1000 1\n", 65534, false, true},
		{"0 0 4294967295\n", 4294967294, true, true},
		{"0 0 4294967295\n", 4294967295, false, true},
		{"4294967290 0 5\n", 4294967295, false, true},
		{"", 0, false, true},
		{"0 1000\n", 65534, false, false},
		{"0 x y\n", 65534, false, false},
		{"-1 0 1\n", 0, false, false},
		{usual + "nonsense", 1, false, false},
	} {
		if inside, known := inMap(c.text, c.id); inside != c.inside || known != c.known {
			t.Errorf("%d in %q: %v, %v", c.id, c.text, inside, known)
		}
	}
}

// TestStanding: nobody in particular holds nothing, and a caller not what the program was not given.
func TestStanding(t *testing.T) {
	need := Of(unix.CAP_SETUID)
	for name, c := range map[string]struct {
		standing Standing
		holds    bool
	}{
		"nobody":                     {Standing{}, false},
		"who only asks":              {Reporter(), true},
		"root, supposed":             {Supposed(0), true},
		"a user, supposed":           {Supposed(1000), false},
		"root without the right":     {Caller{permitted: Of(unix.CAP_SETGID)}.Standing(need), false},
		"a user with the right":      {Caller{uid: 4000000000, permitted: need}.Standing(need), false},
		"a user who needs no rights": {Caller{uid: 4000000000}.Standing(0), false},
	} {
		if c.standing.Holds() != c.holds {
			t.Errorf("%s: %v", name, !c.holds)
		}
	}
}

// TestEachDescriptor meets what is open from a number on, and not the directory that it reads.
func TestEachDescriptor(t *testing.T) {
	fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 700)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	var met []int
	if err := EachDescriptor(500, func(fd int) { met = append(met, fd) }); err != nil || len(met) != 1 || met[0] != fd {
		t.Errorf("%v, %v", met, err)
	}
}

// TestSteps: each step has its words.
func TestSteps(t *testing.T) {
	for s := range Step(len(steps)) {
		if s.Verb() == "" || s.Call() == "" || s.failed(nil) != nil || s.failed(unix.EPERM) == nil {
			t.Errorf("%d: %q, %q", s, s.Verb(), s.Call())
		}
	}
}

// TestBeginElsewhere: on a thread that is not the one with which the process began nothing begins that says it is an init
// function, and nothing is changed.
func TestBeginElsewhere(t *testing.T) {
	before := umask()
	var err error
	elsewhere(func() { _, err = Begin(0, InInit) })
	var step *StepError
	if !errors.As(err, &step) || step.Step != stayOnThread {
		t.Errorf("%v", err)
	}
	if umask() != before {
		t.Error("it has begun")
	}
}

// elsewhere runs f on another thread: of two goroutines that are locked at the same time one is not on the first.
func elsewhere(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if unix.Gettid() == unix.Getpid() {
			elsewhere(f)
			return
		}
		f()
	}()
	<-done
}

// umask is this process's, which Begin changes.
func umask() int {
	now := unix.Umask(0o077)
	unix.Umask(now)
	return now
}
