package harness

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// execNameless becomes p's program with an empty argument list, which syscall.Exec cannot: the way pkexec was attacked
// (CVE-2021-4034). Since Linux 5.18 the program sees one empty argument instead.
func execNameless(p plan) error {
	path, err := unix.BytePtrFromString(p.Path)
	if err != nil {
		return fmt.Errorf("exec %q: %w", p.Path, err)
	}
	environment := make([]*byte, 0, len(p.Env)+1)
	for _, entry := range p.Env {
		pointer, err := unix.BytePtrFromString(entry)
		if err != nil {
			return fmt.Errorf("exec %q: environment: %w", p.Path, err)
		}
		environment = append(environment, pointer)
	}
	environment = append(environment, nil)
	argv := []*byte{nil}
	_, _, errno := unix.RawSyscall(unix.SYS_EXECVE, uintptr(unsafe.Pointer(path)),
		uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&environment[0])))
	return fmt.Errorf("exec %s without arguments: %w", p.Path, errno)
}
