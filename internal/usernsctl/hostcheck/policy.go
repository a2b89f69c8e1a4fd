package hostcheck

import (
	"errors"
	"io"
	"strings"

	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/policy/plain"
	"userns-helpers/internal/policy/whynot"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
)

// checkPolicy looks at the policy.
func (c *check) checkPolicy() {
	path := paths.Policy()
	file := c.config(path)
	if file == nil {
		return
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, nics.LongestFile+1))
	if err != nil {
		c.report.Miss(path, reason(err))
		return
	}
	f := form{}
	var wrong *plain.Error
	if _, err := plain.Parse(text); errors.As(err, &wrong) {
		f = formOf(text, wrong.Line)
	}
	_, problems := nics.ParseAll(text)
	for _, p := range problems {
		c.report.Add(finding.Finding{
			ID: "policy", Level: finding.Error, File: path, Line: p.Line, Problem: whynot.Words(p),
			Advice: strings.TrimSpace("Until this is fixed, lxc-user-nic refuses every request. See policy.toml(5). " + f.advice), Write: f.write,
		})
	}
}
