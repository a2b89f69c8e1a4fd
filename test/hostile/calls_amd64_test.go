//go:build system

package hostile

import "golang.org/x/sys/unix"

// openOf is open(2), which newer architectures do not have.
const openOf = unix.SYS_OPEN
