package slots

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/netquota"
)

// Kinds of locks, fcntl(2).
const (
	exclusive = int16(unix.F_WRLCK)
	shared    = int16(unix.F_RDLCK)
	none      = int16(unix.F_UNLCK)
)

// try takes, changes or gives back (none) a lock on length bytes of fd from start, whether the file has them or not,
// and reports whether it could. It never waits: the holder may be a process that its user has frozen.
//
// The lock is one of the open file description ("Open file description locks", fcntl(2), Linux 3.15): it goes when the
// process ends, however it ends, and it needs no process id to be looked at, which another pid namespace would not have.
func try(fd int, kind int16, start, length int64) (bool, error) {
	lock := unix.Flock_t{Type: kind, Whence: unix.SEEK_SET, Start: start, Len: length}
	err := unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, &lock)
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return false, nil
	}
	return err == nil, err
}

// The file "claims" has no content. Locks on its bytes say what processes that still run are about to use: a byte for
// every name that HostName can make, one for every MAC address, and one for every byte of the ledger. Users can open the
// ledger and put locks of theirs on it, so the locks for it are not there.
const (
	macBytes    = int64(1) << 57 // names take user id × 2^24 + number: below 2^56
	ledgerBytes = int64(1) << 58
	endByte     = ledgerBytes - 1 // held shared by who appends to the ledger, exclusively by who cuts its end
)

// nameByte is the byte of the nth name of uid.
func nameByte(uid, n uint32) int64 { return int64(uid)<<24 | int64(n) }

// macByte is the byte of a MAC address.
func macByte(m netquota.MAC) int64 {
	b := macBytes
	for i, octet := range m {
		b |= int64(octet) << (8 * i)
	}
	return b
}
