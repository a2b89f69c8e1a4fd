package hostcheck

import (
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/number"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/readdir"
)

// directory is a source of accounts other than files, and the ids that its accounts have.
type directory struct {
	file  string // where that is configured
	line  int
	name  string      // "SSSD's domain example.test"
	ids   idmap.Range // empty: this host does not know
	exact bool        // the ids are what the configuration says, rather than what is usual
	ask   string      // how to find out
}

// checkDirectories compares the grants with the ids of directories' accounts (CVE-2024-56433: useradd hands out ranges
// from 100000 on, and so do directories).
func (c *check) checkDirectories() {
	c.services = append(c.sssd(), c.winbind()...)
	for _, d := range c.services {
		if d.ids.Empty() || !d.exact {
			c.report.Add(finding.Finding{
				ID: "directory-unknown", Level: finding.Note, File: d.file, Line: d.line,
				Problem: "nothing on this host says which IDs the accounts of " + d.name + " have",
				Advice:  "Compare them with /etc/subuid and /etc/subgid yourself. " + d.ask,
			})
		}
		for _, path := range []string{paths.Subuid(), paths.Subgid()} {
			c.checkDirectory(path, d)
		}
	}
}

// checkDirectory reports the lines of a file whose ids a directory may give to accounts: one finding for all.
func (c *check) checkDirectory(path string, d directory) {
	var lines []int
	var owners []string
	for _, claim := range c.spaces[path].Claims() {
		if !claim.Range.Intersect(d.ids).Empty() {
			lines = append(lines, claim.Line)
			owners = append(owners, printable(claim.Owner))
		}
	}
	if len(lines) == 0 {
		return
	}
	f := finding.Finding{
		ID: "subid-directory", Level: finding.Warning, Users: owners, File: path, Line: lines[0],
		Problem: count(len(lines), "line") + " grant IDs that accounts of " + d.name + " can have, " + span(d.ids) + ": those of " + list(owners),
		Advice: "In a container these users can act as such accounts, on their files on this host and on network file systems " +
			"(CVE-2024-56433). Give containers other IDs, here and in login.defs (SUB_UID_MIN, SUB_UID_MAX).",
	}
	if !d.exact {
		f.Problem = count(len(lines), "line") + " grant IDs between " + decimal(d.ids.Start()) + " and " + decimal(d.ids.End()-1) +
			", where " + d.name + " usually has its accounts: those of " + list(owners)
		f.Advice += " " + d.ask
	}
	c.report.Add(f)
}

// section is a section of a file of sections in square brackets, with keys in lower case.
type section struct {
	file string
	line int
	name string
	keys map[string]string
}

// sections reads the format of sssd.conf(5) and smb.conf(5).
func sections(file, text string) []section {
	var all []section
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		switch key, value, found := strings.Cut(line, "="); {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[':
			all = append(all, section{file, number, strings.TrimSpace(strings.Trim(line, "[]")), make(map[string]string)})
		case found && len(all) > 0:
			all[len(all)-1].keys[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
		}
	}
	return all
}

// sssd are the domains of SSSD.
func (c *check) sssd() []directory {
	const base = "/etc/sssd"
	files := []string{base + "/sssd.conf"}
	names, _ := readdir.Names(c.root + base + "/conf.d")
	for _, name := range names {
		if strings.HasSuffix(name, ".conf") && name[0] != '.' {
			files = append(files, base+"/conf.d/"+name)
		}
	}
	var domains []directory
	for _, file := range files {
		text := c.text(file)
		for _, s := range sections(file, text) {
			if name, is := strings.CutPrefix(s.name, "domain/"); is && s.keys["id_provider"] != "" {
				domains = append(domains, domain(s, name))
			}
		}
	}
	return domains
}

// What SSSD maps security identifiers to if it is not told, and where FreeIPA chooses the ids of a new installation:
// sssd-ldap(5), ipa-server-install(1).
const (
	usualFirst = 200_000
	usualEnd   = 2_000_200_000
)

// domain is what a section of sssd.conf(5) says of the ids of a domain's accounts.
func domain(s section, name string) directory {
	d := directory{file: s.file, line: s.line, name: "SSSD's domain " + printable(name)}
	provider := s.keys["id_provider"]
	mapped := strings.EqualFold(s.keys["ldap_id_mapping"], "true") || provider == "ad" && s.keys["ldap_id_mapping"] == ""
	first, end := uint64(1), uint64(0)
	switch {
	case provider == "files" || provider == "proxy":
		return d
	case mapped:
		first, end, d.exact = value(s, "ldap_idmap_range_min", usualFirst), value(s, "ldap_idmap_range_max", usualEnd), true
	case provider == "ipa":
		first, end, d.ask = usualFirst, usualEnd, "Run ipa idrange-find on a server to find out."
	default:
		d.ask = "Ask the administrator of the name service; min_id and max_id in sssd.conf limit them."
	}
	if most := value(s, "max_id", 0); most > 0 {
		first, end, d.exact = max(first, value(s, "min_id", 1)), most+1, true
	}
	if end > first {
		d.ids, _ = idmap.NewRange(first, min(end, 1<<32)-first)
	}
	return d
}

// value is a number of a section, or what holds without.
func value(s section, key string, otherwise uint64) uint64 {
	n, err := number.Decimal(s.keys[key])
	if err != nil || n > 1<<32-1 {
		return otherwise
	}
	return n
}

// winbind are the domains of Samba's winbind, "idmap config DOMAIN : range = 10000-20000" in smb.conf(5).
func (c *check) winbind() []directory {
	const file = "/etc/samba/smb.conf"
	text := c.text(file)
	var domains []directory
	line := 0
	for content := range strings.Lines(text) {
		line++
		key, value, _ := strings.Cut(content, "=")
		words := strings.Fields(strings.ToLower(strings.Replace(key, ":", " : ", 1)))
		if len(words) != 5 || words[0] != "idmap" || words[1] != "config" || words[4] != "range" {
			continue
		}
		from, to, _ := strings.Cut(value, "-")
		first, err := number.Decimal(strings.TrimSpace(from))
		last, bad := number.Decimal(strings.TrimSpace(to))
		if err != nil || bad != nil || last < first {
			continue
		}
		if ids, ok := idmap.NewRange(first, last-first+1); ok {
			domains = append(domains, directory{file, line, "winbind's domain " + printable(words[2]), ids, true, ""})
		}
	}
	return domains
}
