package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// columns is the width of a terminal, which no line of the demo may exceed.
const columns = 80

// scene is a part of the demo: its title and its lines.
type scene struct {
	title string
	lines []string
}

// parse takes what the demo printed apart.
func parse(text string) ([]scene, error) {
	var scenes []scene
	for n, line := range strings.Split(strings.Trim(text, "\n"), "\n") {
		if utf8.RuneCountInString(line) > columns {
			return nil, fmt.Errorf("demo.txt:%d: longer than %d columns: %q", n+1, columns, line)
		}
		if title, ok := strings.CutPrefix(line, "== "); ok {
			scenes = append(scenes, scene{title: title})
			continue
		}
		if len(scenes) == 0 {
			return nil, errors.New("demo.txt does not begin with a title")
		}
		last := &scenes[len(scenes)-1]
		last.lines = append(last.lines, strings.ReplaceAll(line, "\t", "    "))
	}
	for i := range scenes {
		for lines := &scenes[i].lines; len(*lines) > 0 && strings.TrimSpace((*lines)[len(*lines)-1]) == ""; {
			*lines = (*lines)[:len(*lines)-1]
		}
	}
	return scenes, nil
}

// Words that differ from run to run, and from machine to machine: names of interfaces, hardware addresses, bars, numbers.
var changing = []struct{ pattern, with string }{
	{`veth[0-9]+_\w+`, "VETH"},
	{`([0-9a-f]{2}:){5}[0-9a-f]{2}`, "MAC"},
	{`[=.]{2,}`, "BAR"},
	{`[0-9][0-9.]*[kMGs]?`, "N"},
	{`\s+`, " "},
}

// told is the text without these, one command after the other.
func told(text string) []string {
	var commands []string
	for _, part := range regexp.MustCompile(`(?m)^(?:== | # | \w+\$ )`).Split(text, -1) {
		for _, c := range changing {
			part = regexp.MustCompile(c.pattern).ReplaceAllString(part, c.with)
		}
		commands = append(commands, strings.TrimSpace(part))
	}
	return commands
}

// sameStory returns an error with the first difference between what the demo said once and what it says now.
func sameStory(once, now string) error {
	before, after := told(once), told(now)
	for i := range max(len(before), len(after)) {
		switch {
		case i >= len(before):
			return fmt.Errorf("the demo says in addition: %q", after[i])
		case i >= len(after):
			return fmt.Errorf("the demo no longer says: %q", before[i])
		case before[i] != after[i]:
			return fmt.Errorf("the demo said: %q\nand says now: %q", before[i], after[i])
		}
	}
	return nil
}

// facts are what the overview shows, in the demo's own words.
type facts struct {
	grant, idmap string // alice's lines of /etc/subuid and /etc/lxc/lxc-usernet
	usernet      string
	nic          string   // the host's end of her container's interface
	address      string   // of the container
	refusal      []string // what bob is told
}

// gather finds them. It fails where the demo does not say one of them.
func gather(text string) (facts, error) {
	var missing []string
	find := func(pattern string) string {
		found := regexp.MustCompile(`(?m)` + pattern).FindStringSubmatch(text)
		if found == nil {
			missing = append(missing, pattern)
			return ""
		}
		return strings.Join(strings.Fields(found[1]), " ")
	}
	f := facts{
		grant:   find(`^   (alice:\d+:\d+)$`),
		idmap:   find(`/uid_map\n +(0 +\d+ +\d+)$`),
		usernet: find(`^   (alice veth \w+ \d+)$`),
		nic:     find(`^   (veth\d+_\w+)@`),
		address: find(`eth0 +inet ([0-9.]+)/`),
		refusal: []string{find(`^   (newuidmap: uid range .* not allowed)\n   newuidmap: /etc/subuid has for bob`), find(`^   newuidmap: (/etc/subuid has for bob.*)$`)},
	}
	if len(missing) > 0 {
		return f, fmt.Errorf("demo.txt does not say: %q", missing)
	}
	return f, nil
}
