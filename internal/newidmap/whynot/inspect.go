package whynot

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/text/verdict"
)

// Foresee says what the kernel would say of a write to the map of l.Process by the user of l.Facts, as far as whoever
// asks can see; known is false if they cannot.
func Foresee(l Looks) (v verdict.Verdict, known bool) {
	name := l.Kind.MapFile()
	if file, seen := l.Process.FileOwner(name); seen && file != l.Facts.User.UID {
		return Explain(&FileClosed{File: name, Err: unix.EACCES}, l), true
	}
	fd, err := l.Process.OpenFile(name, unix.O_RDONLY)
	if err != nil {
		return verdict.Verdict{}, false
	}
	defer unix.Close(fd)
	var first [1]byte
	n, _ := unix.Pread(fd, first[:], 0)
	f := writeFacts{err: unix.EPERM, mapped: n > 0, caller: l.Facts.User.UID, namespace: observeNamespace(l.Process)}
	if known = f.mapped || f.namespace.known; !known {
		return verdict.Verdict{}, false
	}
	if v = explainNamespace(l.Kind, f); v.ID != "" {
		v.Headline = "write to " + name + " failed: " + strerror(f.err)
	}
	return v, true
}
