package target

import "testing"

func TestParsePid(t *testing.T) {
	cases := []struct {
		info string
		pid  int
		ok   bool
	}{
		{"pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t8\nPid:\t1234\nNSpid:\t1234\t1\n", 1234, true},
		{"pos:\t0\nPid:\t-1\nNSpid:\t-1\n", -1, true},
		{"Pid:\t0\nNSpid:\t0\n", 0, true},
		{"Name:\tsleep\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t7\nNgid:\t0\nPid:\t7\nPPid:\t1\n", 7, true},
		{"Pid:\t7", 7, true},
		{"", 0, false},
		{"pos:\t0\nflags:\t02\n", 0, false},
		{"PPid:\t7\n", 0, false},
		{"Pid:\n", 0, false},
		{"Pid:\t-2\n", 0, false},
		{"Pid:\t7x\n", 0, false},
		{"Pid:\t99999999999999999999\n", 0, false},
		{"Pid:\tx\nPid:\t7\n", 0, false}, // the first line decides
	}
	for _, c := range cases {
		if pid, ok := parsePid(c.info, "Pid:"); pid != c.pid && c.ok || ok != c.ok {
			t.Errorf("parsePid(%q) = %d, %v; want %d, %v", c.info, pid, ok, c.pid, c.ok)
		}
	}
}

func FuzzParsePid(f *testing.F) {
	f.Add("pos:\t0\nPid:\t1234\nNSpid:\t1234\t1\n")
	f.Add("Pid:\t-1\n")
	f.Fuzz(func(t *testing.T, info string) {
		if pid, ok := parsePid(info, "Pid:"); ok && (pid < -1 || pid > maxNumber) {
			t.Errorf("parsePid(%q) = %d", info, pid)
		}
	})
}
