package hostcheck

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/readdir"
)

// lxcDefault is what lxc-create(1) puts into each container's configuration; a user's own is ~/.config/lxc/default.conf.
const lxcDefault = "/etc/lxc/default.conf"

// Hwaddr is the line of a configuration of LXC, from 1, that sets the address of an interface inside the container after it
// was made, and its text; 0 if there is none. An empty value sets nothing.
func Hwaddr(config string) (line int, text string) {
	n := 0
	for l := range strings.Lines(config) {
		n++
		key, value, is := strings.Cut(strings.TrimSpace(l), "=")
		key = strings.TrimSpace(key)
		if is && strings.HasPrefix(key, "lxc.net.") && strings.HasSuffix(key, ".hwaddr") && strings.TrimSpace(value) != "" {
			return n, strings.TrimSpace(l)
		}
	}
	return 0, ""
}

// checkAddressInLXC reports an address that LXC gives to each container, where the policy locks containers to another.
func (c *check) checkAddressInLXC() {
	at, asks := c.asks("", nics.MACLock, nics.FrameGuard, nics.AddressGuard)
	line, text := Hwaddr(c.text(lxcDefault))
	if !asks || line == 0 {
		return
	}
	c.report.Add(finding.Finding{
		ID: "policy-hwaddr", Level: finding.Warning, File: lxcDefault, Line: line,
		Problem: quote(text) + " gives each container an address of its own, and " + paths.Policy() + ":" + strconv.Itoa(at) + " lets it speak from the one that its interface was made with alone",
		Advice:  "Containers that are made by this file have no network, and nobody tells them why. Remove the line here and from the configuration of containers; stable_mac gives each container the same address at each start.",
		Fix:     c.edit(lxcDefault, finding.Commented(lxcDefault, line, "[[:blank:]]*"+finding.Pattern(text))),
	})
}

// usualNeighbours is net.ipv4.neigh.default.gc_thresh3 of a kernel that nobody has told otherwise: how many neighbours are
// remembered at most.
const usualNeighbours = 1024

// checkNeighbours says that containers can fill the host's table of neighbours, where nothing keeps them from made-up addresses.
func (c *check) checkNeighbours() {
	var open []string
	for _, name := range c.grantedBridges() {
		if _, guarded := c.asks(name, nics.AddressGuard); !guarded && c.bridgeSetting(name, "bridge/stp_state") != "" {
			open = append(open, quote(name))
		}
	}
	for _, family := range []string{"ipv4", "ipv6"} {
		path := "net/" + family + "/neigh/default/gc_thresh3"
		most, err := strconv.Atoi(c.setting(path))
		if len(open) == 0 || err != nil || most > usualNeighbours {
			continue
		}
		c.report.Add(finding.Finding{
			ID: "kernel-neighbours", Level: finding.Note, File: "/proc/sys/" + path,
			Problem: "the host remembers " + strconv.Itoa(most) + " neighbours, and a container on " + list(open) + " can make up as many",
			Advice:  "The host then finds nobody else on any network. address_guard keeps containers from it; a larger gc_thresh3 makes it slower.",
		})
	}
}

// checkIFB reports that containers can go round filters, by the devices of a module.
func (c *check) checkIFB() {
	line, asks := c.asks("", nics.FrameGuard, nics.RouterGuard, nics.AddressGuard, nics.Isolated)
	if !asks {
		return
	}
	f := finding.Finding{
		ID: "policy-ifb", Level: finding.Warning, File: paths.Policy(), Line: line,
		Advice: "What root in a container sends by way of such a device is not looked at by any filter (docs/protections.md); mac_lock and isolated hold.",
	}
	barred := finding.Appended("/etc/modprobe.d/userns-helpers.conf", "install ifb /bin/false")
	switch {
	case c.has("/sys/module/ifb"):
		f.Problem = "the module ifb is loaded, with which containers go round the filter"
		f.Fix = []string{barred, "modprobe -r ifb"}
	case c.setting("kernel/modules_disabled") == "1", c.isBarred("ifb"):
		return
	case c.moduleIn("modules.builtin", "ifb"):
		f.Problem = "ifb is built into this kernel, and containers go round the filter with it"
	case c.moduleIn("modules.dep", "ifb"):
		f.Problem = "the kernel loads the module ifb for containers, which go round the filter with it"
		f.Fix = []string{barred}
	case c.modules() == "":
		f.Level, f.Problem = finding.Note, "nothing here says whether this kernel has ifb, with which containers go round the filter"
	default:
		return
	}
	c.report.Add(f)
}

// has reports whether something is at a path.
func (c *check) has(path string) bool { return unix.Access(c.root+path, unix.F_OK) == nil }

// modules is the directory of the running kernel's modules; "" if there is none.
func (c *check) modules() string {
	release := strings.TrimSpace(c.text("/proc/sys/kernel/osrelease"))
	for _, base := range []string{"/lib/modules/", "/usr/lib/modules/"} {
		if release != "" && c.has(base+release+"/modules.dep") {
			return base + release + "/"
		}
	}
	return ""
}

// moduleIn reports whether a list of modules, in the directory of the running kernel, has one.
func (c *check) moduleIn(list, module string) bool {
	folder := c.modules()
	if folder == "" {
		return false
	}
	for line := range strings.Lines(c.text(folder + list)) {
		path, _, _ := strings.Cut(line, ":")
		name := path[strings.LastIndexByte(path, '/')+1:]
		if name, _, _ = strings.Cut(name, "."); name == module {
			return true
		}
	}
	return false
}

// isBarred reports whether the configuration keeps the kernel from loading a module that nobody asks for by its name:
// modprobe.d(5), install and blacklist, which is for the aliases by which the kernel asks.
func (c *check) isBarred(module string) bool {
	for _, folder := range []string{"/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d"} {
		names, _ := readdir.Names(c.root + folder)
		for _, name := range names {
			if !strings.HasSuffix(name, ".conf") {
				continue
			}
			for line := range strings.Lines(c.text(folder + "/" + name)) {
				words := strings.Fields(line)
				if len(words) == 2 && words[0] == "blacklist" && words[1] == module || len(words) > 2 && words[0] == "install" && words[1] == module {
					return true
				}
			}
		}
	}
	return false
}

// TextFile is a file that was read.
type TextFile struct{ Path, Text string }

// LXCDefaults are the files that lxc-create(1) takes a user's configuration from: the host's, and the user's own. That is read
// for the user alone: others would look into a directory that the user rules over.
func LXCDefaults(h Host, user account.Account, asks uint32) []TextFile {
	c := &check{Host: h}
	files := []TextFile{{lxcDefault, c.text(lxcDefault)}}
	if home := c.homeOf(user.Name); asks == user.ID && home != "" {
		own := home + "/.config/lxc/default.conf"
		files = append(files, TextFile{own, c.text(own)})
	}
	return files
}

// homeOf is the home directory of a user of passwd(5), "" if it has none.
func (c *check) homeOf(name string) string {
	for line := range strings.Lines(c.text(paths.Passwd())) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), ":")
		if len(fields) == 7 && fields[0] == name && strings.HasPrefix(fields[5], "/") {
			return fields[5]
		}
	}
	return ""
}
