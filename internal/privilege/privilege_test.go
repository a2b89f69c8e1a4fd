package privilege

import (
	"os"
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
