// Package living finds the containers that run on this host: user namespaces with processes, and which IDs of the host they
// have.
//
// It changes nothing. Only root sees those of everybody.
package living

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/number"
	"userns-helpers/internal/usernsctl/readdir"
)

// Container is a user namespace other than that of whoever asks, with a process.
type Container struct {
	Name      string          `json:"name"` // that LXC or podman has for it, or its first command
	PID       int             `json:"pid"`  // of its oldest process
	Owner     uint32          `json:"uid"`  // who made it
	Processes int             `json:"processes"`
	IDs       [2]idmap.Set    `json:"-"` // of the host, by kind, without those that are the same inside, and without the owner's own
	inside    map[uint64]bool // the namespaces that it is in
	number    uint64
	started   uint64
}

// View is all containers, the oldest first.
type View struct {
	Containers []Container
	Limited    bool // namespaces of some processes could not be seen
}

// Look looks at all processes.
func Look() View {
	var view View
	var own unix.Stat_t
	if err := unix.Stat("/proc/self/ns/user", &own); err != nil {
		view.Limited = true
		return view
	}
	plain := readdir.Beginning("/proc/self/uid_map", longestMap)
	found := make(map[uint64]*Container)
	names, _ := readdir.Names("/proc")
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		var stat unix.Stat_t
		if err := unix.Stat("/proc/"+name+"/ns/user", &stat); err != nil {
			// Whose map is that of whoever asks is in the same namespace, or in one that has no IDs of its own.
			view.Limited = view.Limited || errors.Is(err, unix.EACCES) && readdir.Beginning("/proc/"+name+"/uid_map", longestMap) != plain
			continue
		}
		if stat.Ino == own.Ino {
			continue
		}
		c := found[stat.Ino]
		if c == nil {
			c = &Container{number: stat.Ino}
			found[stat.Ino] = c
		}
		c.Processes++
		if _, since, _ := readdir.Life(name); c.PID == 0 || since < c.started {
			c.PID, c.started = pid, since
		}
	}
	view.take(found)
	return view
}

// take describes what was found, and sorts it.
func (v *View) take(found map[uint64]*Container) {
	for _, c := range found {
		if c.describe() {
			v.Containers = append(v.Containers, *c)
		}
	}
	slices.SortFunc(v.Containers, func(a, b Container) int {
		return cmp.Or(cmp.Compare(a.started, b.started), cmp.Compare(a.PID, b.PID))
	})
}

// describe finds what is known of a container by its oldest process; false where that is gone.
func (c *Container) describe() bool {
	base := "/proc/" + strconv.Itoa(c.PID)
	fd, err := unix.Open(base+"/ns/user", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if unix.Fstat(fd, &stat) != nil || stat.Ino != c.number {
		return false
	}
	owner, err := unix.IoctlGetUint32(fd, unix.NS_GET_OWNER_UID)
	if err != nil {
		return false
	}
	c.Owner, c.inside = owner, ancestors(fd)
	c.IDs = [2]idmap.Set{
		idmap.UID: hostIDs(readdir.Beginning(base+"/uid_map", longestMap), owner),
		idmap.GID: hostIDs(readdir.Beginning(base+"/gid_map", longestMap), owner),
	}
	c.Name = nameOf(readdir.Beginning(base+"/cgroup", 4096), strings.TrimSpace(readdir.Beginning(base+"/comm", 64)))
	return true
}

// longestMap bounds a map of the kernel's: 340 lines of three numbers in columns of ten.
const longestMap = 340 * 34

// mostNested bounds how deep namespaces lie in each other: the kernel has 32 levels.
const mostNested = 33

// ancestors are the numbers of the namespaces that one is in, as far as they can be seen.
func ancestors(fd int) map[uint64]bool {
	all := make(map[uint64]bool)
	opened := -1
	for range mostNested {
		parent, err := unix.IoctlRetInt(fd, unix.NS_GET_PARENT)
		if opened >= 0 {
			_ = unix.Close(opened)
		}
		if err != nil {
			return all
		}
		unix.CloseOnExec(parent)
		opened, fd = parent, parent
		var stat unix.Stat_t
		if unix.Fstat(parent, &stat) == nil {
			all[stat.Ino] = true
		}
	}
	_ = unix.Close(opened)
	return all
}

// hostIDs are the IDs of the host that a map has: what is the same inside is shared on purpose, as for a service of systemd's,
// and the owner's own ID needs no grant and is in many maps at once.
func hostIDs(text string, owner uint32) idmap.Set {
	var set idmap.Set
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		lower, bad := number.Decimal(fields[1])
		count, worse := number.Decimal(fields[2])
		r, ok := idmap.NewRange(lower, count)
		if bad == nil && worse == nil && ok && fields[0] != fields[1] && !r.Is(idmap.ID(owner)) {
			set.Add(r)
		}
	}
	return set
}

