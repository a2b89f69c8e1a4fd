package living

import (
	"os/exec"
	"syscall"
	"testing"

	"userns-helpers/internal/idmap"
)

func set(t *testing.T, pairs ...uint64) (s idmap.Set) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		r, ok := idmap.NewRange(pairs[i], pairs[i+1])
		if !ok {
			t.Fatal(pairs)
		}
		s.Add(r)
	}
	return s
}

func TestHostIDs(t *testing.T) {
	for _, c := range []struct {
		text string
		want idmap.Set
	}{
		{"         0     100000      65536\n", set(t, 100_000, 65_536)},
		{"0 1000 1\n1 100000 10\n", set(t, 100_000, 10)},
		{"0 0 1\n1000 1000 1\n", set(t)},
		{"0 0 4294967295\n", set(t)},
		{"0 1001 1\n", set(t, 1001, 1)},
		{"", set(t)},
		{"0 1000000 x\n0 5\n", set(t)},
	} {
		got := hostIDs(c.text, 1000)
		if len(got.Ranges()) != len(c.want.Ranges()) || got.Count() != c.want.Count() || got.Count() > 0 && got.Ranges()[0] != c.want.Ranges()[0] {
			t.Errorf("%q: %v, want %v", c.text, got, c.want)
		}
	}
}

func TestNameOf(t *testing.T) {
	for cgroup, want := range map[string]string{
		"0::/user.slice/user-1000.slice/lxc.payload.web/init.scope\n":                                              "web",
		"1:pids:/lxc.payload.db\n0::/":                                                                             "db",
		"0::/user.slice/libpod-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope/container\n": "podman 0123456789ab",
		"0::/user.slice/libpod-conmon-0123456789abcdef.scope\n":                                                    "sh",
		"": "sh",
	} {
		if got := nameOf(cgroup, "sh"); got != want {
			t.Errorf("%q: %q, want %q", cgroup, got, want)
		}
	}
}

// TestOverlaps: of containers that share IDs those in each other do not count.
func TestOverlaps(t *testing.T) {
	view := View{Containers: []Container{
		{Name: "a", number: 1, IDs: [2]idmap.Set{set(t, 100, 10), set(t, 100, 10)}},
		{Name: "in a", number: 2, inside: map[uint64]bool{1: true}, IDs: [2]idmap.Set{set(t, 105, 2), set(t, 105, 2)}},
		{Name: "b", number: 3, IDs: [2]idmap.Set{set(t, 110, 10), set(t, 104, 1)}},
		{Name: "c", number: 4, IDs: [2]idmap.Set{set(t, 5, 1, 119, 5), set(t, 500, 1)}},
	}}
	want := map[string]string{"a b": "gid [104-105)", "b c": "uid [119-120)"}
	for _, o := range view.Overlaps() {
		name := o.A.Name + " " + o.B.Name
		if got := o.Kind.Word() + " " + o.Both.String(); want[name] != got {
			t.Errorf("%s: %s, want %q", name, got, want[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
}

// TestCompared: of a user with many containers the oldest are compared, and those without IDs are not.
func TestCompared(t *testing.T) {
	var view View
	for range 3 * mostCompared {
		view.Containers = append(view.Containers, Container{Owner: 1, IDs: [2]idmap.Set{set(t, 5, 1), {}}}, Container{Owner: 2})
	}
	view.Containers = append(view.Containers, Container{Owner: 3, IDs: [2]idmap.Set{{}, set(t, 5, 1)}})
	if n := len(view.compared()); n != mostCompared+1 {
		t.Errorf("%d are compared", n)
	}
}

// TestLook: a process in a user namespace of its own is found, with its owner and IDs.
func TestLook(t *testing.T) {
	if syscall.Getuid() != 0 {
		t.Log("an ordinary user has no range to map here: only that nothing fails is seen")
		_ = Look()
		return
	}
	command := exec.Command("cat")
	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 3_000_000_000, Size: 10}}
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: ids, GidMappings: ids, Credential: &syscall.Credential{NoSetGroups: true}}
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = input.Close(); _ = command.Wait() }()
	for _, c := range Look().Containers {
		if c.PID == command.Process.Pid {
			if c.Owner != 0 || c.Processes != 1 || c.IDs[idmap.UID].Count() != 10 || c.IDs[idmap.GID].Ranges()[0].Start() != 3_000_000_000 {
				t.Errorf("%+v", c)
			}
			return
		}
	}
	t.Error("it is not found")
}

// TestText: who names a container, or its cgroup, says nothing but a name with it.
func TestText(t *testing.T) {
	for name, want := range map[string]string{
		"web-1.x": "web-1.x (process 7)", "podman 0123456789ab": "podman 0123456789ab (process 7)", "": " (process 7)",
		"db (process 1) of root": `"db (process 1) of root" (process 7)`, "podman a b": `"podman a b" (process 7)`, "a\x1b[2J": `"a\x1b[2J" (process 7)`, `a"b`: `"a\"b" (process 7)`,
	} {
		if got := (Container{Name: name, PID: 7}).Text(); got != want {
			t.Errorf("%q: %s", name, got)
		}
	}
}
