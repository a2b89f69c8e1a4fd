package hostcheck

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernic"
	"userns-helpers/internal/usernsctl/finding"
)

// checkKey looks at the key of stable addresses, where who asks may. That there is none is nothing: the first interface
// makes it.
func (c *check) checkKey() {
	path := paths.MACKey()
	var stat unix.Stat_t
	if unix.Lstat(c.root+path, &stat) != nil || usernic.IsKey(&stat, 0) {
		return
	}
	c.report.Add(finding.Finding{
		ID: "mac-key", Level: finding.Warning, File: path, Problem: "it is not a file of 32 bytes that only root can read",
		Advice: "So it is not used, and containers get different addresses after each reboot. Remove it: the next interface makes a new one, which " +
			"changes all addresses. Who could read this one knows it, and " + trusted.StaysOpen + ".",
	})
}
