//go:build system

package hostile

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// holdDirectory makes this process, root of a user and a mount namespace of its own, one that holds the lock of a
// directory: a child lists it, getdents(2), into memory of a file of a FUSE file system whose server, this process, does
// not answer. It prints "held" when that is so. With "killed" the child is killed then, and has to stay in state D; with
// "queued" another child tries to make a name there, so that who wants the lock shared has to wait too. It ends, and so
// does everything else, with its standard input.
func holdDirectory(path string, how []string) {
	fail := func(what string, err error) {
		if err != nil {
			fmt.Println(what, err)
			os.Exit(1)
		}
	}
	folder, err := os.MkdirTemp("/tmp", "hostile-fuse")
	fail("mkdir", err)
	device, err := unix.Open(fuseDevice, unix.O_RDWR|unix.O_CLOEXEC, 0)
	fail("open "+fuseDevice, err)
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", device)
	fail("mount", unix.Mount("hostile", folder, "fuse", unix.MS_NOSUID|unix.MS_NODEV, options))
	asked, over := make(chan bool, 64), make(chan error, 1)
	go serve(device, asked)
	child := exec.Command("/proc/self/exe", "hostile-list", path, filepath.Join(folder, "memory"))
	child.Stdout = os.Stdout
	fail("start", child.Start())
	go func() { over <- child.Wait() }()
	select {
	case <-asked:
	case err := <-over:
		fmt.Println("the listing ended:", err)
		os.Exit(1)
	}
	killed := false
	for _, word := range how {
		switch word {
		case "killed":
			killed = true
			fail("kill", child.Process.Kill())
		case "queued":
			fail("start", exec.Command("/proc/self/exe", "hostile-make", filepath.Join(path, "hostile-new")).Start())
		}
	}
	time.Sleep(50 * time.Millisecond)
	if killed && !inD(child.Process.Pid) {
		fail("the killed child is not in state D", unix.EINVAL)
	}
	fmt.Println("held")
	_, _ = os.Stdin.Read(make([]byte, 1))
	os.Exit(0) // closes the device: the kernel answers what this process did not
}

// fuseDevice is a node like /dev/fuse, with the mode 0666 that that has everywhere but in the smallest machines.
const fuseDevice = "/dev/hostile-fuse"

// inD reports whether a thread of a process is in uninterruptible sleep.
func inD(pid int) bool {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, name := range files {
		text, _ := os.ReadFile(name)
		_, rest, _ := strings.Cut(string(text), ") ")
		if strings.HasPrefix(rest, "D") {
			return true
		}
	}
	return false
}

// list lists a directory into the memory of a file.
func list(path, memory string) {
	runtime.LockOSThread()
	file, err := unix.Open(memory, unix.O_RDONLY, 0)
	if err != nil {
		fmt.Println("open", err)
		return
	}
	folder, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		fmt.Println("open", err)
		return
	}
	page, err := unix.Mmap(file, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	if err == nil {
		err = unix.Madvise(page, unix.MADV_RANDOM) // no read ahead, which a kill would end
	}
	if err != nil {
		fmt.Println("mmap", err)
		return
	}
	_, _, _ = unix.Syscall(unix.SYS_GETDENTS64, uintptr(folder), uintptr(unsafe.Pointer(&page[0])), uintptr(len(page)))
}

// Requests of FUSE, linux/fuse.h.
const (
	fuseLookup, fuseForget, fuseGetattr = 1, 2, 3
	fuseOpen, fuseRead, fuseInit        = 14, 15, 26
	fuseInterrupt                       = 36
)

// serve answers what it takes to open a file, and takes note of what it is asked to read.
func serve(device int, asked chan<- bool) {
	request := make([]byte, 1<<17)
	for {
		n, err := unix.Read(device, request)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n < 40 {
			return
		}
		opcode, unique := binary.NativeEndian.Uint32(request[4:]), binary.NativeEndian.Uint64(request[8:])
		switch opcode {
		case fuseInit:
			body := make([]byte, 64)
			for at, value := range map[int]uint32{0: 7, 4: 31, 20: 4096} { // the version; what a write may have
				binary.NativeEndian.PutUint32(body[at:], value)
			}
			reply(device, unique, 0, body)
		case fuseLookup:
			body := make([]byte, 40)
			binary.NativeEndian.PutUint64(body, 2) // the node
			reply(device, unique, 0, append(body, attributes(false)...))
		case fuseGetattr:
			isRoot := binary.NativeEndian.Uint64(request[16:]) == 1
			reply(device, unique, 0, append(make([]byte, 16), attributes(isRoot)...))
		case fuseOpen:
			reply(device, unique, 0, make([]byte, 16))
		case fuseRead:
			asked <- true
		case fuseForget, fuseInterrupt: // have no answer
		default:
			reply(device, unique, unix.ENOSYS, nil)
		}
	}
}

// attributes is struct fuse_attr of the root, or of a file of a page.
func attributes(isRoot bool) []byte {
	text := make([]byte, 88)
	binary.NativeEndian.PutUint64(text, 2)
	binary.NativeEndian.PutUint64(text[8:], 4096)
	mode := uint32(unix.S_IFREG | 0o666)
	if isRoot {
		binary.NativeEndian.PutUint64(text, 1)
		mode = unix.S_IFDIR | 0o777
	}
	binary.NativeEndian.PutUint32(text[60:], mode)
	binary.NativeEndian.PutUint32(text[64:], 1) // links
	return text
}

func reply(device int, unique uint64, errno syscall.Errno, body []byte) {
	text := make([]byte, 16, 16+len(body))
	binary.NativeEndian.PutUint32(text, uint32(16+len(body)))
	binary.NativeEndian.PutUint32(text[4:], uint32(-int32(errno)))
	binary.NativeEndian.PutUint64(text[8:], unique)
	_, _ = unix.Write(device, append(text, body...))
}

// makeFuseDevice makes fuseDevice, in the copy's own /dev.
func makeFuseDevice() error {
	const major, minor = 10, 229
	if err := unix.Mknod(fuseDevice, unix.S_IFCHR|0o666, int(unix.Mkdev(major, minor))); err != nil {
		return fmt.Errorf("mknod %s: %w", fuseDevice, err)
	}
	return os.Chmod(fuseDevice, 0o666)
}

// holder is the process of an attacker that holds a directory.
type holder struct {
	command *exec.Cmd
	end     func() error
}

// holdsDirectory has u hold the lock of a directory, in one of the ways of holdDirectory.
func holdsDirectory(u user, path string, how ...string) (*holder, error) {
	argv := append([]string{
		"--reuid", strconv.Itoa(int(u.uid)), "--regid", strconv.Itoa(int(u.gid)), "--clear-groups",
		"unshare", "-Urm", "--propagation", "private", self, "hostile-hold", path,
	}, how...)
	h := &holder{command: exec.Command("setpriv", argv...)}
	h.command.Dir, h.command.Env, h.command.Stderr = "/", []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin"}, os.Stderr
	input, err := h.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	h.end = input.Close
	output, err := h.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := h.command.Start(); err != nil {
		return nil, err
	}
	text := make([]byte, 256)
	n, err := output.Read(text)
	if string(text[:n]) != "held\n" {
		h.release()
		return nil, fmt.Errorf("%s is not held: %q, %w", path, text[:n], err)
	}
	return h, nil
}

// release ends what the attacker holds.
func (h *holder) release() {
	_ = h.end()
	_ = h.command.Wait()
}
