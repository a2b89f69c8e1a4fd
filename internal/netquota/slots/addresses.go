package slots

import (
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/addresses"
)

// Addresses opens who has which IPv4 address on the bridge of the claim. Errors: as addresses.Open.
func (c *Claim) Addresses() (*addresses.Book, error) {
	return addresses.Open(c.look.place(), c.Allotment.Place.Bridge)
}

// Known reports whether the book is the one at the paths that administrators know, and not that of some other network
// namespace.
func (c *Claim) Known(slots string) bool { return c.book.path == slots }

// place is what a book of addresses needs of this one.
func (l *look) place() addresses.Place {
	b := l.book
	return addresses.Place{
		Directory: b.dir, Path: b.path, Owner: b.owner, Reads: b.reads, Wait: b.wait, Now: b.now,
		Lives: func(nic netquota.Nic) (bool, error) { return l.lives(nic), l.err },
	}
}
