package hostcheck

import (
	"errors"

	"userns-helpers/internal/policy/forbidden"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
)

// checkForbidden looks at the list of ids that are never mapped: what is wrong in it, and which grants it takes back.
func (c *check) checkForbidden() {
	path := paths.Forbidden()
	file := c.config(path)
	if file == nil {
		return
	}
	defer file.Close()
	list, err := forbidden.Inspect(file)
	var whole *forbidden.Error
	if errors.As(err, &whole) {
		list.Wrong, err = append(list.Wrong, whole), nil
	}
	c.failed(path, err)
	for _, m := range list.Wrong {
		c.report.Add(finding.Finding{
			ID: "forbidden-ids", Level: finding.Error, File: path, Line: m.Line, Problem: m.Reason(),
			Advice: "Until this is fixed, newuidmap and newgidmap map nothing but a caller's own ID. See forbidden-host-ids(5).",
		})
	}
	if list.Incomplete {
		c.report.Add(finding.Finding{
			ID: "file-newline", Level: finding.Warning, File: path, Problem: "the last line does not end with a newline",
			Advice: "Part of it may be missing, and whatever a script appends (echo >>) becomes part of that line. Add the newline.",
		})
	}
	for _, file := range []string{paths.Subuid(), paths.Subgid()} {
		c.checkWithheld(file, list.Understood)
	}
}

// checkWithheld reports the grants of a file that have ids which are never mapped.
func (c *check) checkWithheld(file string, never forbidden.IDs) {
	for _, claim := range c.spaces[file].Claims() {
		entry, denied := never.Denies(claim.Range)
		if !denied {
			continue
		}
		c.report.Add(finding.Finding{
			ID: "forbidden-ids-granted", Level: finding.Warning, File: file, Line: claim.Line,
			Problem: "the IDs " + span(entry.Range.Intersect(claim.Range)) + " of " + printable(claim.Owner) + " are never mapped: " +
				paths.Forbidden() + " line " + decimal(uint64(entry.Line)) + " forbids " + span(entry.Range),
			Advice: "A map that contains one of them is refused as a whole. Grant a range without them.",
		})
	}
}
