package hostcheck

import (
	"slices"
	"strings"

	"userns-helpers/internal/account"
	"userns-helpers/internal/text/number"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/readdir"
)

// checkLimits looks at what bounds the processes and the memory of the users who were granted ids: all their containers
// count as theirs, and nothing in these programs bounds them.
//
// What holds for processes that run is what their cgroups say. For who has none, it is what pam_limits(8) and systemd read at
// the next login.
func (c *check) checkLimits() {
	var unbounded, hungry []string
	live := c.checkLiveLimits()
	pam, systemd := c.pamLimits(), c.sliceLimits()
	var groups []string
	for _, u := range c.granted() {
		groups = append(append(groups[:0], c.accounts.gids.name[u.Primary]), c.accounts.member[u.Name]...)
		processes := pam.of(u, groups, "nproc") || systemd.has(u.ID, "TasksMax")
		memory := systemd.has(u.ID, "MemoryMax") || systemd.has(u.ID, "MemoryHigh")
		is := live[u.Name]
		if !processes && (is == nil || is.tasks == "") {
			unbounded = append(unbounded, printable(u.Name))
		}
		if !memory && (is == nil || is.memory == "") {
			hungry = append(hungry, printable(u.Name))
		}
	}
	if len(unbounded) > 0 {
		c.report.Add(finding.Finding{
			ID: "limits-processes", Level: finding.Warning, Users: unbounded,
			Problem: "nothing limits the number of processes of " + count(len(unbounded), "user") + " with granted IDs: " + list(unbounded),
			Advice: "A container's processes count as its user's, so one container can use up the host's. Set nproc in " +
				"/etc/security/limits.conf, or TasksMax= in /etc/systemd/system/user-.slice.d/limits.conf.",
		})
	}
	if len(hungry) > 0 {
		c.report.Add(finding.Finding{
			ID: "limits-memory", Level: finding.Note, Users: hungry,
			Problem: "nothing limits the memory of " + count(len(hungry), "user") + " with granted IDs: " + list(hungry),
			Advice:  "On a shared host set MemoryMax= in /etc/systemd/system/user-.slice.d/limits.conf.",
		})
	}
}

// granted are the users of this host, but for root, who were granted ids, by name.
func (c *check) granted() []account.Account {
	var names []string
	for _, path := range []string{paths.Subuid(), paths.Subgid()} {
		claims := c.spaces[path].Claims()
		names = slices.Grow(names, len(claims))
		for _, claim := range claims {
			names = append(names, claim.Owner)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	users := make([]account.Account, 0, len(names))
	for _, name := range names {
		if u, exists := c.accounts.users[name]; exists && u.ID != 0 {
			users = append(users, u)
		}
	}
	return users
}

// pamLimits are the lines of limits.conf(5): domain, type, item, value.
type pamLimits [][4]string

// pamLimits reads the files in the order in which pam_limits(8) does.
func (c *check) pamLimits() pamLimits {
	const base = "/etc/security/limits"
	files := []string{base + ".conf"}
	names, _ := readdir.Names(c.root + base + ".d")
	for _, name := range names {
		if strings.HasSuffix(name, ".conf") {
			files = append(files, base+".d/"+name)
		}
	}
	var all pamLimits
	for _, file := range files {
		text := c.text(file)
		for line := range strings.Lines(text) {
			line, _, _ = strings.Cut(line, "#")
			if words := strings.Fields(line); len(words) == 4 {
				all = append(all, [4]string(words))
			}
		}
	}
	return all
}

// of reports whether a hard limit on item holds for a user: the last line of the closest kind decides, the user's own
// before a group's before everybody's.
func (l pamLimits) of(u account.Account, groups []string, item string) bool {
	closest, bounded := 0, false
	for _, line := range l {
		near := nearness(line[0], u, groups)
		if near >= max(closest, 1) && (line[1] == "hard" || line[1] == "-") && line[2] == item {
			closest = near
			bounded = line[3] != "unlimited" && line[3] != "infinity" && line[3] != "-1"
		}
	}
	return bounded
}

// nearness says how closely a domain of limits.conf is about a user; 0: not at all.
func nearness(domain string, u account.Account, groups []string) int {
	group, isGroup := strings.CutPrefix(domain, "@")
	switch {
	case domain == u.Name, ofIDs(domain, u.ID):
		return 3
	case isGroup && slices.Contains(groups, group):
		return 2
	case domain == "*":
		return 1
	}
	return 0
}

// ofIDs reports whether a domain is one of user IDs that has this one: ":1000", "1000:" or "1000:2000".
func ofIDs(domain string, uid uint32) bool {
	least, most, is := strings.Cut(domain, ":")
	from, bad := number.Decimal(least)
	to, worse := number.Decimal(most)
	switch {
	case !is || least != "" && bad != nil || most != "" && worse != nil || least == "" && most == "":
		return false
	case least == "":
		from = to
	case most == "":
		to = 1<<32 - 1
	}
	return from <= uint64(uid) && uint64(uid) <= to
}

// sliceLimits are settings of systemd's slices of users: "user-.slice" for all, "user-1000.slice" for one.
type sliceLimits map[string]map[string]string

// sliceLimits reads the files that systemd reads, where it runs: the closer directory comes later.
func (c *check) sliceLimits() sliceLimits {
	all := make(sliceLimits)
	if names, err := readdir.Names(c.root + "/run/systemd/system"); err != nil && names == nil {
		return all
	}
	for _, base := range []string{"/usr/lib/systemd/system", "/run/systemd/system", "/etc/systemd/system"} {
		units, _ := readdir.Names(c.root + base)
		for _, unit := range units {
			slice, isDropIn := strings.CutSuffix(unit, ".d")
			if !isDropIn || !strings.HasPrefix(slice, "user-") || !strings.HasSuffix(slice, ".slice") {
				continue
			}
			names, _ := readdir.Names(c.root + base + "/" + unit)
			for _, name := range names {
				all.read(c, slice, base+"/"+unit+"/"+name)
			}
		}
	}
	return all
}

// read takes the settings of one file over.
func (l sliceLimits) read(c *check, slice, file string) {
	if !strings.HasSuffix(file, ".conf") {
		return
	}
	text := c.text(file)
	for line := range strings.Lines(text) {
		key, value, found := strings.Cut(strings.TrimSpace(line), "=")
		if !found {
			continue
		}
		if l[slice] == nil {
			l[slice] = make(map[string]string)
		}
		l[slice][strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
}

// has reports whether a setting bounds a user.
func (l sliceLimits) has(uid uint32, key string) bool {
	value := ""
	if len(l) > 0 {
		value = l["user-"+decimal(uint64(uid))+".slice"][key]
	}
	if value == "" {
		value = l["user-.slice"][key]
	}
	return value != "" && value != "infinity"
}
