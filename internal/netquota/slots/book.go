// Package slots keeps quotas exact. An allotment with a quota of n has n slots, and an interface lives in a slot: to make
// one is to take a slot that is free.
//
// Whoever takes a slot locks it, looks again, writes the name, and only then makes the interface. So:
//
//   - there are never more than n, since there are n slots, and only the holder of a slot's lock makes an interface in it;
//   - a process that dies loses its lock, and the slot tells what it was about to make: nothing (free again), or an
//     interface that is not complete (removed by the next to come);
//   - nobody waits: a lock is tried, and a slot whose lock is held by a process that was frozen is one that is in use.
//
// Interfaces that are in no slot, made by LXC's helper or before the slots were lost, are put into slots first.
//
// The states of a slot are netquota.State's. The transitions, each where the function of that name is:
//
//	claim      Empty, Dead, Duplicate -> Pending      under the lock, which is kept
//	Complete   Pending -> Living                      the lock is let go of after it
//	abandon    Pending -> Empty                       what failed is undone
//	(death)    Pending -> Abandoned                   the kernel lets go of the lock
//	reclaim    Abandoned -> Empty                     whoever comes next; what cannot be removed is Stuck for this call
//	adopt      Empty, Dead, Duplicate -> Living       an interface that was in no slot
//	(end)      Living -> Dead                         the container ends
//	(lower)    Living -> Duplicate                    adopt has put it into a lower slot too, as where a quota was lowered
//
// netquota.Snapshot.Plan decides which slot it is to be; this package gathers the snapshot and acts. docs/ledger.md has the
// argument, and what each death leaves.
package slots

import (
	"errors"
	"path"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/ledger"
)

// Book is the slots and the ledger of one network namespace.
type Book struct {
	ledger *ledger.Ledger
	path   string // of the directory of the slots, for messages
	dir    int    // the directory; -1 where there is none, or it cannot be seen
	claims int
	reads  bool   // nothing is changed, and no file made
	owner  uint32 // of all files: root; tests are run by others
	pause  int64  // between two looks, in nanoseconds; tests do not wait
	now    func() uint64
	looks  int // that are left to this process
}

// OpenIn opens the book for the interfaces of one network namespace: that of the calling thread. Ledger and slots are
// absolute paths. What is missing is made: the ledger's directory with mode 0755, the directory of the slots with mode
// 0700.
//
// Errors: *lockfile.UnsafeError, those of the system calls. It is called with umask 022 and effective ids 0.
func OpenIn(ledger, slots string, here Network) (*Book, error) {
	b, err := openOwned(ledger, slots, 0)
	if err != nil {
		return nil, err
	}
	is, err := b.belongsTo(here)
	if is || err != nil {
		return b, err
	}
	return b, b.enter(b.dir, here.ID, slots+"/"+here.ID, slots+"/"+here.ID+"/"+hiddenLedger)
}

// openOwned opens the book of an owner at the paths that administrators know.
func openOwned(ledger, slots string, owner uint32) (*Book, error) {
	b := &Book{owner: owner, pause: pause, looks: looks, now: sinceBoot}
	parent, _, err := lockfile.Open(unix.AT_FDCWD, path.Dir(ledger), path.Dir(ledger), unix.O_DIRECTORY, 0o755, owner)
	if err != nil {
		return nil, err
	}
	lockfile.Close(parent)
	return b, b.enter(unix.AT_FDCWD, slots, slots, ledger)
}

// enter makes it the book of the slots in a directory.
func (b *Book) enter(parent int, name, slots, rows string) (err error) {
	before := *b
	if b.dir, _, err = lockfile.Open(parent, name, slots, unix.O_DIRECTORY, 0o700, b.owner); err != nil {
		return err
	}
	b.path = slots
	if b.claims, err = b.open(claims); err != nil {
		return err
	}
	b.ledger = ledger.At(rows, b.claims, b.owner)
	if before.path != "" {
		lockfile.Close(before.dir)
		lockfile.Close(before.claims)
	}
	return nil
}

// open opens a file among the slots, and makes it if it is missing. Where nothing is to be made a missing one is -1.
func (b *Book) open(name string) (int, error) {
	flags, mode := unix.O_RDWR, uint32(0o600)
	if b.reads {
		flags, mode = unix.O_RDONLY, 0
	}
	if b.dir < 0 {
		return -1, nil
	}
	fd, _, err := lockfile.Open(b.dir, name, b.path+"/"+name, flags, mode, b.owner)
	if b.reads && errors.Is(err, unix.ENOENT) {
		return -1, nil
	}
	return fd, err
}

// The file "claims" has no content. Locks on its bytes say what processes that still run are about to use: a byte for
// every name that HostName can make, one for every MAC address, and those of package ledger.
const (
	claims   = "claims"
	macBytes = int64(1) << 57 // names take user id × 2^24 + number: below 2^56
)

// claim locks a byte of claims.
func (b *Book) claim(at int64) (bool, error) {
	return lockfile.Try(b.claims, lockfile.Exclusive, at, 1)
}

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
