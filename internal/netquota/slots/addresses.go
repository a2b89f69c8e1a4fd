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

// place is what a book of addresses needs of this one. An interface that root has moved to another network namespace has left
// the bridge, and its slot counts it still; its address does not: what tells of such a one may be what its user has put into
// the namespace of a container, who would keep as many addresses from others as they like.
func (l *look) place() addresses.Place {
	b := l.book
	return addresses.Place{
		Directory: b.dir, Path: b.path, Owner: b.owner, Reads: b.reads, Wait: b.wait, Now: b.now,
		Lives: func(nic netquota.Nic) (bool, error) { return l.stays(nic), l.err },
	}
}
