//go:build system

package hostile

// openOf stands for open(2), which this architecture does not have: no system call has that number.
const openOf = 1 << 20