// nameOf is what a container is called: by the name that LXC gives to its cgroup, by the beginning of podman's ID, or by a
// command.
func nameOf(cgroup, command string) string {
	for _, part := range strings.FieldsFunc(cgroup, func(r rune) bool { return r == '/' || r == '\n' }) {
		if name, is := strings.CutPrefix(part, "lxc.payload."); is {
			return name
		}
		if id, is := strings.CutPrefix(part, "libpod-"); is && len(id) > shortID && !strings.HasPrefix(id, "conmon") {
			return "podman " + id[:shortID]
		}
	}
	return command
}

// shortID is how much of its IDs podman shows.
const shortID = 12

// Text is a container for people. Its user chooses the name: one that could pass for more than a name is in quotation marks.
func (c Container) Text() string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:@+-"
	name := c.Name
	if strings.Trim(strings.TrimPrefix(name, "podman "), plain) != "" {
		name = strconv.Quote(name)
	}
	return name + " (process " + strconv.Itoa(c.PID) + ")"
}

// Overlap is IDs of the host that two containers have, neither of which is in the other.
type Overlap struct {
	A, B Container // the older one first
	Kind idmap.Kind
	Both idmap.Range // the first range that they share
}

// mostCompared bounds the containers of one user that are compared with others: a user can have thousands.
const mostCompared = 200

// compared are the containers that are compared: the oldest of each user.
func (v View) compared() []Container {
	of := make(map[uint32]int)
	var all []Container
	for _, c := range v.Containers {
		if c.IDs[idmap.UID].Count()+c.IDs[idmap.GID].Count() == 0 {
			continue
		}
		if of[c.Owner]++; of[c.Owner] <= mostCompared {
			all = append(all, c)
		}
	}
	return all
}

// Overlaps finds them: one for two containers, of user IDs if these overlap.
func (v View) Overlaps() []Overlap {
	var all []Overlap
	compared := v.compared()
	for i, a := range compared {
		for _, b := range compared[i+1:] {
			if a.inside[b.number] || b.inside[a.number] {
				continue
			}
			for _, kind := range []idmap.Kind{idmap.UID, idmap.GID} {
				if both, share := shared(a.IDs[kind], b.IDs[kind]); share {
					all = append(all, Overlap{a, b, kind, both})
					break
				}
			}
		}
	}
	return all
}

// shared is the first range that two sets share.
func shared(a, b idmap.Set) (idmap.Range, bool) {
	for _, r := range a.Ranges() {
		if others := b.Overlapping(r); len(others) > 0 {
			return r.Intersect(others[0]), true
		}
	}
	return idmap.Range{}, false
}

// Of are the containers that a user made, or that have IDs of the user's. Mine has those by kind.
func (v View) Of(uid uint32, mine [2][]idmap.Range) []Container {
	var all []Container
	for _, c := range v.Containers {
		has := func(kind idmap.Kind) bool {
			return slices.ContainsFunc(mine[kind], func(r idmap.Range) bool { return len(c.IDs[kind].Overlapping(r)) > 0 })
		}
		if c.Owner == uid || has(idmap.UID) || has(idmap.GID) {
			all = append(all, c)
		}
	}
	return all
}
