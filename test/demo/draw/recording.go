package main

import (
	"fmt"
	"regexp"
	"strings"
)

// A terminal: the size of a character, the margin, how many lines fit. Seconds for a page, and for each line of it.
const (
	charWidth, lineHeight, margin = 7.8, 18, 14
	pageLines                     = 24
	pageSeconds, lineSeconds      = 2.0, 0.45
)

const recordingStyle = `
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d0d4da; white-space: pre }
.t { fill: #fff; font-weight: bold } .p { fill: #6fc3df } .w { fill: #e6b450 }
.page { visibility: hidden; animation: %s step-end infinite } .still { visibility: visible }
`

var prompt = regexp.MustCompile(`^ (#|\w+\$) `)

// page is what fits on a screen of a scene.
type page struct {
	scene
	seconds float64
}

// pages cuts the scenes so that each part fits, and at a command where there is one.
func pages(scenes []scene) []page {
	var all []page
	for _, s := range scenes {
		lines := s.lines
		for len(lines) > pageLines {
			cut := pageLines
			for at := pageLines; at > pageLines/2; at-- {
				if prompt.MatchString(lines[at]) {
					cut = at
					break
				}
			}
			all = append(all, page{scene{s.title, lines[:cut]}, 0})
			lines = lines[cut:]
		}
		all = append(all, page{scene{s.title, lines}, 0})
	}
	for i := range all {
		all[i].seconds = pageSeconds + lineSeconds*float64(len(all[i].lines))
	}
	return all
}

// recording is the demo page by page, each as long as it takes to read. Where nothing moves, the refusals are seen.
func recording(scenes []scene) string {
	all, s, style := pages(scenes), &svg{}, &strings.Builder{}
	var total float64
	for _, p := range all {
		total += p.seconds
	}
	fmt.Fprintf(style, recordingStyle, fmt.Sprintf("%.1fs", total))
	width, height := int(charWidth*columns)+2*margin, lineHeight*(pageLines+2)+2*margin
	s.addf(`<rect width="%d" height="%d" rx="8" fill="#1b1f27"/>`, width, height)
	var begin float64
	still := false
	for i, p := range all {
		end := begin + p.seconds
		fmt.Fprintf(style, "@keyframes s%d { 0%% { visibility: hidden } %.2f%% { visibility: visible } %.2f%% { visibility: hidden } }\n",
			i, 100*begin/total, 100*end/total)
		fmt.Fprintf(style, "#p%d { animation-name: s%d }\n", i, i)
		class := "page"
		if !still && strings.HasPrefix(p.title, "bob ") {
			class, still = "page still", true
		}
		s.addf(`<g class="%s" id="p%d">`, class, i)
		p.draw(s)
		s.addf(`</g>`)
		begin = end
	}
	style.WriteString("@media (prefers-reduced-motion: reduce) { .page { animation: none } }\n")
	return s.picture(width, height, "A recording of make demo: "+titles(scenes), style.String())
}

func titles(scenes []scene) string {
	all := make([]string, len(scenes))
	for i, s := range scenes {
		all[i] = s.title
	}
	return strings.Join(all, "; ")
}

func (p page) draw(s *svg) {
	line := func(n int, class, text string) {
		s.addf(`<text x="%d" y="%d" class="%s" xml:space="preserve">%s</text>`, margin, margin+lineHeight*(n+1)-4, class, escaped(text))
	}
	line(0, "t", p.title)
	why := regexp.MustCompile(`^   (newuidmap|lxc-user-nic): `)
	for i, text := range p.lines {
		switch {
		case prompt.MatchString(text):
			line(i+2, "p", text)
		case why.MatchString(text):
			line(i+2, "w", text)
		case strings.TrimSpace(text) != "":
			line(i+2, "", text)
		}
	}
}
