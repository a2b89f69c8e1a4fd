package main

import (
	"fmt"
	"regexp"
	"strings"
)

// page is what a manual page says of messages.
type page struct {
	file         string
	names        []string // of the programs
	introduction string   // of the section, in Markdown
	entries      []entry
}

// entry is one reason why a program does not do what it was asked for.
type entry struct {
	id       string
	messages []string // what is printed first
	text     string   // why, and what to do, in Markdown
}

var idForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// parser goes through the lines of a page.
type parser struct {
	file  string
	lines []string
	at    int // the next line
}

func (p *parser) errorf(format string, arguments ...any) error {
	return fmt.Errorf("%s:%d: %s", p.file, p.at, fmt.Sprintf(format, arguments...))
}

// next is the next line, false at the end of the section.
func (p *parser) next() (string, bool) {
	if p.at >= len(p.lines) || strings.HasPrefix(p.lines[p.at], ".Sh ") {
		return "", false
	}
	p.at++
	return p.lines[p.at-1], true
}

// parse reads the DIAGNOSTICS section of the text of a manual page.
func parse(file, text string) (page, error) {
	p := parser{file: file, lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	result := page{file: file, names: p.programs()}
	if !p.skipTo(".Sh DIAGNOSTICS") {
		return page{}, p.errorf("there is no section DIAGNOSTICS")
	}
	introduction, end, err := p.prose(result.names)
	if err != nil {
		return page{}, err
	}
	result.introduction = introduction
	if !strings.HasPrefix(end, ".Bl -tag ") {
		return page{}, p.errorf("the entries have to be a list, .Bl -tag: %q", end)
	}
	line, _ := p.next()
	for line != ".El" {
		e, after, err := p.entry(line, result.names)
		if err != nil {
			return page{}, err
		}
		result.entries, line = append(result.entries, e), after
	}
	if rest, more := p.next(); more {
		return page{}, p.errorf("nothing may follow the list: %q", rest)
	}
	return result, unique(file, result.entries)
}

// programs is what stands under NAME, and leaves the parser behind it.
func (p *parser) programs() []string {
	var names []string
	p.skipTo(".Sh NAME")
	for line, ok := p.next(); ok; line, ok = p.next() {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == ".Nm" {
			names = append(names, fields[1])
		}
	}
	return names
}

func (p *parser) skipTo(heading string) bool {
	for ; p.at < len(p.lines); p.at++ {
		if p.lines[p.at] == heading {
			p.at++
			return true
		}
	}
	return false
}

// entry reads the entry that begins with line, and returns the line after it, too.
func (p *parser) entry(line string, names []string) (entry, string, error) {
	id, found := strings.CutPrefix(line, ".It Sy ")
	if !found || !idForm.MatchString(id) {
		return entry{}, "", p.errorf("an entry begins with .It Sy and its id, lower-case words with dashes: %q", line)
	}
	messages, err := p.messages(id)
	if err != nil {
		return entry{}, "", err
	}
	text, end, err := p.prose(names)
	switch {
	case err != nil:
		return entry{}, "", err
	case text == "":
		return entry{}, "", p.errorf("%s: what to do is missing", id)
	case end != ".El" && !strings.HasPrefix(end, ".It "):
		return entry{}, "", p.errorf("%s: the list does not end: %q", id, end)
	}
	return entry{id: id, messages: messages, text: text}, end, nil
}

// messages reads the lines .Em "MESSAGE", up to and with the .br that ends them.
func (p *parser) messages(id string) ([]string, error) {
	var found []string
	for {
		line, _ := p.next()
		if line == ".br" && len(found) > 0 {
			if p.at < len(p.lines) && strings.HasPrefix(p.lines[p.at], ".Em ") {
				continue
			}
			return found, nil
		}
		words, ok := strings.CutPrefix(line, ".Em ")
		if !ok {
			return nil, p.errorf("%s: its message, .Em \"...\", and a line .br come before the text: %q", id, line)
		}
		found = append(found, strings.Join(arguments(words), " "))
	}
}

// unique is an error where an id stands twice.
func unique(file string, entries []entry) error {
	seen := map[string]bool{}
	for _, e := range entries {
		if seen[e.id] {
			return fmt.Errorf("%s: two entries are called %s", file, e.id)
		}
		seen[e.id] = true
	}
	return nil
}
