// Command troubleshooting prints docs/troubleshooting.md, made of the DIAGNOSTICS sections of the manual pages that are
// named. hack/troubleshooting calls it.
//
// The sections are mdoc(7). An entry is an id, the message, or messages, that it prints first, and what to do:
//
//	.It Sy not-granted
//	.Em "uid range [a-b) -> [c-d) not allowed"
//	.br
//	Why, and what to do.
//
// An entry of any other form is an error with file and line.
package main

import (
	"fmt"
	"os"
	"path"
	"strings"
)

const head = `# When a program refuses

Made by hack/troubleshooting from the manual pages: change those.

A program prints two lines. The first is the message below; the second says why, and what to do. The id stands in the
audit record (` + "`id=`" + `) and in the answers of ` + "`usernsctl explain --json`" + `.
`

func main() {
	text, err := document(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "troubleshooting:", err)
		os.Exit(1)
	}
	fmt.Print(text)
}

// document is the whole of docs/troubleshooting.md, with a chapter for each page.
func document(pages []string) (string, error) {
	out := head
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			return "", err
		}
		p, err := parse(page, string(text))
		if err != nil {
			return "", err
		}
		out += p.markdown()
	}
	return out, nil
}

// markdown is the chapter of a page.
func (p page) markdown() string {
	link := "The manual page: [" + strings.TrimSuffix(path.Base(p.file), path.Ext(p.file)) + "](../" + p.file + ").\n"
	out := "\n## " + strings.Join(p.names, " and ") + "\n\n" + filled(p.introduction+"\n"+link)
	for _, e := range p.entries {
		out += "\n### " + e.id + "\n\n"
		for _, message := range e.messages {
			out += "    " + message + "\n"
		}
		out += "\n" + filled(e.text)
	}
	return out
}

// width is that of a line of a document, in bytes.
const width = 120

// filled is text with its paragraphs filled; lines that are indented stay as they are.
func filled(text string) string {
	var out []string
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if !strings.HasPrefix(paragraph, "    ") {
			paragraph = wrapped(strings.Fields(paragraph))
		}
		out = append(out, paragraph)
	}
	return strings.Join(out, "\n\n") + "\n"
}

func wrapped(words []string) string {
	out, column := "", 0
	for i, word := range words {
		switch {
		case i == 0:
		case column+1+len(word) > width:
			out, column = out+"\n", 0
		default:
			out, column = out+" ", column+1
		}
		out, column = out+word, column+len(word)
	}
	return out
}
