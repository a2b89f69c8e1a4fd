package hostcheck

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/text/number"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/idspace"
	"userns-helpers/internal/usernsctl/limits"
	"userns-helpers/internal/usernsctl/readdir"
)

// checkLiving looks at the containers that live: IDs of the host that two of them have.
func (c *check) checkLiving() {
	if c.living == nil {
		return
	}
	view := c.living()
	if view.Limited {
		c.report.Miss("the IDs of living containers", "namespaces of others are visible to root alone")
	}
	alike := make(map[uint32][]string) // of one user
	told := make(map[[2]uint32]bool)   // of two
	for _, o := range view.Overlaps() {
		if o.A.Owner == o.B.Owner {
			alike[o.A.Owner] = add(alike[o.A.Owner], o.A.Text(), o.B.Text())
			continue
		}
		pair := [2]uint32{min(o.A.Owner, o.B.Owner), max(o.A.Owner, o.B.Owner)}
		if told[pair] {
			continue
		}
		told[pair] = true
		c.report.Add(finding.Finding{
			ID: "living-overlap", Level: finding.Error, Users: []string{c.accounts.uids.name[o.A.Owner], c.accounts.uids.name[o.B.Owner]},
			Problem: "the living containers " + o.A.Text() + " of " + c.userText(o.A.Owner) + " and " + o.B.Text() + " of " + c.userText(o.B.Owner) +
				" both have the " + o.Kind.Word() + "s " + span(o.Both) + " of the host",
			Advice: "Each can signal and trace what runs in the other, and change its files. Give one of the users other IDs (usernsctl ranges), and start the container again.",
		})
	}
	for _, uid := range slices.Sorted(maps.Keys(alike)) {
		c.report.Add(finding.Finding{
			ID: "living-shared", Level: finding.Note, Users: []string{c.accounts.uids.name[uid]}, Problem: "living containers of " + c.userText(uid) + " have the same IDs of the host: " + list(alike[uid]),
			Advice: "Resource limits are counted for each ID of the host, so that these share them, and who gets out of one is in the others. usernsctl suggest idmap gives each its own.",
		})
	}
}

// add adds texts that are not there yet.
func add(to []string, texts ...string) []string {
	for _, text := range texts {
		if !slices.Contains(to, text) {
			to = append(to, text)
		}
	}
	return to
}

// userText is a user of this host for people.
func (c *check) userText(uid uint32) string {
	if name, known := c.accounts.uids.name[uid]; known {
		return printable(name)
	}
	return "uid " + decimal(uint64(uid))
}

// unbounded is the first process of a user that nothing bounds.
type unbounded struct{ tasks, memory string }

// liveBounds are what bounds the processes that run.
type liveBounds struct {
	tree    limits.Tree
	usual   uint64                   // what the kernel gives to everybody as RLIMIT_NPROC: half of all threads
	cgroups map[string]limits.Bounds // by the text of /proc/PID/cgroup
}

// liveLimits finds, among those who were granted IDs, who has processes now, and which of these nothing bounds: their own ones,
// and those of their containers.
func (c *check) liveLimits() map[string]*unbounded {
	processes := make(map[uint32][]string)
	names, _ := readdir.Names("/proc")
	self := strconv.Itoa(unix.Getpid()) // says nothing of whoever asks
	for _, name := range names {
		var stat unix.Stat_t
		if _, err := number.Decimal(name); err == nil && name != self && unix.Stat("/proc/"+name, &stat) == nil {
			processes[stat.Uid] = append(processes[stat.Uid], name)
		}
	}
	live := liveBounds{limits.Here(), usualProcesses(), make(map[string]limits.Bounds)}
	found := make(map[string]*unbounded)
	for uid, owner := range c.grantees(slices.Sorted(maps.Keys(processes))) {
		if found[owner] == nil {
			found[owner] = &unbounded{}
		}
		for _, pid := range processes[uid] {
			live.look(pid, found[owner])
		}
	}
	return found
}

