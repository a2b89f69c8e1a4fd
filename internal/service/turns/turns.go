// Package turns decides whose connection is served next, and whose is dropped, so that no local user can keep the others
// from the service.
//
// It is pure. Connections are numbers, and each is charged to an owner: who that is for a user id is package charge's
// business. It promises that what one owner does costs another at most their turn: an owner has a bounded number of
// connections, and of workers; who has most loses first; and due owners are served in turn.
package turns

import "slices"

// Limits are how much there is.
type Limits struct {
	Waiting int // connections that wait, of one owner
	Running int // workers at once, of one owner
	All     int // connections that wait, of all
	Workers int // workers at once, of all
}

// Turns are the connections of a service. It is made by New.
type Turns struct {
	limits  Limits
	owners  map[string]*owner
	of      map[int]*owner // whose a connection is, waiting or served
	due     []*owner       // those who have something to serve, the next one first
	came    map[int]uint64 // when a connection came, or its worker began
	count   uint64         // of that
	waiting int
	running int // but those that are stuck
	stuck   map[int]bool
}

// owner is who connections are charged to.
type owner struct {
	name   string
	idle   []int // connections that sent nothing yet, the oldest first
	due    []int // those that sent something, likewise
	served []int // those that a worker has, likewise
	stuck  int   // of those
}

func (o *owner) waiting() int { return len(o.idle) + len(o.due) }

// New returns turns without connections.
func New(limits Limits) *Turns {
	return &Turns{limits: limits, owners: map[string]*owner{}, of: map[int]*owner{}, came: map[int]uint64{}, stuck: map[int]bool{}}
}

// Drop is a connection that has to go.
type Drop struct {
	Connection int
	Due        bool // it sent something: its peer waits for an answer
}

// Come takes a new connection, which has sent nothing, and returns the one that has to go for it, if there is one: where its
// owner has too many, the oldest idle one of that owner's; where there are too many in all, the oldest idle one of the owner
// who has most. It is the new one itself only where its owner has nothing else that is idle.
func (t *Turns) Come(connection int, name string) (Drop, bool) {
	o := t.owners[name]
	if o == nil {
		o = &owner{name: name}
		t.owners[name] = o
	}
	o.idle = append(o.idle, connection)
	t.of[connection] = o
	t.count++
	t.came[connection] = t.count
	t.waiting++
	switch {
	case o.waiting() > t.limits.Waiting:
		return t.drop(o), true
	case t.waiting > t.limits.All:
		return t.Shed()
	}
	return Drop{}, false
}

// Shed drops a connection of the owner who has most: for one that is to come, or where descriptors run out. Of several who
// have most it is the one whose loss is least: idle before due, and of those the one that has waited longest. So many owners
// with a connection each take nothing from one who connects and sends at once.
func (t *Turns) Shed() (Drop, bool) {
	var most *owner
	for _, o := range t.owners {
		if most == nil || o.waiting() > most.waiting() || o.waiting() == most.waiting() && t.before(o, most) {
			most = o
		}
	}
	if most == nil || most.waiting() == 0 {
		return Drop{}, false
	}
	return t.drop(most), true
}

// before reports whether the connection that one owner would lose goes before that of another.
func (t *Turns) before(a, b *owner) bool {
	x, y := a.last(), b.last()
	switch {
	case x.Due != y.Due:
		return !x.Due
	case x.Due: // the newest, as of one owner's
		return t.came[x.Connection] > t.came[y.Connection]
	}
	return t.came[x.Connection] < t.came[y.Connection]
}

// drop drops the oldest idle connection, or the newest due one where none is idle.
func (t *Turns) drop(o *owner) Drop {
	d := o.last()
	t.Left(d.Connection)
	return d
}

// last is which one goes first of an owner's.
func (o *owner) last() Drop {
	switch {
	case len(o.idle) > 0:
		return Drop{Connection: o.idle[0]}
	case len(o.due) > 0:
		return Drop{Connection: o.due[len(o.due)-1], Due: true}
	}
	return Drop{}
}

// Due says that an idle connection has sent something.
func (t *Turns) Due(connection int) {
	o := t.of[connection]
	i := -1
	if o != nil {
		i = slices.Index(o.idle, connection)
	}
	if i < 0 {
		return
	}
	o.idle = slices.Delete(o.idle, i, i+1)
	o.due = append(o.due, connection)
	if len(o.due) == 1 {
		t.due = append(t.due, o)
	}
}

