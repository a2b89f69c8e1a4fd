package grant

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestBridgeName: the name of any user's bridge fits into an interface's.
func TestBridgeName(t *testing.T) {
	for uid, want := range map[uint32]string{0: "br-0", 4294967294: "br-4294967294"} {
		if got := bridgeOf(uid); got != want || !isBridge(got) {
			t.Errorf("%d: %s", uid, got)
		}
	}
}

// TestFreeNetwork: the network of a bridge overlaps nothing, wherever it lies.
func TestFreeNetwork(t *testing.T) {
	for _, c := range []struct {
		uid   uint32
		taken []string
		want  string
	}{
		{1000, nil, "10.131.232.1/24"},
		{4294967294, nil, "10.255.254.1/24"},
		{32768 + 5, []string{"10.0.0.0/9", "192.168.0.0/16", "10.128.5.77/32"}, "10.128.6.1/24"},
		{32767, []string{"10.255.255.0/24", "10.128.0.0/16"}, "10.129.0.1/24"},
		{7, []string{"10.0.0.0/8"}, ""},
	} {
		var taken []subnet
		for _, text := range c.taken {
			s, ok := parse(text)
			if !ok {
				t.Fatal(text)
			}
			taken = append(taken, s)
		}
		got, ok := freeNetwork(c.uid, taken)
		if ok != (c.want != "") || ok && got.host() != c.want {
			t.Errorf("%d beside %q: %v, want %s", c.uid, c.taken, got, c.want)
		}
		if again, ok := parse(c.want); ok && again != got {
			t.Errorf("%s is read as %v", c.want, again)
		}
	}
}

func TestParseSubnet(t *testing.T) {
	for _, text := range []string{"", "10.0.0.1", "10.0.0.1/33", "10.0.0/24", "10.0.0.256/24", "10.0.0.1.2/24", "10.0.0.-1/24", "::1/64"} {
		if got, ok := parse(text); ok {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestNetworkd: a container's is not the host's, nor is what only has the name.
func TestNetworkd(t *testing.T) {
	here, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	const networkd = "/usr/lib/systemd/systemd-networkd"
	for _, c := range []struct {
		comm, exe, net string
		want           bool
	}{
		{"systemd-network", networkd, here, true},
		{"systemd-network", networkd + " (deleted)", here, true},
		{"systemd-network", networkd, "net:[1]", false},
		{"systemd-network", "/tmp/program", here, false},
		{"systemd-resolve", networkd, here, false},
	} {
		process := t.TempDir()
		err := errors.Join(
			os.WriteFile(filepath.Join(process, "comm"), []byte(c.comm+"\n"), 0o600), os.Symlink(c.exe, filepath.Join(process, "exe")),
			os.Mkdir(filepath.Join(process, "ns"), 0o700), os.Symlink(c.net, filepath.Join(process, "ns/net")),
		)
		if err != nil {
			t.Fatal(err)
		}
		if got := isNetworkd(process); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}
