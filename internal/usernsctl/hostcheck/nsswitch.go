package hostcheck

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"userns-helpers/internal/account"
	"userns-helpers/internal/account/nsswitch"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/subid/source"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
)

// beyond is what this host knows of users and groups besides files.
type beyond struct {
	users, groups bool // some source may know others
	others        bool // a service may, for which no daemon speaks
	hangs         bool // getent did not answer in time
	asked         int  // how often one was asked
	silent        int  // how often there was no answer
	ask           func(name string) (account.Account, error)
}

// rooted opens a file of the host as package account asks, trusted or not.
func (c *check) rooted(path string) (io.ReadCloser, error) {
	file, err := c.open(c.root + path)
	var distrusted *Distrusted
	if errors.As(err, &distrusted) {
		return file, nil
	}
	return file, err
}

// checkNsswitch looks at the line that chooses who grants ids, and finds out whether there are users besides those of
// the files.
func (c *check) checkNsswitch() {
	path := paths.Nsswitch()
	file := c.config(path)
	var config nsswitch.Config
	if file != nil {
		text, err := io.ReadAll(io.LimitReader(file, longestText))
		_ = file.Close()
		c.failed(path, err)
		c.checkNsswitchLines(path, string(text))
		config, err = nsswitch.Parse(strings.NewReader(string(text)))
		c.failed(path, err)
	}
	daemons := c.exists(paths.Userdb()) || c.exists(paths.Nscd())
	c.beyond.users = daemons || nsswitch.Others(config.Passwd) || nsswitch.Lists(config.Passwd, nsswitch.SSS)
	c.beyond.groups = daemons || nsswitch.Others(config.Group) || nsswitch.Lists(config.Group, nsswitch.SSS)
	c.beyond.others = nsswitch.Others(config.Passwd)
	c.beyond.ask = c.user
	c.checkSource(path, config.Subid)
}

// exists reports whether there is something at a path of the host.
func (c *check) exists(path string) bool {
	return account.Present(c.root + path)
}

// checkNsswitchLines reports lines that say nothing.
func (c *check) checkNsswitchLines(path, text string) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		content, _, _ := strings.Cut(line, "#")
		name, _, found := strings.Cut(content, ":")
		name = strings.TrimSpace(name)
		if strings.TrimSpace(content) == "" || found && name != "" && !strings.ContainsAny(name, " \t") {
			c.checkIndented(path, line, name, number)
			continue
		}
		c.report.Add(finding.Finding{
			ID: "nsswitch-line", Level: finding.Warning, File: path, Line: number, Problem: quote(strings.TrimSuffix(line, "\n")) + " has no effect",
			Advice: "Write DATABASE: SERVICE..., as in passwd: files sss",
			Fix:    c.edit(path, finding.Commented(path, number, finding.Pattern(strings.TrimRight(line, "\r\n")))),
		})
	}
}

// checkIndented reports a line for ids that is not read because something is in front of it.
func (c *check) checkIndented(path, line, name string, number int) {
	if strings.EqualFold(name, "subid") && !strings.EqualFold(line[:min(len(line), 6)], "subid:") {
		c.report.Add(finding.Finding{
			ID: "nsswitch-line", Level: finding.Warning, File: path, Line: number, Problem: "the line for subid: does not begin in the first column",
			Advice: "It is not read, so the files grant IDs. Remove the blanks around subid.",
		})
	}
}

// checkSource looks at who grants ids; word is the first one behind subid:.
func (c *check) checkSource(path, word string) {
	source, err := source.Unprivileged(c.rooted).Choose(paths.Subuid())
	f := finding.Finding{ID: "nsswitch-subid", File: path}
	var unread *account.SwitchError
	switch {
	case errors.As(err, &unread): // what could not be looked at has been said
		return
	case err != nil:
		f.Level, f.Problem = finding.Error, printable(err.Error())
		f.Advice = "newuidmap and newgidmap grant nothing until subid: names files or sss."
	case source.SSSD:
		f.Level, f.Problem = finding.Note, "subid: "+word+" lets SSSD alone grant IDs"
		f.Advice = "Nothing in /etc/subuid and /etc/subgid is granted. Which ranges SSSD gives to whom cannot be listed: usernsctl explain uid USER."
	case len(source.Notes) > 0:
		f.Level, f.Problem = finding.Warning, "subid: names "+quote(word)+", which is not installed, so the files grant IDs"
		f.Advice = "newuidmap and newgidmap say so at each call, as shadow's do. Install it, or write subid: files."
	default:
		return
	}
	c.report.Add(f)
}

// Bounds of how often a directory is asked for a user.
const (
	mostAsked  = 500 // each may cost a question over the network
	mostSilent = 3   // without an answer: each may cost the patience of every source, 55 seconds in all
)

// lookUp asks the directory for a user whom the files do not know, by name or id, and takes the answer in.
func (c *check) lookUp(field string) bool {
	if !c.beyond.users {
		return false
	}
	if c.beyond.silent == mostSilent {
		return true
	}
	if c.beyond.asked++; c.beyond.asked > mostAsked {
		if c.beyond.asked == mostAsked+1 {
			c.report.Miss("users of name services", "more than "+strconv.Itoa(mostAsked)+" are named; the rest are assumed to exist")
		}
		return true
	}
	user, err := c.beyond.ask(field)
	var unknown *account.UnknownError
	if err != nil {
		if !errors.As(err, &unknown) || !unknown.Certain() {
			c.noAnswer(field, err)
			return true
		}
		return false
	}
	c.accounts.users[user.Name] = user
	c.accounts.uids.add(user.ID, user.Name)
	return true
}

// noAnswer reports a user of whom nobody could tell.
func (c *check) noAnswer(field string, err error) {
	c.report.Miss("user "+quote(field), printable(err.Error()))
	if c.beyond.silent++; c.beyond.silent == mostSilent {
		c.report.Miss("users of name services", "no answer to "+strconv.Itoa(mostSilent)+" questions; the rest are assumed to exist")
	}
}

// known reports whether there is a user of that name, or with that id.
func (c *check) known(field string) bool {
	_, exists := c.accounts.ownerOf(field)
	return exists || !c.accounts.known || c.lookUp(field)
}

// knownName is known for a file in which a number is no id.
func (c *check) knownName(name string) bool {
	_, exists := c.accounts.users[name]
	return exists || !c.accounts.known || !subid.IsUID(name) && c.lookUp(name)
}
