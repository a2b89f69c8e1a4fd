package main

import (
	"fmt"
	"strconv"
	"strings"
)

const overviewStyle = `
text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #222 }
.m { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 12px }
.h { font-weight: bold } .s { font-size: 12px; fill: #555 } text.no { fill: #a8325e }
.box { fill: #fff; stroke: #999 } .setuid { fill: #fdf0e3; stroke: #d9822b } .group { fill: #f4f6f8; stroke: none }
path { fill: none; stroke: #555; stroke-width: 1.4 } .a { marker-end: url(#arrow) } .wire { stroke: #1f77b4; stroke-width: 2.5 }
`

// box is a frame with lines of text: the first is bold; those after "|" are in the font of a terminal.
func (s *svg) box(x, y, width int, class string, lines ...string) {
	s.addf(`<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="5"/>`, class, x, y, width, 12+19*len(lines))
	for i, text := range lines {
		style := "s"
		if i == 0 {
			style = "h"
		}
		if code, ok := strings.CutPrefix(text, "|"); ok {
			text, style = code, "m"
		}
		s.addf(`<text class="%s" x="%d" y="%d">%s</text>`, style, x+10, y+20+19*i, escaped(text))
	}
}

// arrow draws a way through points, with a word beside its beginning.
func (s *svg) arrow(class, way string) { s.addf(`<path class="%s" d="%s"/>`, class, way) }

func (s *svg) label(x, y int, class, anchor, text string) {
	s.addf(`<text class="%s" x="%d" y="%d" text-anchor="%s">%s</text>`, class, x, y, anchor, escaped(text))
}

// overview shows who writes what: the administrator the files, the setuid programs the map and the interface.
func overview(f facts) string {
	const width, height = 880, 404
	s := &svg{}
	s.addf(`<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" style="fill:#555;stroke:none"/></marker></defs>`)
	s.addf(`<rect width="%d" height="%d" fill="#fff"/>`, width, height)
	s.addf(`<rect class="group" x="8" y="8" width="250" height="202" rx="8"/><rect class="group" x="272" y="8" width="300" height="202" rx="8"/>`)
	s.addf(`<rect class="group" x="586" y="8" width="286" height="202" rx="8"/>`)
	s.label(20, 30, "h", "start", "The administrator grants")
	s.label(284, 30, "h", "start", "Setuid root: checks, then acts")
	s.label(598, 30, "h", "start", "alice's container, on the host")

	s.box(20, 44, 226, "box", "/etc/subuid, /etc/subgid", "|"+f.grant, "these IDs are hers")
	s.box(20, 126, 226, "box", "/etc/lxc/lxc-usernet", "|"+f.usernet, "one interface on that bridge")

	s.box(284, 44, 276, "setuid", "newuidmap, newgidmap", "alice's podman, LXC, … calls them", "is the range hers? then they write")
	s.box(284, 126, 276, "setuid", "lxc-user-nic", "alice's LXC calls it", "listed, and below the limit? it makes")

	s.box(598, 44, 262, "box", "the ID map of her container", "|/proc/PID/uid_map: "+f.idmap, "root inside is "+first(f.idmap)+" outside")
	s.box(598, 126, 262, "box", "a pair of interfaces", "|eth0 inside: "+f.address, "|"+f.nic+" on "+bridge(f.usernet))
	for _, y := range []int{78, 160} {
		s.arrow("a", fmt.Sprintf("M246 %dH282", y))
		s.arrow("a", fmt.Sprintf("M560 %dH596", y))
	}
	s.label(20, 238, "h no", "start", "bob asks for one of alice's IDs, and is told")
	for i, line := range f.refusal {
		s.label(352, 238+17*i, "m no", "start", line)
	}
	ids(s, f)
	return s.picture(width, height, "The administrator grants IDs and interfaces in three files; the setuid programs check them and write alice's map and interface", overviewStyle)
}

// ids draws the IDs of the host and those of the container, and how they lie on each other.
func ids(s *svg, f facts) {
	const left, scale, hostY, ownY, bar = 150, 0.0016, 290, 352, 20
	var begin, count float64
	fields := strings.Fields(f.idmap)
	begin, _ = strconv.ParseFloat(fields[1], 64)
	count, _ = strconv.ParseFloat(fields[2], 64)
	x := func(id float64) float64 { return left + id*scale }
	s.label(20, hostY+15, "h", "start", "IDs of the host")
	s.label(20, ownY+15, "h", "start", "In the container")
	s.addf(`<rect x="%d" y="%d" width="710" height="%d" fill="#e3e6ea"/>`, left, hostY, bar)
	for _, r := range []struct {
		y           int
		from        float64
		fill, words string
	}{{hostY, begin, "#8fc1e3", "alice"}, {ownY, 0, "#8fc1e3", "root and others"}} {
		s.addf(`<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`, x(r.from), r.y, count*scale, bar, r.fill)
		s.label(int(x(r.from)+count*scale/2), r.y+15, "s", "middle", r.words)
	}
	s.addf(`<path d="M%.1f %dL%.1f %dM%.1f %dL%.1f %d" stroke-dasharray="4 3"/>`, x(0), ownY, x(begin), hostY+bar, x(count), ownY, x(begin+count), hostY+bar)
	s.label(left, hostY-4, "m", "start", "0: root, the system")
	s.label(int(x(begin)), hostY-4, "m", "start", fmt.Sprintf("%.0f", begin))
	s.label(int(x(begin+count)), hostY-4, "m", "start", fmt.Sprintf("%.0f: bob and others", begin+count))
	s.label(left, ownY+bar+15, "m", "start", "0")
	s.label(int(x(count)), ownY+bar+15, "m", "end", fmt.Sprintf("%.0f", count-1))
	s.label(int(x(count))+130, ownY+15, "s", "start", "outside, whatever runs in the container has one of alice's IDs")
}

func first(idmap string) string { return strings.Fields(idmap)[1] }

func bridge(usernet string) string { return strings.Fields(usernet)[2] }
