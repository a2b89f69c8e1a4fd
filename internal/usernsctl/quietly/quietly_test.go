package quietly

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
)

// TestFoundIsNotOpened: a FIFO and a device behind a link are refused, and nobody notices. Whoever waits at the other end
// of a FIFO would.
func TestFoundIsNotOpened(t *testing.T) {
	folder := t.TempDir()
	fifo, link := filepath.Join(folder, "fifo"), filepath.Join(folder, "link")
	if err := errors.Join(unix.Mkfifo(fifo, 0o666), os.Symlink(fifo, link)); err != nil {
		t.Fatal(err)
	}
	noticed := make(chan int)
	go func() {
		fd, _ := unix.Open(fifo, unix.O_WRONLY|unix.O_CLOEXEC, 0)
		noticed <- fd
	}()
	var untrusted *trusted.UntrustedError
	for range 100 {
		if _, err := OpenTrusted(link); !errors.As(err, &untrusted) {
			t.Errorf("OpenTrusted: %v", err)
		}
		if _, _, err := Open(link); !errors.As(err, &untrusted) {
			t.Errorf("Open: %v", err)
		}
	}
	select {
	case <-noticed:
		t.Error("the writer of a FIFO noticed")
	default:
		fd, err := unix.Open(fifo, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		defer unix.Close(<-noticed)
	}
	if _, err := OpenTrusted("/dev/null"); !errors.As(err, &untrusted) {
		t.Errorf("a device: %v", err)
	}
}

// TestFound: it opens what Open opens, and says what Open says.
func TestFound(t *testing.T) {
	folder := t.TempDir()
	mine := filepath.Join(folder, "mine")
	if err := errors.Join(os.WriteFile(mine, []byte("x"), 0o600), os.Chmod(mine, 0o646)); err != nil {
		t.Fatal(err)
	}
	grouped := filepath.Join(folder, "grouped") // as chmod g=u leaves it; root's where root runs this
	if err := errors.Join(os.WriteFile(grouped, []byte("x"), 0o600), os.Chmod(grouped, 0o664)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/proc/self/status", "/etc/passwd", mine, grouped, folder, folder + "/missing", mine + "/below"} {
		want, wantErr := trusted.Open(path, privilege.Reporter())
		got, err := OpenTrusted(path)
		if (got == nil) != (want == nil) || (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Errorf("%s: %v, Open says %v", path, err, wantErr)
		}
		if got != nil {
			got.Close()
		}
		if want != nil {
			want.Close()
		}
	}
	file, distrust, err := Open(mine)
	if err != nil || distrust == nil {
		t.Fatalf("a file that others can write: %v, %v", distrust, err)
	}
	defer file.Close()
	if n, err := file.Read(make([]byte, 2)); n != 1 || err != nil {
		t.Errorf("read %d bytes, %v", n, err)
	}
}
