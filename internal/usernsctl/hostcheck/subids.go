package hostcheck

import (
	"slices"
	"strings"

	"userns-helpers/internal/subid/slips"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/idspace"
)

// checkSubids looks at the lines that grant ids.
func (c *check) checkSubids() {
	c.checkSubid(paths.Subuid())
	c.checkSubid(paths.Subgid())
}

// checkSpaces looks at what the lines of both files grant: who clashes with whom, and with which accounts of this host. It
// comes when everything is known that a range can be moved away from.
func (c *check) checkSpaces() {
	for _, file := range []struct {
		path, kind string
		known      *ids
	}{{paths.Subuid(), "user", &c.accounts.uids}, {paths.Subgid(), "group", &c.accounts.gids}} {
		file.known.sort() // a directory may have told of others
		c.checkClashes(file.path)
		c.checkRealIDs(file.path, file.kind, file.known)
	}
}

// checkSubid looks at the lines of one file.
func (c *check) checkSubid(path string) {
	file := c.config(path)
	if file == nil {
		return
	}
	defer file.Close()
	var claims []idspace.Claim
	var returned []slips.Entry
	entries := 0
	incomplete, err := slips.Inspect(file, nil, func(e slips.Entry) {
		entries++
		if e.Return {
			returned = append(returned, e)
		}
		if claim, ok := c.checkEntry(path, e); ok {
			if len(claims) == cap(claims) {
				claims = slices.Grow(claims, max(64, len(claims))) // append would copy a long list more often
			}
			claims = append(claims, claim)
		}
	})
	c.checkReturns(path, returned, entries)
	c.failed(path, err)
	if incomplete {
		c.report.Add(finding.Finding{
			ID: "file-newline", Level: finding.Warning, File: path, Problem: "the last line does not end with a newline",
			Advice: "Whatever a script appends (echo >>) becomes part of that line, and shadow 4.19 ignores such a file. Add the newline.", Fix: c.ended(path),
		})
	}
	c.spaces[path] = idspace.Of(claims)
}

// checkReturns reports the lines that end with a carriage return: one by one, or, where most of the file does, once.
func (c *check) checkReturns(path string, returned []slips.Entry, entries int) {
	const advice = "These programs treat it as part of the newline; to shadow's it is part of the count, and the line grants nothing there. "
	fix := c.edited(path, 0)
	if len(returned) > 1 && len(returned)*2 > entries {
		c.report.Add(finding.Finding{
			ID: "file-crlf", Level: finding.Warning, File: path,
			Problem: decimal(uint64(len(returned))) + " of " + count(entries, "line") + " end with a carriage return, as on DOS", Advice: advice + "Convert the file.", Fix: fix,
		})
		return
	}
	for _, e := range returned {
		if e.Fault == slips.NoFault {
			c.report.Add(finding.Finding{
				ID: "subid-line", Level: finding.Warning, File: path, Line: e.Line, Problem: quote(e.Text) + " ends with a carriage return",
				Advice: advice + "Remove it.", Fix: fix,
			})
		}
	}
}

// checkEntry looks at one line; false if it grants nothing.
func (c *check) checkEntry(path string, e slips.Entry) (idspace.Claim, bool) {
	if e.Fault != slips.NoFault {
		f := faulty(path, e)
		f.Fix = c.edited(path, e.Line, strings.TrimRight(e.Text, "\r"))
		c.report.Add(f)
		return idspace.Claim{}, false
	}
	owner, known := c.accounts.ownerOf(e.Owner)
	if !known {
		known = c.known(e.Owner)
		owner, _ = c.accounts.ownerOf(e.Owner) // a directory may have told of the user
	}
	if !known {
		c.report.Add(finding.Finding{
			ID: "subid-owner", Level: finding.Warning, File: path, Line: e.Line, Problem: "there is no user " + quote(e.Owner),
			Advice: "The IDs " + span(e.Range) + " are granted to whoever gets that name or ID next. Remove the line, or correct the name.",
		})
	}
	if e.Octal {
		c.report.Add(finding.Finding{
			ID: "subid-octal", Level: finding.Warning, File: path, Line: e.Line,
			Problem: quote(e.Text) + " has a number with a leading 0, which is octal: it grants " + span(e.Range),
			Advice:  "Write it without the leading 0 if decimal was meant.",
		})
	}
	if e.Range.Contains(0) {
		c.report.Add(finding.Finding{
			ID: "subid-root", Level: finding.Error, File: path, Line: e.Line, Problem: "host ID 0 is granted to " + printable(owner),
			Advice: "Anyone who can map host ID 0 can become root on the host. Let the range begin above the IDs of this host's accounts.",
		})
	}
	return idspace.Claim{Range: e.Range, Owner: owner, Line: e.Line}, true
}

// faulty is the finding for a line that grants nothing.
func faulty(path string, e slips.Entry) finding.Finding {
	f := finding.Finding{ID: "subid-line", Level: finding.Warning, File: path, Line: e.Line}
	f.Problem = quote(e.Text) + " grants nothing: " + e.Why()
	switch e.Fault {
	case slips.NIS:
		f.Advice = "Remove it, or write the owner without the sign."
	case slips.TooLong:
		f.Advice = "Put each grant on a line of its own."
	case slips.NUL:
		f.Advice = "The file was damaged. Write the line again."
	case slips.NoOwner:
		f.Advice = "Write a login name, or a user ID in decimal without leading zeros."
	case slips.Zero:
		f.ID, f.Level = "subid-zero", finding.Error
		f.Advice = "shadow's programs before 4.20 take it to mean every ID, including the host's root (shadow#1689); useradd 4.9 " +
			"wrote such lines for system users. Remove the line."
	case slips.Beyond:
		f.Advice = "Choose a range that ends below."
	default:
		f.Advice = "Write OWNER:START:COUNT, as in alice:100000:65536, with nothing after the count. Comments need lines of their own."
	}
	return f
}
