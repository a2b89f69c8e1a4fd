// Package picture draws who has which IDs, as SVG.
//
// It is pure, and the same chart is the same picture: no time, no font of a machine, no reference to anything outside. Names
// are text in it, and never markup. Whoever cannot see it, or no colors, is told the same in words and patterns.
package picture

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/verdict"
)

// Chart is what is drawn.
type Chart struct {
	Title string // "/etc/subuid"
	Text  string // what is to be seen, in a sentence
	Rows  []Row  // in ascending order
	Bands []Band
	Left  int // rows that are not drawn
}

// Row is a range that is granted.
type Row struct {
	IDs     idmap.Range
	Who     string
	Clashes bool // somebody else has some of the IDs, too
}

// Band is IDs that are nobody's to grant.
type Band struct {
	IDs  idmap.Range
	Kind string // "accounts", "service" or "systemd"
	Who  string
}

// Sizes, in units of the picture.
const (
	width     = 960
	left      = 190 // of what is drawn to scale; in front of it the IDs are in numbers
	right     = 720 // of that; behind it are the names
	head      = 96
	rowHeight = 20
	barHeight = 14
	foot      = 16
)

// style has colors for light and dark pages. Text on a page has a contrast of 7 at least, bars one of 3 (WCAG 2.2, 1.4.3 and
// 1.4.11).
const style = `<style>
text{font:12px sans-serif;fill:#1b1b1b}.n{text-anchor:end;font-variant-numeric:tabular-nums}.h{font-size:15px;font-weight:bold}
.page{fill:#fff}.accounts{fill:#8fb8de}.service{fill:#b9a4d6}.systemd{fill:#d9d9d9}.band{opacity:.5}
.own{fill:#2f6f4f}.clash{fill:url(#stripes);stroke:#a11616;stroke-width:1.5}.rule{stroke:#8a8a8a;stroke-width:.5}
@media(prefers-color-scheme:dark){text{fill:#ececec}.page{fill:#161616}.own{fill:#5fc08f}.systemd{fill:#555}.accounts{fill:#3d6a96}.service{fill:#6d5596}}
</style>
<defs><pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#f3b4b4"/><rect width="3" height="6" fill="#a11616"/></pattern></defs>
`

