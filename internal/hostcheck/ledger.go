package hostcheck

import (
	"path"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/finding"
	"userns-helpers/internal/paths"
)

// kindOf is the kind of the file system that a path is on, statfs(2), or that of the nearest directory above which is
// there.
func kindOf(name string) (int64, error) {
	for {
		var stat unix.Statfs_t
		err := unix.Statfs(name, &stat)
		if err != unix.ENOENT || name == "/" {
			return int64(stat.Type), err
		}
		name = path.Dir(name)
	}
}

// checkLedger reports a ledger that is not on a tmpfs. Of other file systems some lock a file to read it (xfs; architecture
// of these programs, "Locks of the kernel").
func (c *check) checkLedger() {
	kind, err := c.kindOf(paths.Ledger())
	if len(c.rules) == 0 || err != nil || kind == unix.TMPFS_MAGIC || kind == unix.RAMFS_MAGIC {
		return
	}
	c.report.Add(finding.Finding{
		ID: "ledger-filesystem", Level: finding.Warning, File: paths.Ledger(),
		Problem: "the ledger is not on a tmpfs: a user who reads it may hold up everybody who makes or deletes an interface",
		Advice:  "Mount a tmpfs on " + path.Dir(path.Dir(paths.Ledger())) + ", as systemd does.",
	})
}
