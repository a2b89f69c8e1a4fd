package usernsctl

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/text/number"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/hostcheck"
	"userns-helpers/internal/usernsctl/records"
)

// auditAnswer is the answer as JSON.
type auditAnswer struct {
	Format  int              `json:"format"`
	Since   int64            `json:"since"` // seconds since 1970
	Sources []records.Source `json:"sources"`
	Groups  []records.Group  `json:"groups"`
	Other   int              `json:"other"`  // records of further groups
	Forged  int              `json:"forged"` // that somebody sent in another user's name
	Broken  int              `json:"broken"` // lines that begin as records do, and are none
	Unseen  []finding.Unseen `json:"unseen"`
}

// audit is the command audit.
func (a asker) audit() int {
	now := clock()
	since, err := sinceOf(a.since, now)
	if err != nil {
		return a.wrong(err.Error())
	}
	q := records.Question{Clock: records.Clock{Now: now, Zone: zone()}, Since: since, File: a.file}
	names := hostcheck.Names(hostcheck.Here())
	if slices.Contains(a.given, "--user") {
		if q.Wants, err = wantsUser(a.user, names); err != nil {
			return a.wrong(err.Error())
		}
	}
	log := records.Read(q)
	status := fine
	if len(log.Unseen) > 0 {
		status = unseen
	}
	answer := auditAnswer{
		format, since, append([]records.Source{}, log.Sources...), log.Sorted(), log.Other, log.Forged, log.Broken, append([]finding.Unseen{}, log.Unseen...),
	}
	for i, g := range answer.Groups {
		if g.UID != nil {
			answer.Groups[i].User = calledHere(g.User, uint32(*g.UID), names)
		}
	}
	if a.json {
		return a.answer(answer, status)
	}
	return a.say([]byte(a.auditText(answer, now)), status)
}

// calledHere is what a record calls the user with a user ID, unless this host calls the user otherwise: names[uid], or "" where
// that is nothing and the record's name is somebody else's. Where anybody can write records, journald vouches for the user ID alone.
func calledHere(recorded string, uid uint32, names map[uint32]string) string {
	all := strings.Split(recorded, ",")
	if own := names[uid]; own != "" && !slices.Contains(all, own) { // "" in a record: refused before the account was looked up
		return own
	}
	for id, name := range names {
		if id != uid && slices.Contains(all, name) {
			return names[uid]
		}
	}
	return recorded
}

// clock is the time in seconds since 1970.
func clock() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_REALTIME, &t)
	return t.Sec
}

// zone is the host's time zone, /etc/localtime: the program has no TZ that could name another file.
func zone() *time.Location { return time.Now().Location() }

// wantsUser says which records are a user's, by name or user ID. The user ID counts where there is one.
func wantsUser(text string, names map[uint32]string) (func(records.Record) bool, error) {
	uid, err := number.Decimal(text)
	byID := err == nil
	for id, name := range names {
		if name == text {
			uid, byID = uint64(id), true
		}
	}
	if text == "" {
		return nil, errors.New("--user needs a value")
	}
	return func(r records.Record) bool {
		if byID && r.HasUID {
			return r.UID == uid
		}
		return slices.Contains(strings.Split(r.User, ","), text)
	}, nil
}

// sinceOf reads when records begin: "" for all there are, 90m, 2h, 7d or 4w ago, 2026-11-28, 2026-11-28T22:00:00Z, @SECONDS.
func sinceOf(text string, now int64) (int64, error) {
	wrong := errors.New(quote(text) + " is no time: --since takes 90m, 12h, 7d or 4w, a date as in 2026-11-28, or @SECONDS")
	if text == "" {
		return 0, nil
	}
	if seconds, is := strings.CutPrefix(text, "@"); is {
		n, err := number.Decimal(seconds)
		if err != nil || n > uint64(now) {
			return 0, wrong
		}
		return int64(n), nil
	}
	for unit, seconds := range map[string]int64{"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400} {
		if digits, is := strings.CutSuffix(text, unit); is {
			n, err := number.Decimal(digits)
			if err != nil || n > uint64(now/seconds) {
				return 0, wrong
			}
			return now - int64(n)*seconds, nil
		}
	}
	at, ok := records.TimeOf(text, zone())
	if !ok {
		return 0, wrong
	}
	return at, nil
}

// auditText is the answer for people: a line for each group and its last reason below; in a pipe that is on the same line.
func (a asker) auditText(r auditAnswer, now int64) string {
	rows := [][]string{{"LAST", "COUNT", "RESULT", "PROGRAM", "USER", "WHAT"}}
	counts := make(map[string]int)
	for _, g := range r.Groups {
		counts[g.Result] += g.Count
		rows = append(rows, []string{ageText(g.Last, now), strconv.Itoa(g.Count), g.Result, g.Program, printable(dash(whoText(g))), printable(dash(whatText(g)))})
	}
	lines := strings.SplitAfter(columns(rows), "\n")
	var out strings.Builder
	out.WriteString(lines[0])
	for i, g := range r.Groups {
		line := strings.Replace(lines[i+1], g.Result, a.screen.in(resultColor(g.Result), g.Result), 1)
		if why := printable(reasonOf(g)); a.screen.terminal() {
			line += wrapTo(a.screen.width(), why, "    ")
		} else if why != "" {
			line = strings.TrimSuffix(line, "\n") + ": " + why + "\n"
		}
		out.WriteString(line)
	}
	out.WriteString(strconv.Itoa(counts["granted"]) + " granted, " + strconv.Itoa(counts["refused"]) + " refused, " + strconv.Itoa(counts["failed"]) + " failed\n")
	return out.String() + wrapTo(a.screen.width(), remarksOf(r), "")
}

// resultColor is the color of a result.
func resultColor(result string) string {
	switch result {
	case "granted":
		return green
	case "refused":
		return yellow
	}
	return red
}

// whoText is whose records they are.
func whoText(g records.Group) string {
	if g.User == "" && g.UID != nil {
		return strconv.FormatInt(*g.UID, 10)
	}
	return g.User
}

// whatText is why not, or what was granted.
func whatText(g records.Group) string {
	if g.ID != "" {
		return g.ID
	}
	return g.Bridge
}

// reasonOf is the last reason, or what was done last.
func reasonOf(g records.Group) string {
	if g.Why != "" {
		return g.Why
	}
	if g.By != "" {
		return g.Asked + ", by " + g.By
	}
	return g.Asked
}

// remarksOf says what the answer is worth.
func remarksOf(r auditAnswer) string {
	text := ""
	for _, s := range r.Sources {
		text += "From " + printable(s.Name)
		if !s.Certain {
			text += ", where any user can write records in the name of a program"
		}
		text += ". "
	}
	if r.Forged > 0 {
		text += "Forged: " + plural(r.Forged, "record") + " of somebody other than the user in it. "
	}
	if r.Broken > 0 {
		text += plural(r.Broken, "line") + " not understood. "
	}
	if r.Other > 0 {
		text += "And " + plural(r.Other, "record") + " of too many kinds. "
	}
	for _, u := range r.Unseen {
		text += "Not looked at: " + printable(u.What) + ": " + printable(u.Why) + ". "
	}
	return text
}
