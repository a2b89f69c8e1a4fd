package slots

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/addresses"
	"userns-helpers/internal/netquota/ledger"
	"userns-helpers/internal/netquota/pool"
)

// Locate returns the paths of ledger and slots for the interfaces of one network namespace. Whoever may not look among the
// slots is shown what all may see, the ledger of the book that administrators know.
func Locate(ledger, slots string, here Network) (string, string) {
	text := make([]byte, longestNote)
	n, err := unix.Readlink(slots+"/"+note, text)
	if err != nil || here.Initial || string(text[:n]) == here.noted() {
		return ledger, slots
	}
	return slots + "/" + here.ID + "/" + hiddenLedger, slots + "/" + here.ID
}

// Look is the plan of Claim, which changes nothing. Without the slots, an empty path, it counts by the ledger and the
// kernel's names alone: all that anybody but root can see. Errors: those of the files, EACCES for all but root, and
// those of links.
func Look(rows, slots string, who netquota.Account, allotments []netquota.Allotment, limits netquota.Limits, links Links) (netquota.Plan, error) {
	b, err := reader(rows, slots, 0)
	if err != nil {
		return netquota.Plan{}, err
	}
	defer lockfile.Close(b.dir)
	return b.plan(who, allotments, limits, links)
}

// reader is a book that is only read.
func reader(rows, slots string, owner uint32) (*Book, error) {
	b := &Book{path: slots, dir: -1, reads: true, owner: owner, now: sinceBoot, ledger: ledger.At(rows, -1, owner)}
	if slots == "" {
		return b, nil
	}
	fd, err := unix.Open(slots, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.ENOENT):
		return b, nil
	case err != nil:
		return nil, err
	}
	b.dir = fd
	return b, nil
}

// LookAtAddresses is who has which IPv4 address on a bridge, as the next interface there would find it. Errors: as Look.
func LookAtAddresses(slots, bridge string, links Links) ([]pool.Holder, error) {
	b, err := reader("", slots, 0)
	if err != nil {
		return nil, err
	}
	defer lockfile.Close(b.dir)
	of, err := addresses.Open((&look{book: b, links: links}).place(), bridge)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer of.Close()
	return of.Look()
}

func (b *Book) plan(who netquota.Account, allotments []netquota.Allotment, limits netquota.Limits, links Links) (netquota.Plan, error) {
	l, err := b.look(who, allotments, limits, links)
	if err != nil {
		return netquota.Plan{}, err
	}
	defer func() {
		for _, f := range l.files {
			lockfile.Close(f.fd)
		}
		lockfile.Close(l.rate)
	}()
	return l.wholePlan()
}
