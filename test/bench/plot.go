package main

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// Colours of the plots, which can be told apart in grey too.
const (
	debianColour = "#a8325e"
	oursColour   = "#1f77b4"
	lineColour   = "#888"
)

// svg collects the elements of a picture.
type svg struct {
	strings.Builder
	width, height float64
}

func (s *svg) rectangle(x, y, width, height float64, colour string) {
	fmt.Fprintf(s, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", x, y, width, height, colour)
}

func (s *svg) line(x1, y1, x2, y2 float64, colour, dashes string) {
	fmt.Fprintf(s, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-dasharray="%s"/>`+"\n", x1, y1, x2, y2, colour, dashes)
}

// text writes text; anchor is start, middle or end.
func (s *svg) text(x, y float64, anchor, colour, text string) {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(text))
	fmt.Fprintf(s, `<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s">%s</text>`+"\n", x, y, anchor, colour, escaped.String())
}

// picture is the whole file.
func (s *svg) picture(title string) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="sans-serif" font-size="12">`+"\n"+
		`<title>%s</title>`+"\n"+`<rect width="100%%" height="100%%" fill="#fff"/>`+"\n%s</svg>\n", s.width, s.height, title, s.String())
}

// ratios draws a bar for each row: our time as a part of Debian's, and a mark at the target.
func ratios(result Result) string {
	const left, step, unit = 270.0, 22.0, 200.0
	s := &svg{width: 800, height: 50 + step*float64(len(result.Rows))}
	s.text(left, 18, "start", "#000", "our time as a part of Debian's (medians); | is the aim")
	s.line(left+unit, 25, left+unit, s.height-10, lineColour, "")
	for i, r := range result.Rows {
		y := 30 + step*float64(i)
		s.text(left-8, y+13, "end", "#000", r.Name)
		width := min(r.Paired, 2.3) * unit
		s.rectangle(left, y+2, width, step-6, oursColour)
		s.text(left+width+6, y+13, "start", "#000", fmt.Sprintf("%.2f", r.Paired))
		if r.Target > 0 {
			s.line(left+r.Target*unit, y, left+r.Target*unit, y+step-2, debianColour, "")
		}
	}
	s.text(left+unit, s.height, "middle", lineColour, "1.0")
	return s.picture("Our time as a part of Debian's")
}

// curves draws the times of a group over its sizes, both logarithmic.
func curves(result Result, group string) string {
	const left, right, top, bottom = 60.0, 690.0, 30.0, 330.0
	s := &svg{width: 800, height: 370}
	low, high := math.Inf(1), math.Inf(-1)
	first, last := math.Inf(1), math.Inf(-1)
	for _, r := range result.Rows {
		if r.Group == group {
			low, high = min(low, r.Debian.Median, r.Ours.Median), max(high, r.Debian.Median, r.Ours.Median)
			first, last = min(first, r.X), max(last, r.X)
		}
	}
	low, high = math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))
	x := func(value float64) float64 {
		return left + (right-left)*(math.Log10(value)-math.Log10(first))/max(math.Log10(last)-math.Log10(first), 1)
	}
	y := func(value float64) float64 { return bottom - (bottom-top)*(math.Log10(value)-low)/max(high-low, 1) }
	s.text(left, 18, "start", "#000", group+": milliseconds (up) by lines of the file (right)")
	for power := low; power <= high; power++ {
		s.line(left, y(math.Pow(10, power)), right, y(math.Pow(10, power)), lineColour, "2")
		s.text(left-6, y(math.Pow(10, power))+4, "end", "#000", fmt.Sprintf("%g", math.Pow(10, power)))
	}
	for _, one := range []struct {
		name, colour string
		value        func(Row) float64
	}{
		{"Debian", debianColour, func(r Row) float64 { return r.Debian.Median }},
		{"ours", oursColour, func(r Row) float64 { return r.Ours.Median }},
	} {
		var points []string
		for _, r := range result.Rows {
			if r.Group != group {
				continue
			}
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(r.X), y(one.value(r))))
			s.text(x(r.X), bottom+18, "middle", "#000", thousands(int(r.X)))
			fmt.Fprintf(s, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x(r.X), y(one.value(r)), one.colour)
			if r.X == last {
				s.text(right+8, y(one.value(r))+4, "start", one.colour, one.name+", "+ms(one.value(r)))
			}
		}
		fmt.Fprintf(s, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(points, " "), one.colour)
	}
	return s.picture(group + " by the length of the file")
}