// grantees are those of user ids that are a user with granted IDs, or one of these IDs, with the name of that user.
func (c *check) grantees(uids []uint32) map[uint32]string {
	owners := make(map[uint32]string)
	c.spaces[paths.Subuid()].Holders(uids, func(uid uint32, claim idspace.Claim) { owners[uid] = claim.Owner })
	users := make(map[uint32]string)
	for _, u := range c.granted() {
		users[u.ID] = u.Name
	}
	all := make(map[uint32]string)
	for _, uid := range uids {
		name, is := users[uid]
		if !is {
			name, is = owners[uid]
		}
		if is {
			all[uid] = name
		}
	}
	return all
}

// look looks at one process.
func (l liveBounds) look(pid string, u *unbounded) {
	if u.tasks != "" && u.memory != "" {
		return
	}
	cgroup := readdir.Beginning("/proc/"+pid+"/cgroup", 4096)
	if cgroup == "" {
		return // it has ended
	}
	bounds, known := l.cgroups[cgroup]
	if !known {
		bounds = l.tree.Of(cgroup)
		l.cgroups[cgroup] = bounds
	}
	if u.tasks == "" && bounds.Tasks == 0 && !l.bounded(readdir.Beginning("/proc/"+pid+"/limits", 4096)) {
		u.tasks = pid
	}
	if u.memory == "" && bounds.Memory == 0 {
		u.memory = pid
	}
}

// bounded reports whether RLIMIT_NPROC is a hard limit, and lower than what the kernel gives to everybody.
func (l liveBounds) bounded(text string) bool {
	for line := range strings.Lines(text) {
		if rest, is := strings.CutPrefix(line, "Max processes"); is {
			fields := strings.Fields(rest)
			if len(fields) < 2 {
				return false
			}
			hard, err := number.Decimal(fields[1])
			return err == nil && (l.usual == 0 || hard < l.usual)
		}
	}
	return text == "" // nobody knows
}

// usualProcesses is half of the threads that the kernel has room for, 0 if that is not known.
func usualProcesses() uint64 {
	n, err := number.Decimal(strings.TrimSpace(readdir.Beginning("/proc/sys/kernel/threads-max", 64)))
	if err != nil {
		return 0
	}
	return n / 2
}

// checkLiveLimits reports whose processes nothing bounds now, and returns who has processes.
func (c *check) checkLiveLimits() map[string]*unbounded {
	if c.living == nil {
		return nil
	}
	live := c.liveLimits()
	var tasks, memory, noTasks, noMemory []string
	for _, u := range c.granted() {
		found := live[u.Name]
		switch {
		case found == nil:
		case found.tasks != "":
			noTasks = append(noTasks, u.Name)
			tasks = append(tasks, printable(u.Name)+" (process "+found.tasks+")")
		case found.memory != "":
			noMemory = append(noMemory, u.Name)
			memory = append(memory, printable(u.Name)+" (process "+found.memory+")")
		}
	}
	if len(tasks) > 0 {
		c.report.Add(finding.Finding{
			ID: "limits-live", Level: finding.Warning, Users: noTasks, Problem: "no cgroup and no resource limit bounds processes that run now, of " + count(len(tasks), "user") + " with granted IDs: " + list(tasks),
			Advice: "One container can use up the host. usernsctl grant USER --limits bounds all sessions of a user; what was started by other means than a login needs a unit of systemd's.",
		})
	}
	if len(memory) > 0 {
		c.report.Add(finding.Finding{
			ID: "limits-live-memory", Level: finding.Note, Users: noMemory, Problem: "no cgroup bounds the memory of processes that run now, of " + count(len(memory), "user") + " with granted IDs: " + list(memory),
			Advice: "On a shared host: usernsctl grant USER --limits memory=SIZE",
		})
	}
	return live
}
