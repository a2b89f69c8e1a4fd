package hostcheck

import (
	"path"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
)

// fileSystem is statfs(2) of a path, or of the nearest directory above which is there.
func fileSystem(name string) (unix.Statfs_t, error) {
	for {
		var stat unix.Statfs_t
		err := unix.Statfs(name, &stat)
		if err != unix.ENOENT || name == "/" {
			return stat, err
		}
		name = path.Dir(name)
	}
}

// checkLedger reports a ledger that is not on a tmpfs. Of other file systems some lock a file to read it (xfs;
// docs/process.md, "Locks of the kernel").
func (c *check) checkLedger() {
	stat, err := c.fileSystem(paths.Ledger())
	if len(c.rules) == 0 || err != nil || stat.Type == unix.TMPFS_MAGIC {
		return
	}
	c.report.Add(finding.Finding{
		ID: "ledger-filesystem", Level: finding.Warning, File: paths.Ledger(),
		Problem: "the ledger is not on a tmpfs: a user who reads it may block everybody who makes or deletes an interface",
		Advice:  "Mount a tmpfs on " + path.Dir(path.Dir(paths.Ledger())) + ", as systemd does.",
	})
}
