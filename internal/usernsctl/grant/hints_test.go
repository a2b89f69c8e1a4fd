package grant

import (
	"strings"
	"testing"
)

func TestFileSystem(t *testing.T) {
	const mounts = "/dev/sda / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\ntmpfs /home/local tmpfs rw 0 0\nx /over ext4 rw 0 0\ny /over nfs rw 0 0\nmalformed\n"
	for path, want := range map[string]string{
		"/home/alice": "nfs4", "/home": "nfs4", "/homes/alice": "ext4", "/home/local/alice": "tmpfs", "/home/locals": "nfs4", "/": "ext4", "/over/x": "nfs",
	} {
		if got := fileSystem(strings.NewReader(mounts), path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
