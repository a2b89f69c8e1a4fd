package hostcheck

import (
	"strconv"
	"strings"

	"userns-helpers/internal/text/number"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/defsview"
	"userns-helpers/internal/usernsctl/finding"
)

// checkLoginDefs looks at the settings of the shadow suite that matter here.
func (c *check) checkLoginDefs() {
	path := paths.LoginDefs()
	file := c.config(path)
	if file == nil {
		return
	}
	defer file.Close()
	seen := make(map[string]defsview.Setting)
	c.failed(path, defsview.Inspect(file, func(s defsview.Setting) {
		c.settings = append(c.settings, s)
		obeyed, plain := s.Obeyed()
		if !obeyed {
			return
		}
		if before, twice := seen[s.Key]; twice && before.Value != s.Value {
			c.report.Add(finding.Finding{
				ID: "logindefs-twice", Level: finding.Warning, File: path, Line: s.Line,
				Problem: s.Key + " is also set in line " + strconv.Itoa(before.Line) + ", to another value", Advice: "The last one counts. Keep one of them.",
				Fix: c.edit(path, finding.Commented(path, before.Line, "[[:blank:]]*"+finding.Pattern(s.Key))),
			})
		}
		seen[s.Key] = s
		if !plain {
			c.report.Add(finding.Finding{
				ID: "logindefs-value", Level: finding.Warning, File: path, Line: s.Line,
				Problem: s.Key + " has the value " + quote(s.Value) + ", which is not valid and means the default",
				Advice:  "Write yes or no, or a number, and nothing after it: a comment on the same line becomes part of the value.",
			})
		}
	}))
	c.checkSwitches(path, seen)
	c.checkBounds(path)
}

// checkSwitches reports that a file of grants is switched off.
func (c *check) checkSwitches(path string, seen map[string]defsview.Setting) {
	for _, s := range []struct{ key, file string }{{"SUB_UID_COUNT", paths.Subuid()}, {"SUB_GID_COUNT", paths.Subgid()}} {
		value, err := number.Base0(seen[s.key].Value)
		if err == nil && value == 0 {
			c.report.Add(finding.Finding{
				ID: "logindefs-off", Level: finding.Warning, File: path, Line: seen[s.key].Line,
				Problem: s.key + " is 0, so " + s.file + " is not used", Advice: "Nothing in that file is granted. Set it to 65536 if it should be.",
			})
		}
	}
}

// checkBounds reports that useradd(8) hands out ids to users and to containers from one range.
func (c *check) checkBounds(path string) {
	for _, kind := range []string{"UID", "GID"} {
		most, line := c.bound(kind+"_MAX", 60_000)
		least, lineSub := c.bound("SUB_"+kind+"_MIN", leastSubordinate)
		if most < least {
			continue
		}
		c.report.Add(finding.Finding{
			ID: "logindefs-bounds", Level: finding.Warning, File: path, Line: max(line, lineSub),
			Problem: kind + "_MAX is " + decimal(most) + " and SUB_" + kind + "_MIN is " + decimal(least) + ": useradd can give a user an ID " +
				"that another user's containers have",
			Advice: "Set SUB_" + kind + "_MIN above " + kind + "_MAX.",
		})
	}
}

// bound is a number of login.defs and its line, or what holds without.
func (c *check) bound(key string, otherwise uint64) (uint64, int) {
	value, line := otherwise, 0
	for _, s := range c.settings {
		if n, err := number.Base0(s.Value); s.Key == key && err == nil {
			value, line = n, s.Line
		}
	}
	return value, line
}

// path is where users' shells find programs: what the command line says, or ENV_PATH of login.defs, or its default.
func (c *check) path() string {
	found := c.Path
	if found == "" {
		found = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
		for _, s := range c.settings {
			if s.Key == "ENV_PATH" {
				found = strings.TrimPrefix(s.Value, "PATH=")
			}
		}
	}
	return found
}
