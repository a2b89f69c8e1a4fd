package hostcheck

import (
	"debug/buildinfo"
	"errors"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/quietly"
	"userns-helpers/internal/usernsctl/readdir"
	"userns-helpers/internal/whynot/install"
)

// program is one that users' programs call.
type program struct {
	need    install.Need
	command string // of ours, as its build information names it
	free    bool   // it has no privilege
	role    string // of userns-helperd(8), which it asks where it was given none
}

// checkPrograms looks at the installed programs: those that PATH finds, and lxc-user-nic where liblxc looks for it.
func (c *check) checkPrograms() {
	for _, p := range []program{
		{need: install.Need{Program: "newuidmap", Capability: unix.CAP_SETUID, Name: "cap_setuid"}, command: "newuidmap", role: "maps"},
		{need: install.Need{Program: "newgidmap", Capability: unix.CAP_SETGID, Name: "cap_setgid"}, command: "newgidmap", role: "maps"},
		{need: install.Need{Program: "getsubids"}, command: "getsubids", free: true},
	} {
		c.checkProgram(p, c.inPath(p.need.Program), "in "+c.path())
	}
	nic := program{need: install.Need{Program: "lxc-user-nic", Capability: unix.CAP_NET_ADMIN}, command: "usernic", role: "nics"}
	if found := c.nicPrograms(); len(found) > 0 || len(c.rules) > 0 {
		c.checkProgram(nic, found, "in /usr/libexec/lxc or /usr/lib")
	}
}

// inPath are the files that PATH finds, each once, the first first.
func (c *check) inPath(name string) []string {
	var candidates []string
	for _, directory := range strings.Split(c.path(), ":") {
		if strings.HasPrefix(directory, "/") {
			candidates = append(candidates, path.Join(directory, name))
		}
	}
	return c.existing(candidates)
}

// nicPrograms are the files where liblxc and rootlesskit look for lxc-user-nic.
func (c *check) nicPrograms() []string {
	const name = "lxc/lxc-user-nic"
	candidates := []string{"/usr/libexec/" + name}
	libraries, _ := readdir.Names(c.root + "/usr/lib")
	for _, l := range libraries {
		if strings.Contains(l, "-linux-") {
			candidates = append(candidates, "/usr/lib/"+l+"/"+name)
		}
	}
	return c.existing(append(candidates, "/usr/lib/"+name, "/usr/local/libexec/"+name, "/usr/local/lib/"+name))
}

// existing are the files of candidates that exist, each once however many names lead to it.
func (c *check) existing(candidates []string) []string {
	type identity struct{ dev, ino uint64 }
	seen := make(map[identity]bool)
	var found []string
	for _, candidate := range candidates {
		var stat unix.Stat_t
		err := unix.Stat(c.root+candidate, &stat)
		if err != nil || stat.Mode&unix.S_IFMT == unix.S_IFDIR {
			continue
		}
		if id := (identity{stat.Dev, stat.Ino}); !seen[id] {
			seen[id] = true
			found = append(found, candidate)
		}
	}
	return found
}

// checkProgram looks at the first of the files that were found.
func (c *check) checkProgram(p program, found []string, where string) {
	if len(found) == 0 {
		c.report.Add(finding.Finding{
			ID: "program-missing", Level: finding.Error, Problem: "there is no " + p.need.Program + " " + where,
			Advice: "Programs that make containers cannot find it. Install it, or add its directory to PATH (ENV_PATH in login.defs).",
		})
		return
	}
	if len(found) > 1 {
		c.report.Add(finding.Finding{
			ID: "program-hidden", Level: finding.Warning, File: found[0],
			Problem: "there is another " + p.need.Program + ", at " + strings.Join(found[1:], " and "),
			Advice:  "This one is found first. Two are twice the risk, and an upgrade may change the other one. Remove the one that you do not want.",
		})
	}
	var stat unix.Stat_t
	if err := unix.Stat(c.root+found[0], &stat); err != nil {
		c.report.Miss(found[0], reason(err))
		return
	}
	c.checkPrivilege(found[0], p, stat)
	c.checkOrigin(found[0], p)
}

