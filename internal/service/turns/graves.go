package turns

// Graves are ended connections that only a process may close that nobody waits for: a burier. What lies in a connection can
// keep one forever, and in the number of processes all users have a share. So an owner has one burier, as a rule; for each
// further one, while others of that owner's have not ended, ever more connections have to be there.
type Graves struct {
	few, most int
	owners    map[string]*grave
}

type grave struct {
	dead    []int
	buriers int
}

// NewGraves returns graves without connections. An owner's are buried in haste if there are few of them, and never more
// than most at once.
func NewGraves(few, most int) *Graves {
	return &Graves{few: min(few, most), most: most, owners: map[string]*grave{}}
}

// Add takes an ended connection.
func (g *Graves) Add(connection int, name string) {
	o := g.owners[name]
	if o == nil {
		o = &grave{}
		g.owners[name] = o
	}
	o.dead = append(o.dead, connection)
}

// need is for how many connections of an owner's a burier is started.
func (g *Graves) need(o *grave, hasty bool) int {
	switch {
	case o.buriers > 0:
		return min(g.few<<min(o.buriers, 16), g.most)
	case hasty:
		return g.few
	}
	return 1
}

// Next is an owner with connections to be buried now, at most so many as may be at once; none where nobody has. hasty: the
// last burial was a moment ago, so that more may come. Where those of all owners together are more than most, whoever has most is
// not waited for: else owners who work together would keep all descriptors.
func (g *Graves) Next(hasty bool) (name string, some []int) {
	var fullest *grave
	all := 0
	for of, o := range g.owners {
		if len(o.dead) >= g.need(o, hasty) {
			return of, g.some(o)
		}
		all += len(o.dead)
		if fullest == nil || len(o.dead) > len(fullest.dead) {
			name, fullest = of, o
		}
	}
	if all > g.most {
		return name, g.some(fullest)
	}
	return "", nil
}

// some are as many of an owner's as one burier may have.
func (g *Graves) some(o *grave) []int { return o.dead[:min(len(o.dead), g.most)] }

// Barred reports whether an owner has more than one burier: what lay in their connections keeps one from its end.
func (g *Graves) Barred(name string) bool {
	o := g.owners[name]
	return o != nil && o.buriers > 1
}

// AnyBarred reports whether one of the owners is.
func (g *Graves) AnyBarred() bool {
	for name := range g.owners {
		if g.Barred(name) {
			return true
		}
	}
	return false
}

// Due reports whether there is something to bury, be it in a moment.
func (g *Graves) Due() bool {
	_, some := g.Next(false)
	return len(some) > 0
}

// Began says that a burier has begun with the first n of an owner's connections.
func (g *Graves) Began(name string, n int) {
	o := g.owners[name]
	o.dead = append([]int{}, o.dead[n:]...)
	o.buriers++
}

// Ended says that a burier of an owner's has ended.
func (g *Graves) Ended(name string) {
	o := g.owners[name]
	o.buriers--
	if o.buriers == 0 && len(o.dead) == 0 {
		delete(g.owners, name)
	}
}