// Left forgets a connection that waited.
func (t *Turns) Left(connection int) {
	o := t.of[connection]
	if o == nil {
		return
	}
	before := o.waiting()
	same := func(c int) bool { return c == connection }
	o.idle, o.due = slices.DeleteFunc(o.idle, same), slices.DeleteFunc(o.due, same)
	if o.waiting() == before {
		return // it is served
	}
	t.waiting--
	delete(t.of, connection)
	delete(t.came, connection)
	t.tidy(o)
}

// Next is the connection to be served next; it is, from then on. It is false where nobody is due, or no worker is left for
// those who are.
func (t *Turns) Next() (connection int, ok bool) {
	for i, o := range t.due {
		if !t.mayRun(o) {
			continue
		}
		connection = o.due[0]
		o.due = slices.Delete(o.due, 0, 1)
		o.served = append(o.served, connection)
		t.running++
		t.waiting--
		t.count++
		t.came[connection] = t.count
		t.due = slices.Delete(t.due, i, i+1)
		if len(o.due) > 0 {
			t.due = append(t.due, o) // behind the others
		}
		return connection, true
	}
	return 0, false
}

// mayRun: an owner has at most so many workers, and at most half of what the others leave.
func (t *Turns) mayRun(o *owner) bool { return t.fits(o, t.limits.Workers-t.running) }

// fits is mayRun with so many workers left.
func (t *Turns) fits(o *owner, left int) bool {
	n := len(o.served)
	return left > 0 && n < t.limits.Running && n < (left+n+1)/2
}

// Overdue is a connection whose worker holds up somebody who is due, where no worker is left: of those who have most
// workers, the one that has been served longest; the other would be served in its place. unequal says that they have more than
// two, and would still have as many as the other if it ended for the other's sake: owners of one or two are not few. False where
// nobody is held up, or only by as many as they have themselves.
func (t *Turns) Overdue() (connection int, unequal, ok bool) {
	if t.running < t.limits.Workers {
		return 0, false, false
	}
	least, most, connection := t.limits.Running, 0, -1
	for _, o := range t.due {
		if t.fits(o, 1) {
			least = min(least, o.counts())
		}
	}
	for _, o := range t.owners {
		first, n := t.first(o), o.counts()
		if n > most || n == most && n > 0 && t.came[first] < t.came[connection] {
			connection, most = first, n
		}
	}
	return connection, most > 2 && most >= least+2, most > least
}

// first is the one that has been served longest of an owner's that are not stuck; -1 where there is none.
func (t *Turns) first(o *owner) int {
	for _, c := range o.served {
		if !t.stuck[c] {
			return c
		}
	}
	return -1
}

// counts is how many of an owner's workers count against all.
func (o *owner) counts() int { return len(o.served) - o.stuck }

// Ended says that a connection which was served is not served any more.
func (t *Turns) Ended(connection int) {
	o := t.of[connection]
	if o == nil || slices.Contains(o.idle, connection) || slices.Contains(o.due, connection) {
		return
	}
	o.served = slices.DeleteFunc(o.served, func(c int) bool { return c == connection })
	if t.stuck[connection] {
		o.stuck--
	} else {
		t.running--
	}
	delete(t.stuck, connection)
	delete(t.of, connection)
	delete(t.came, connection)
	t.tidy(o)
}

// Stuck says that a worker was killed, and may not end: from then on it counts against its owner alone, or few owners could
// keep all workers.
func (t *Turns) Stuck(connection int) {
	if o := t.of[connection]; o == nil || t.stuck[connection] || slices.Contains(o.idle, connection) || slices.Contains(o.due, connection) {
		return
	}
	t.stuck[connection] = true
	t.of[connection].stuck++
	t.running--
}

// tidy forgets who has nothing any more, and takes who is not due out of the row.
func (t *Turns) tidy(o *owner) {
	if len(o.due) == 0 {
		t.due = slices.DeleteFunc(t.due, func(d *owner) bool { return d == o })
	}
	if o.waiting() == 0 && len(o.served) == 0 {
		delete(t.owners, o.name)
	}
}
