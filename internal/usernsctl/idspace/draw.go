package idspace

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/verdict"
)

// Row is a line of the map: a range, and what is there.
type Row struct {
	Range idmap.Range
	Text  string // who has it, or "free"
	Mark  byte   // what it is drawn with
}

// What rows are drawn with.
const (
	Granted = '='
	Clashed = '!'
	Free    = '.'
)

// Widths of the columns of the map: two numbers of ten digits, with blanks between all.
const (
	numberWidth = 10
	blanks      = 5
	leastWidth  = 50
)

// Rows returns the lines of the map in ascending order. Of more than most claims those that touch and do not clash are
// drawn as one.
func (s Space) Rows(most int) []Row {
	clashing := s.clashing()
	rows := s.runs(len(s.claims) > most, clashing)
	for _, gap := range s.Gaps() {
		rows = append(rows, Row{gap, "free", Free})
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(a.Range.Start(), b.Range.Start()) })
	return rows
}

// clashing tells for each claim with whom it clashes, "" for nobody.
func (s Space) clashing() map[Claim]string {
	with := make(map[Claim]string)
	for _, c := range s.Clashes() {
		with[c.Claim] = c.With.Owner
		if with[c.With] == "" {
			with[c.With] = c.Claim.Owner
		}
	}
	return with
}

// runs are the claims as rows; if they are to be joined, as many as touch each other and clash with nobody are one.
func (s Space) runs(join bool, clashing map[Claim]string) []Row {
	var rows []Row
	for i := 0; i < len(s.claims); {
		n := 1
		if join && clashing[s.claims[i]] == "" {
			n = s.run(i, clashing)
		}
		rows = append(rows, row(s.claims[i:i+n], clashing[s.claims[i]]))
		i += n
	}
	return rows
}

// run is how many claims from i on touch each other and clash with nobody.
func (s Space) run(i int, clashing map[Claim]string) int {
	n := 1
	for i+n < len(s.claims) && s.claims[i+n].Range.Start() == s.claims[i+n-1].Range.End() && clashing[s.claims[i+n]] == "" {
		n++
	}
	return n
}

// row is one line for claims that touch each other; with is who has some of the ids too.
func row(claims []Claim, with string) Row {
	first, final := claims[0], claims[len(claims)-1]
	whole, _ := idmap.NewRange(first.Range.Start(), final.Range.End()-first.Range.Start())
	r := Row{whole, first.Owner, Granted}
	if len(claims) > 1 {
		r.Text = strconv.Itoa(len(claims)) + " lines: " + first.Owner + " to " + final.Owner
	}
	if with != "" {
		r.Text += ", also " + with
		r.Mark = Clashed
	}
	return r
}

// Draw writes rows as lines of at most width characters, 50 or more: the first id, how many, where they lie, and whose they are. The
// ids that somebody has are drawn to scale, control characters in names are escaped; a gap is a column wide, or less where there are many.
func (s Space) Draw(rows []Row, width int) []string {
	room := max(width, leastWidth) - 2*numberWidth - blanks
	chart := room * 6 / 11
	who := room - chart
	axis := s.axis(chart)
	lines := []string{strings.TrimRight(cell("first ID", -numberWidth)+" "+cell("IDs", -numberWidth)+"  "+cell("where", chart)+"  who", " ")}
	for _, r := range rows {
		from := axis.column(r.Range.Start())
		to := max(from+1, axis.column(r.Range.End()))
		if from == chart {
			from, to = chart-1, chart
		}
		bar := strings.Repeat(" ", from) + strings.Repeat(string(r.Mark), to-from)
		lines = append(lines, cell(number(r.Range.Start()), -numberWidth)+" "+cell(number(r.Range.Count()), -numberWidth)+"  "+
			cell(bar, chart)+"  "+strings.TrimRight(cell(string(verdict.Printable(nil, r.Text)), who), " "))
	}
	return lines
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// cell is text in a column: cut or filled to width, to the right where that is negative.
func cell(text string, width int) string {
	right := width < 0
	if right {
		width = -width
	}
	runes := []rune(text)
	if len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	fill := strings.Repeat(" ", width-len(runes))
	if right {
		return fill + text
	}
	return text + fill
}
