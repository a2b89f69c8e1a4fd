package hostcheck

import (
	"errors"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/newidmap/whynot"
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
	var never idmap.Forbidden
	var wrong []*forbidden.Error
	incomplete, err := forbidden.Each(file, func(row idmap.Row) { never.Rows = append(never.Rows, row) },
		func(e *forbidden.Error) { wrong = append(wrong, e) })
	var whole *forbidden.Error
	if errors.As(err, &whole) {
		wrong, err = append(wrong, whole), nil
	}
	c.failed(path, err)
	c.never = never.Rows
	for _, m := range wrong {
		c.report.Add(finding.Finding{
			ID: "forbidden-ids", Level: finding.Error, File: path, Line: m.Line, Problem: whynot.Mistake(m),
			Advice: "Until this is fixed, newuidmap and newgidmap map nothing but a caller's own ID. See forbidden-host-ids(5).",
		})
	}
	if incomplete {
		c.report.Add(finding.Finding{
			ID: "file-newline", Level: finding.Warning, File: path, Problem: "the last line does not end with a newline",
			Advice: "Part of it may be missing, and whatever a script appends (echo >>) becomes part of that line. Add the newline.", Fix: c.ended(path),
		})
	}
	for _, file := range []string{paths.Subuid(), paths.Subgid()} {
		c.checkWithheld(file, &never)
	}
}

// checkWithheld reports the grants of a file that have ids which are never mapped.
func (c *check) checkWithheld(file string, never *idmap.Forbidden) {
	for _, claim := range c.spaces[file].Claims() {
		entry, denied := never.Denies(claim.Range)
		if !denied {
			continue
		}
		place, fix := c.suggest(file, claim)
		c.report.Add(finding.Finding{
			ID: "forbidden-ids-granted", Level: finding.Warning, File: file, Line: claim.Line,
			Problem: "the IDs " + span(entry.Range.Intersect(claim.Range)) + " of " + printable(claim.Owner) + " are never mapped: " +
				paths.Forbidden() + " line " + decimal(uint64(entry.Line)) + " forbids " + span(entry.Range),
			Advice: "A map that contains one of them is refused as a whole. Grant a range without them: " + place, Fix: fix,
		})
	}
}