// SVG draws charts, one below the other.
func SVG(charts ...Chart) string {
	height := 0
	titles, texts := []string{}, []string{}
	for _, c := range charts {
		height += c.height()
		titles, texts = append(titles, c.Title), append(texts, c.Title+": "+c.Text)
	}
	var out strings.Builder
	putf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-labelledby="title desc">`+"\n", width, height, width, height)
	out.WriteString(`<title id="title">Who has which IDs: ` + escaped(strings.Join(titles, ", ")) + "</title>\n")
	out.WriteString(`<desc id="desc">` + escaped(strings.Join(texts, " ")) + "</desc>\n" + style)
	putf(&out, `<rect class="page" width="%d" height="%d"/>`+"\n", width, height)
	top := 0
	for _, c := range charts {
		c.draw(&out, top)
		top += c.height()
	}
	return out.String() + "</svg>\n"
}

func (c Chart) height() int {
	rows := len(c.Rows)
	if c.Left > 0 || rows == 0 {
		rows++
	}
	return head + rows*rowHeight + foot
}

// draw draws a chart, top units below the beginning.
func (c Chart) draw(out *strings.Builder, top int) {
	a := c.axis()
	putf(out, `<g transform="translate(0 %d)">`+"\n", top)
	putf(out, `<text class="h" x="16" y="24">%s</text><text x="16" y="44">%s</text>`+"\n", escaped(cut(c.Title, 60)), escaped(cut(c.Text, 140)))
	c.legend(out)
	bottom := c.height() - foot
	for _, b := range c.Bands {
		from, to := a.span(b.IDs)
		putf(out, `<rect class="band %s" x="%s" y="%d" width="%s" height="%d"><title>%s: %s</title></rect>`+"\n",
			b.Kind, units(from), head-8, units(to-from), bottom-head+8, escaped(b.Who), span(b.IDs))
	}
	for i, r := range c.Rows {
		r.draw(out, a, head+i*rowHeight)
	}
	last := head + len(c.Rows)*rowHeight + barHeight - 2
	switch {
	case c.Left > 0:
		putf(out, `<text x="%d" y="%d">and %d more</text>`+"\n", left, last, c.Left)
	case len(c.Rows) == 0:
		putf(out, `<text x="%d" y="%d">nothing is granted</text>`+"\n", left, last)
	}
	out.WriteString("</g>\n")
}

// legend says what the fills mean.
func (c Chart) legend(out *strings.Builder) {
	x := 16
	for _, entry := range []struct{ class, text string }{
		{"own", "granted to one user"}, {"clash", "granted to two"}, {"band accounts", "accounts of this host"}, {"band service", "name services"}, {"band systemd", "systemd and nobody"},
	} {
		putf(out, `<rect class="%s" x="%d" y="58" width="16" height="12"/><text x="%d" y="68">%s</text>`+"\n", entry.class, x, x+22, entry.text)
		x += 40 + 7*len(entry.text)
	}
	putf(out, `<line class="rule" x1="%d" x2="%d" y1="%d" y2="%d"/>`+"\n", left, right, head-8, head-8)
}

// draw draws a row.
func (r Row) draw(out *strings.Builder, a axis, y int) {
	class := "own"
	if r.Clashes {
		class = "clash"
	}
	from, to := a.span(r.IDs)
	putf(out, `<g><title>%s: %s, %d IDs</title><text class="n" x="%d" y="%d">%s</text><rect class="%s" x="%s" y="%d" width="%s" height="%d"/><text x="%d" y="%d">%s</text></g>`+"\n",
		escaped(r.Who), span(r.IDs), r.IDs.Count(), left-12, y+11, span(r.IDs), class, units(from), y, units(to-from), barHeight, right+12, y+11, escaped(cut(r.Who, 32)))
}

// axis says where an ID is drawn: what lies between two IDs at which something begins or ends is as wide as it has digits, so
// that a range of 65536 and one of two thousand million can both be seen.
type axis struct {
	ids    []uint64 // ascending
	places []float64
}

// axis of all that a chart has.
func (c Chart) axis() axis {
	ids := []uint64{0, math.MaxUint32}
	for _, r := range c.Rows {
		ids = append(ids, r.IDs.Start(), r.IDs.End())
	}
	for _, b := range c.Bands {
		ids = append(ids, b.IDs.Start(), b.IDs.End())
	}
	slices.Sort(ids)
	a := axis{ids: slices.Compact(ids)}
	at := 0.0
	for i, id := range a.ids {
		if i > 0 {
			at += math.Log2(float64(id-a.ids[i-1]) + 1)
		}
		a.places = append(a.places, at)
	}
	for i := range a.places {
		a.places[i] = left + a.places[i]/at*(right-left)
	}
	return a
}

// span is where a range is drawn: one unit wide at least.
func (a axis) span(r idmap.Range) (from, to float64) {
	i, _ := slices.BinarySearch(a.ids, r.Start())
	j, _ := slices.BinarySearch(a.ids, r.End())
	from = min(a.places[min(i, len(a.ids)-1)], right-1)
	return from, max(a.places[min(j, len(a.ids)-1)], from+1)
}

// putf adds an element, or several.
func putf(out *strings.Builder, format string, values ...any) {
	out.WriteString(fmt.Sprintf(format, values...))
}

func units(n float64) string { return strconv.FormatFloat(n, 'f', 1, 64) }

// span is a range by its first and last ID.
func span(r idmap.Range) string {
	if r.Count() == 1 {
		return strconv.FormatUint(r.Start(), 10)
	}
	return strconv.FormatUint(r.Start(), 10) + "–" + strconv.FormatUint(r.End()-1, 10)
}

// escaped is text as XML has it, without what no terminal may see and XML does not allow.
func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(string(verdict.Printable(nil, text)))
}

// cut is text of at most most characters.
func cut(text string, most int) string {
	runes := []rune(string(verdict.Printable(nil, text)))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most-1]) + "…"
}
