package nics

// Limit is one of [limits].
type Limit struct {
	Set   bool
	Most  uint64 // how many; for FreePorts: how many are kept
	where path
}

// Limits are the limits of every user.
type Limits struct {
	NicsPerUser        Limit // living interfaces, over all bridges
	NicsPerGroupMember Limit // living interfaces of one user that are charged to one @group on one bridge
	FreePorts          Limit // of a Linux bridge, kept free
	CreatesPerMinute   Limit // interfaces that are begun to be made for a user within any 60 seconds
}

// Limits returns the limits that are set.
func (p *Policy) Limits() Limits {
	return Limits{p.limit(NicsPerUser), p.limit(NicsPerGroupMember), p.limit(FreePorts), p.limit(CreatesPerMinute)}
}

func (p *Policy) limit(key string) Limit {
	most, set := p.limits[key]
	return Limit{set, most.number, path{tableLimits, key}}
}

// LineOf returns the line of the file that sets a limit, from 1; 0 where it is not set.
func (p *Policy) LineOf(l Limit) int {
	if !l.Set {
		return 0
	}
	return p.document.Line(l.where...)
}
