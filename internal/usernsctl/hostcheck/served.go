package hostcheck

import (
	"time"

	"userns-helpers/internal/kernel/unixsock"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/whynot/install"
)

// checkServed reports whether a program has no privilege and needs none, as it asks userns-helperd(8). That LXC looks for
// privilege all the same is a note, which is left out where it finds some: bits that only the mount takes away, or a
// capability that does nothing.
func (c *check) checkServed(at string, p program, f install.Facts) bool {
	marked := f.SetuidRoot || f.FileCaps && f.Effective
	if p.role == "" || marked && !f.Nosuid || !c.isServed(at, p) {
		return false
	}
	if !marked && p.need.Name != "" && !(f.Inert && f.Effective) { // lxc-user-nic it executes without a look
		c.report.Add(finding.Finding{
			ID: "program-privilege", Level: finding.Note, File: at,
			Problem: "it has neither the setuid bit nor the file capability " + p.need.Name + ", and asks userns-helperd(8)",
			Advice:  "LXC does not even try then. userns-helpers-privilege service gives a capability that does nothing, for LXC to see (docs/service.md). Others need nothing.",
		})
	}
	return true
}

// listening is for how long a full queue of the service is waited for.
const listening = time.Second

// isServed reports whether a program is one that asks, and root listens. Nothing is asked: what says so is the connection.
func (c *check) isServed(at string, p program) bool {
	if ours, err := isOurs(c.root+at, p.command); err != nil || !ours {
		return false
	}
	socket := map[string]string{"maps": paths.Maps(), "nics": paths.Nics()}[p.role]
	service := unixsock.Daemon{Path: c.root + socket, Patience: listening}
	return service.Once(func(*unixsock.Conn) error { return nil }) == nil
}
