package limits

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Bounds{
		"tasks=500":                      {Tasks: 500},
		"memory=2G,cpu=150%":             {Memory: 2 << 30, CPU: 150},
		"cpu=5,tasks=16,memory=16777216": {16, 16 << 20, 5},
		"memory=1T":                      {Memory: 1 << 40},
	} {
		if got, err := Parse(text); got != want || err != nil {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "tasks", "tasks=", "tasks=15", "tasks=4194305", "tasks=5x", "tasks=-1", "cpu=0", "cpu=%", "memory=1M", "memory=1E", "memory=G", "memory=99999999999T",
		"tasks=50,tasks=60", "tasks=50,", "disk=5", "memory=2 G", "memory=18446744073709551615",
	} {
		if got, err := Parse(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestForms(t *testing.T) {
	b := Bounds{500, 3 << 29, 150}
	if got := b.Settings(); !slices.Equal(got, []string{"TasksMax=500", "MemoryMax=1610612736", "CPUQuota=150%"}) {
		t.Errorf("%q", got)
	}
	if got := b.PAM("alice", 1000); !slices.Equal(got, []string{"alice hard nproc 500", "alice hard as 1572864"}) {
		t.Errorf("%q", got)
	}
	for name, domain := range map[string]string{
		"a-b_c.9": "a-b_c.9", "_x": "_x", "*": ":7", "@wheel": ":7", "%wheel": ":7", "a b": ":7", "a#b": ":7", "a\tb": ":7", "7up": ":7", "-": ":7", "a*": ":7", `D\a`: ":7", "": ":7", "\u00fc": ":7",
	} {
		if got := b.PAM(name, 7); got[0] != domain+" hard nproc 500" {
			t.Errorf("%q: %q", name, got)
		}
	}
	if got := b.Text(); got != "500 tasks, 1536M of memory, 150% of one processor" {
		t.Error(got)
	}
	if got := (Bounds{}).Text(); got != "no limits" {
		t.Error(got)
	}
	for is, holds := range map[Bounds]bool{b: true, {400, 1 << 20, 1}: true, {501, 1, 1}: false, {500, 0, 1}: false} {
		if is.Holds(b) != holds {
			t.Errorf("%+v", is)
		}
	}
}

// files makes files of a hierarchy.
func files(t *testing.T, base string, text map[string]string) {
	t.Helper()
	for name, content := range text {
		file := filepath.Join(base, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLive: what bounds a process, and a user's slice, is the tightest of all cgroups above it, of both kinds.
func TestLive(t *testing.T) {
	base := t.TempDir()
	files(t, base, map[string]string{
		"unified/user.slice/pids.max":                                 "900\n",
		"unified/user.slice/user-1000.slice/pids.max":                 "max\n",
		"unified/user.slice/user-1000.slice/memory.max":               "2097152\n",
		"unified/user.slice/user-1000.slice/cpu.max":                  "150000 100000\n",
		"unified/user.slice/user-1000.slice/session.scope/cpu.max":    "max 100000\n",
		"unified/user.slice/user-1000.slice/session.scope/memory.max": "1048576\n",
		"unified/user.slice/user-1001.slice/pids.max":                 "0\n",
		"pids/x/pids.max":                 "7\n",
		"memory/x/memory.limit_in_bytes":  "9223372036854771712\n",
		"memory/y/memory.limit_in_bytes":  "4096\n",
		"cpu,cpuacct/x/cpu.cfs_quota_us":  "-1\n",
		"cpu,cpuacct/x/cpu.cfs_period_us": "100000\n",
	})
	tree := mounted("cgroup2 " + base + "/unified cgroup2 rw 0 0\n" +
		"cgroup " + base + "/pids cgroup rw,nosuid,pids 0 0\n" +
		"cgroup " + base + "/memory cgroup rw,memory 0 0\n" +
		"cgroup " + base + "/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\nbroken\n")
	if got, there := tree.Slice(1000); !there || got != (Bounds{900, 2 << 20, 150}) {
		t.Errorf("%+v, %v", got, there)
	}
	if got, there := tree.Slice(1001); !there || got.Tasks != 1 {
		t.Errorf("%+v, %v", got, there)
	}
	if got, there := tree.Slice(1002); there || got.Tasks != 900 {
		t.Errorf("%+v, %v", got, there)
	}
	for asked, want := range map[Bounds]bool{
		{Memory: 2 << 20, CPU: 150}: true, {Memory: 2<<20 + 5}: true, {CPU: 151}: false, {Memory: 3 << 20}: false, {Tasks: 900}: false, // that is user.slice's
	} {
		if tree.Set(1000, asked) != want {
			t.Errorf("%+v", asked)
		}
	}
	for text, want := range map[string]Bounds{
		"0::/user.slice/user-1000.slice/session.scope\n": {900, 1 << 20, 150},
		"3:pids:/x\n2:cpu,cpuacct:/x\n1:memory:/x\n0::/": {Tasks: 7},
		"1:memory:/y/gone\n":                             {Memory: 4096},
		"1:name=systemd:/x\n":                            {},
		"0::/../../../user.slice\n":                      {Tasks: 900},
	} {
		if got := tree.Of(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}