// checkPrivilege looks at how a program gets its privilege, and who could have put another one in its place.
func (c *check) checkPrivilege(at string, p program, stat unix.Stat_t) {
	f, mode := install.Look(c.root+at, p.need), stat.Mode&0o7777
	report := func(id, problem, advice string, fix ...string) {
		c.report.Add(finding.Finding{ID: id, Level: finding.Error, File: at, Problem: problem, Advice: advice, Fix: fix})
	}
	switch {
	case stat.Mode&unix.S_IFMT != unix.S_IFREG:
		report("program-mode", "it is not a regular file", "Install "+p.need.Program+" again.")
		return
	case stat.Uid != 0 || mode&0o022 != 0:
		report("program-owner", "it belongs to uid "+decimal(uint64(stat.Uid))+" and has the mode "+octal(mode)+": somebody other than root can change it",
			"They can do whatever the program can. Install it again from a source that you trust, as another file in its place; "+trusted.StaysOpen+".")
	case mode&0o111 != 0o111:
		report("program-mode", "it has the mode "+octal(mode)+": not everybody can execute it", "chmod a+x it if all users may have containers.")
	}
	if p.free || stat.Uid != 0 || c.checkServed(at, p, f) {
		return
	}
	switch {
	case !f.SetuidRoot && (!f.FileCaps || p.need.Name == ""):
		report("program-privilege", f.Explain(p.need), "Without it users get no "+gets(p)+untried(p, f)+".", c.ifOurs(at, p, "chmod u+s "+finding.Word(at))...)
	case !f.SetuidRoot && !f.Effective:
		report("program-privilege", "its file capability "+p.need.Name+" is not effective", "LXC wants both: setcap "+p.need.Name+"+ep "+finding.Word(at),
			c.ifOurs(at, p, "setcap "+p.need.Name+"+ep "+finding.Word(at))...)
	case f.Nosuid:
		report("program-nosuid", f.Explain(p.need), "Without it users get no "+gets(p)+".")
	}
}

// chosenSockets is where the service's sockets are that an administrator has chosen.
const chosenSockets = "/etc/systemd/system/sockets.target.wants/"

// ifOurs is a command that gives a program its privilege, if it is one of these: of another one nothing here says what it does
// with it. Where somebody chose that it has none, by dpkg-statoverride(1) too, it stays so, and the service is started that
// takes its place.
func (c *check) ifOurs(at string, p program, command string) []string {
	ours, err := isOurs(c.root+at, p.command)
	socket := "userns-helpers-" + p.role + ".socket"
	switch {
	case err != nil || !ours:
		return nil
	case p.role != "" && c.has(chosenSockets+socket):
		return []string{"systemctl start " + socket}
	}
	return []string{"dpkg-statoverride --list " + finding.Word(at) + " >/dev/null 2>&1 || " + command}
}

// untried is what else is to be said of a program in which LXC sees no privilege: lxc-user-nic it executes in any case.
func untried(p program, f install.Facts) string {
	if p.need.Name == "" || f.Inert && f.Effective {
		return ""
	}
	return ", and LXC does not even try"
}

// gets is what users get by a program.
func gets(p program) string {
	if p.need.Name == "" {
		return "network interfaces"
	}
	return "id maps"
}

// checkOrigin says whether a program is one of these. One that others can write is not looked into: debug/elf is not made
// for files of an attacker, who could have it search a hole of terabytes, and checkPrivilege has an error for it.
func (c *check) checkOrigin(at string, p program) {
	ours, err := isOurs(c.root+at, p.command)
	var distrust *trusted.UntrustedError
	var unopened *quietly.ReopenError
	switch {
	case errors.As(err, &distrust): // checkPrivilege has said so
	case errors.Is(err, unix.EACCES), errors.As(err, &unopened):
		c.report.Miss(at, reason(err))
	case !ours:
		c.report.Add(finding.Finding{
			ID: "program-origin", Level: finding.Warning, File: at, Problem: "it is not the " + p.need.Program + " of userns-helpers",
			Advice: "What this report says about grants is true for the programs of userns-helpers. Another package may have restored its own.",
		})
	}
}

// module is what the build information of our programs begins with.
const module = "userns-helpers/cmd/"

// isOurs reads which program a file was built from. Errors: those of quietly.OpenTrusted.
func isOurs(path, command string) (bool, error) {
	file, err := quietly.OpenTrusted(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }()
	info, none := buildinfo.Read(file)
	return none == nil && info.Path == module+command, nil
}
