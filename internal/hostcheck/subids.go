package hostcheck

import (
	"strings"

	"userns-helpers/internal/finding"
	"userns-helpers/internal/idspace"
	"userns-helpers/internal/paths"
	"userns-helpers/internal/subid"
)

// checkSubids looks at the grants of ids.
func (c *check) checkSubids() {
	c.checkSubid(paths.Subuid(), "user", &c.accounts.uids)
	c.checkSubid(paths.Subgid(), "group", &c.accounts.gids)
}

// checkSubid looks at one file: its lines, then who clashes with whom, then with which accounts of this host.
func (c *check) checkSubid(path, kind string, known *ids) {
	file := c.config(path)
	if file == nil {
		return
	}
	defer file.Close()
	var claims []idspace.Claim
	incomplete, err := subid.Inspect(file, func(e subid.Entry) {
		if claim, ok := c.checkEntry(path, e); ok {
			claims = append(claims, claim)
		}
	})
	c.failed(path, err)
	if incomplete {
		c.report.Add(finding.Finding{
			ID: "file-newline", Level: finding.Warning, File: path, Problem: "the last line does not end with a newline",
			Advice: "What a script appends (echo >>) is glued to it, and shadow 4.19 reads nothing of such a file. Add the newline.",
		})
	}
	c.spaces[path] = idspace.Of(claims)
	c.checkClashes(path)
	known.sort() // a directory may have told of others
	c.checkRealIDs(path, kind, known)
}

// checkEntry looks at one line; false if it grants nothing.
func (c *check) checkEntry(path string, e subid.Entry) (idspace.Claim, bool) {
	if e.Fault != subid.NoFault {
		c.report.Add(faulty(path, e))
		return idspace.Claim{}, false
	}
	known := c.known(e.Owner)
	owner, _ := c.accounts.ownerOf(e.Owner)
	if !known {
		c.report.Add(finding.Finding{
			ID: "subid-owner", Level: finding.Warning, File: path, Line: e.Line, Problem: "there is no user " + quote(e.Owner),
			Advice: "The ids " + span(e.Range) + " are granted to whoever gets that name or id next. Remove the line, or correct the name.",
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
			ID: "subid-root", Level: finding.Error, File: path, Line: e.Line, Problem: "the host's id 0 is granted to " + printable(owner),
			Advice: "Who can map id 0 can become the host's root. Let the range begin above the ids of this host's accounts.",
		})
	}
	return idspace.Claim{Range: e.Range, Owner: owner, Line: e.Line}, true
}

// faulty is the finding for a line that grants nothing.
func faulty(path string, e subid.Entry) finding.Finding {
	f := finding.Finding{ID: "subid-line", Level: finding.Warning, File: path, Line: e.Line}
	grants := quote(e.Text) + " grants nothing: "
	switch e.Fault {
	case subid.NIS:
		f.Problem, f.Advice = grants+"it begins with + or -", "Such lines were for NIS. Remove it, or write the owner without the sign."
	case subid.TooLong:
		f.Problem, f.Advice = "the line grants nothing: it has 1024 bytes or more", "Put each grant in a line of its own."
	case subid.NUL:
		f.Problem, f.Advice = grants+"it holds a NUL byte", "The file was damaged. Write the line again."
	case subid.Fields:
		f.Problem, f.Advice = grants+"it has not three fields", "Write OWNER:START:COUNT, as in alice:100000:65536."
	case subid.NoOwner:
		f.Problem, f.Advice = grants+"nobody can be its owner", "Write a login name, or a user id in decimal without leading zeros."
	case subid.BadStart, subid.BadCount:
		f.Problem, f.Advice = grants+notNumber(e), "Write OWNER:START:COUNT, with nothing behind the count. Comments have lines of their own."
	case subid.Zero:
		f.ID, f.Level = "subid-zero", finding.Error
		f.Problem = grants + "the count is 0"
		f.Advice = "shadow's programs before 4.20 take it for all ids there are, the host's root included (shadow#1689); useradd 4.9 " +
			"wrote such lines for system users. Remove the line."
	case subid.Beyond:
		f.Problem, f.Advice = grants+"the range reaches beyond 4294967295", "Choose a range that ends below."
	case subid.NoFault:
	}
	return f
}

// notNumber says which number is none, and why where that is hard to see.
func notNumber(e subid.Entry) string {
	which := "the start"
	if e.Fault == subid.BadCount {
		which = "the count"
	}
	switch {
	case strings.HasSuffix(e.Text, "\r"):
		return "a carriage return is at its end"
	case strings.Contains(e.Text, "#"):
		return "a comment follows " + which
	case strings.TrimRight(e.Text, " \t") != e.Text:
		return "a blank is at its end"
	}
	return which + " is not a number"
}
