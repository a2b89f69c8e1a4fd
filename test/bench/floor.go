package main

import (
	"fmt"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// floor measures programs in Go that do nothing beside Debian's newuidmap, which maps: what they cost, ours costs too.
func (b *bench) floor() error {
	for _, r := range []row{
		{Row: Row{Name: "a Go program without imports"}, ours: b.nothing("bare")},
		{Row: Row{Name: "one that is linked like newuidmap"}, ours: b.nothing("nothing")},
	} {
		r.Group, r.runs = "What does nothing, beside Debian's newuidmap with 2 lines", b.runs(300)
		r.debian = b.mapping(newuidmap)
		if err := b.row(r); err != nil {
			return err
		}
	}
	return nil
}

// nothing runs a program that lies beside this one.
func (b *bench) nothing(name string) side {
	next := func() (call, error) {
		return call{argv: []string{filepath.Join(filepath.Dir(b.ours), name)}, uid: b.user.uid}, nil
	}
	return calling(next, func() error { return nil })
}

// pages is how many page faults are timed together, and calls how many system calls.
const (
	pages = 16 << 10
	calls = 100_000
)

// faultCost is the time of a page fault for new memory, and of the system call that does least. Where a machine is
// virtual these two differ most from one kind to the next, and start-up is made of them.
func faultCost() (fault, systemCall time.Duration, err error) {
	size := unix.Getpagesize()
	memory, err := unix.Mmap(-1, 0, pages*size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return 0, 0, fmt.Errorf("mmap: %w", err)
	}
	if err := unix.Madvise(memory, unix.MADV_NOHUGEPAGE); err != nil {
		return 0, 0, fmt.Errorf("madvise: %w", err)
	}
	began := time.Now()
	for i := 0; i < len(memory); i += size {
		memory[i] = 1
	}
	fault = time.Since(began) / pages
	began = time.Now()
	for range calls {
		_ = unix.Getppid()
	}
	return fault, time.Since(began) / calls, unix.Munmap(memory)
}
