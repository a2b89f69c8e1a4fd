package hostcheck

import (
	"bytes"
	"io"

	"userns-helpers/internal/finding"
	"userns-helpers/internal/forbidden"
	"userns-helpers/internal/paths"
	"userns-helpers/internal/policy"
)

// checkPolicy looks at the policy: what is wrong in it, and which grants it takes back.
func (c *check) checkPolicy() {
	path := paths.Policy()
	file := c.config(path)
	if file == nil {
		return
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, policy.LongestFile+1))
	if err != nil {
		c.report.Miss(path, reason(err))
		return
	}
	for _, p := range policy.Check(text) {
		c.report.Add(finding.Finding{
			ID: "policy", Level: finding.Error, File: path, Line: p.Line, Problem: p.Text,
			Advice: "As long as it is so, " + p.Refuses.String() + " refuse everything. See policy.toml(5).",
		})
	}
	c.checkForbidden(path, text)
}

// checkForbidden reports grants of ids that are never mapped.
func (c *check) checkForbidden(path string, text []byte) {
	never, err := forbidden.Read(bytes.NewReader(text))
	if err != nil {
		return // a finding already
	}
	for _, file := range []string{paths.Subuid(), paths.Subgid()} {
		for _, claim := range c.spaces[file].Claims() {
			entry, denied := never.Denies(claim.Range)
			if !denied {
				continue
			}
			c.report.Add(finding.Finding{
				ID: "policy-forbidden", Level: finding.Warning, File: file, Line: claim.Line,
				Problem: "the ids " + span(entry.Range.Intersect(claim.Range)) + " of " + printable(claim.Owner) + " are never mapped: " + path + " line " +
					decimal(uint64(entry.Line)) + " forbids " + span(entry.Range),
				Advice: "A map that has one of them is refused as a whole. Grant a range outside.",
			})
		}
	}
}
