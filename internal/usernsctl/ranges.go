package usernsctl

import (
	"strconv"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/usernsctl/grant/choice"
	"userns-helpers/internal/usernsctl/hostcheck"
	"userns-helpers/internal/usernsctl/idspace"
	"userns-helpers/internal/usernsctl/picture"
)

// ids is a range as JSON has it.
type ids struct {
	First uint64 `json:"first"`
	Count uint64 `json:"count"`
}

// owned is a range of somebody.
type owned struct {
	ids
	Owner string `json:"owner"`
	Line  int    `json:"line"`
}

// shared is a range that two users have.
type shared struct {
	ids
	Owners [2]string `json:"owners"`
	Lines  [2]int    `json:"lines"`
}

// idMap is the map of one file as JSON.
type idMap struct {
	Kind     string   `json:"kind"`
	File     string   `json:"file"`
	Ranges   []owned  `json:"ranges"`
	Overlaps []shared `json:"overlaps"`
	Free     []ids    `json:"free"`
}

// rangesAnswer is the answer as JSON.
type rangesAnswer struct {
	Format int     `json:"format"`
	Maps   []idMap `json:"maps"`
}

// ranges is the command ranges.
func (a asker) ranges(words []string) int {
	if len(words) > 1 || len(words) == 1 && !isKind(words[0]) {
		return a.wrong("ranges takes uid, gid, or neither")
	}
	host := hostcheck.Here()
	var maps []idMap
	var charts []picture.Chart
	var text strings.Builder
	status := fine
	for _, kind := range []string{"uid", "gid"} {
		if len(words) == 1 && words[0] != kind {
			continue
		}
		grants := hostcheck.GrantsOf(host, kind == "gid")
		for _, u := range grants.Unseen {
			a.complain(u.What + ": " + u.Why)
			status = unseen
		}
		if a.svg {
			charts = append(charts, chartOf(grants, hostcheck.OthersOf(host, kind == "gid"), a.all))
			continue
		}
		maps = append(maps, mapOf(kind, grants))
		if text.Len() > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(mapText(grants, a.all, a.screen.width()))
	}
	if a.svg {
		return a.say([]byte(picture.SVG(charts...)), status)
	}
	if a.json {
		return a.answer(rangesAnswer{format, maps}, status)
	}
	return a.say([]byte(text.String()), status)
}

// mapOf is the map of a file for JSON.
func mapOf(kind string, g hostcheck.Grants) idMap {
	m := idMap{kind, g.Path, []owned{}, []shared{}, []ids{}}
	for _, c := range g.Space.Claims() {
		m.Ranges = append(m.Ranges, owned{idsOf(c.Range), c.Owner, c.Line})
	}
	for _, c := range g.Space.Clashes() {
		m.Overlaps = append(m.Overlaps, shared{idsOf(c.Both), [2]string{c.With.Owner, c.Claim.Owner}, [2]int{c.With.Line, c.Claim.Line}})
	}
	for _, gap := range g.Space.Gaps() {
		m.Free = append(m.Free, idsOf(gap))
	}
	return m
}

func idsOf(r idmap.Range) ids { return ids{r.Start(), r.Count()} }

// Bounds of what is drawn, unless all is asked for: what fits two screens.
const (
	mostClaims = 40
	mostRows   = 48
)

// mapText is the map of a file for people, width columns wide.
func mapText(g hostcheck.Grants, all bool, width int) string {
	if g.Absent {
		return g.Path + ": no such file, or it cannot be read: no IDs are granted\n"
	}
	claims := g.Space.Claims()
	most := mostClaims
	if all {
		most = len(claims)
	}
	rows := g.Space.Rows(most)
	left := 0
	if !all && len(rows) > mostRows {
		left = len(rows) - mostRows
		rows = rows[:mostRows]
	}
	text := g.Path + ": " + headline(g.Space) + "\n\n" + strings.Join(g.Space.Draw(rows, width), "\n") + "\n"
	if left > 0 {
		text += "... and " + strconv.Itoa(left) + " more lines: usernsctl ranges --all\n"
	}
	return text + "\n" + footnotes(g)
}

// mostBars bounds the rows of a picture, unless all are asked for.
const mostBars = 400

// chartOf is the picture of a file.
func chartOf(g hostcheck.Grants, others []hostcheck.Others, all bool) picture.Chart {
	c := picture.Chart{Title: g.Path, Text: headline(g.Space) + "."}
	if g.Absent {
		c.Text = "no such file, or it cannot be read: no IDs are granted."
	}
	most := mostClaims
	if all {
		most = len(g.Space.Claims())
	}
	for _, r := range g.Space.Rows(most) {
		switch {
		case r.Mark == idspace.Free:
		case !all && len(c.Rows) == mostBars:
			c.Left++
		default:
			c.Rows = append(c.Rows, picture.Row{IDs: r.Range, Who: r.Text, Clashes: r.Mark == idspace.Clashed})
		}
	}
	for _, o := range others {
		kind := "systemd"
		switch {
		case o.Rule.Firm():
			kind = "accounts"
		case o.Rule == choice.Service:
			kind = "service"
		}
		c.Bands = append(c.Bands, picture.Band{IDs: o.IDs, Kind: kind, Who: o.Who})
	}
	return c
}

// headline says how much there is.
func headline(s idspace.Space) string {
	owners := make(map[string]bool)
	total := uint64(0)
	for _, c := range s.Claims() {
		owners[c.Owner] = true
	}
	for _, block := range s.Blocks() {
		total += block.Count()
	}
	text := plural(len(s.Claims()), "range") + " of " + plural(len(owners), "user") + ", " + strconv.FormatUint(total, 10) + " IDs"
	if n := len(s.Clashes()); n > 0 {
		text += ", " + plural(n, "overlap")
	}
	return text
}

// Where useradd(8) begins, and how many ids it gives to a user: SUB_UID_MIN and SUB_UID_COUNT of login.defs(5).
const (
	usualFirst = 100_000
	usualCount = 65_536
)

// footnotes explain the map.
func footnotes(g hostcheck.Grants) string {
	text := "= granted to one user   ! to two   . free, not to scale\n"
	if free, ok := g.Space.FirstFree(usualFirst, usualCount); ok {
		text += "The next free range of " + strconv.Itoa(usualCount) + " begins at " + strconv.FormatUint(free.Start(), 10) + ".\n"
	}
	if g.Idle > 0 {
		text += plural(g.Idle, "line") + " grant nothing: usernsctl check\n"
	}
	return text
}
