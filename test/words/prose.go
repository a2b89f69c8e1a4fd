package main

import (
	"go/scanner"
	"go/token"
	"path"
	"regexp"
	"strings"
)

// passage is a line of English in a file.
type passage struct {
	line int
	text string
}

// prose is what a file says in English: all of a document or a manual page but for examples; the comments of Go sources; what
// programs may print, the strings of Go sources that are not tests; and all of scripts and recipes.
func prose(name, text string) []passage {
	switch {
	case path.Ext(name) == ".go":
		return ofGo(text, !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, "test/"))
	case path.Ext(name) == ".md":
		return ofMarkdown(text)
	case isManual(name):
		return ofManual(text)
	default:
		return whole(text)
	}
}

func isManual(name string) bool { return regexp.MustCompile(`\.[1-8]$`).MatchString(name) }

// ofGo reads comments, and strings if they may be messages.
func ofGo(text string, messages bool) []passage {
	var s scanner.Scanner
	files := token.NewFileSet()
	file := files.AddFile("", -1, len(text))
	s.Init(file, []byte(text), nil, scanner.ScanComments)
	var found []passage
	for {
		at, kind, literal := s.Scan()
		switch {
		case kind == token.EOF:
			return found
		case kind == token.COMMENT, kind == token.STRING && messages:
			for i, line := range strings.Split(literal, "\n") {
				found = append(found, passage{file.Line(at) + i, line})
			}
		}
	}
}

var code = regexp.MustCompile("`[^`]*`")

// ofMarkdown leaves out code: in backquotes, and lines that are indented by four blanks.
func ofMarkdown(text string) []passage {
	var found []passage
	for i, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "    ") {
			found = append(found, passage{i + 1, code.ReplaceAllString(line, "`")})
		}
	}
	return found
}

// ofManual leaves out displays.
func ofManual(text string) []passage {
	var found []passage
	display := false
	for i, line := range strings.Split(text, "\n") {
		display = display && line != ".Ed" || strings.HasPrefix(line, ".Bd ")
		if !display {
			found = append(found, passage{i + 1, line})
		}
	}
	return found
}

// whole is every line: in a script, what is no comment may be a message.
func whole(text string) []passage {
	var found []passage
	for i, line := range strings.Split(text, "\n") {
		found = append(found, passage{i + 1, line})
	}
	return found
}
