package main

import (
	"fmt"
	"strings"
)

// marks are the macros of mdoc(7) that say what a word is, with what stands in front of it and after it in Markdown.
var marks = map[string][2]string{
	"Xr": {"", ""}, "Nm": {"", ""}, "No": {"", ""}, "Sx": {"*", "*"}, "Em": {"*", "*"}, "Sy": {"**", "**"}, "Ar": {"*", "*"},
	"Cm": {"`", "`"}, "Fl": {"`-", "`"}, "Ic": {"`", "`"}, "Li": {"`", "`"}, "Pa": {"`", "`"}, "Ql": {"`", "`"},
}

// encloses are the macros that put what follows on their line between two characters.
var encloses = map[string][2]string{"Pq": {"(", ")"}, "Dq": {`"`, `"`}, "Bq": {"[", "]"}}

// prose reads text up to the next entry, list or end of a list, and returns it in Markdown with the line that ended it.
func (p *parser) prose(names []string) (text, end string, err error) {
	var out strings.Builder
	for {
		line, more := p.next()
		macro, isMacro := strings.CutPrefix(line, ".")
		name, rest, _ := strings.Cut(macro, " ")
		switch {
		case !more:
			return out.String(), "", nil
		case !isMacro:
			out.WriteString(unescape(line) + "\n")
		case name == "Bl", name == "El", name == "It":
			return out.String(), line, nil
		case name == "Pp":
			out.WriteString("\n")
		case name == "Dl":
			out.WriteString("\n    " + strings.Join(arguments(rest), " ") + "\n\n")
		case name == "Nm":
			out.WriteString(nameOf(rest, names[0]) + "\n")
		default:
			said, wrong := inline(arguments(macro))
			if wrong != nil {
				return "", "", p.errorf("%v: %q", wrong, line)
			}
			out.WriteString(said + "\n")
		}
	}
}

// nameOf is what .Nm stands for.
func nameOf(rest, first string) string {
	words := arguments(rest)
	if len(words) == 0 {
		words = []string{first}
	}
	if isPunctuation(words[0]) {
		return first + strings.Join(words, "")
	}
	return words[0] + strings.Join(words[1:], "")
}

// inline is a line of macros in Markdown.
func inline(words []string) (string, error) {
	var out strings.Builder
	glue, closing := true, "" // glue: no blank in front of the next word
	put := func(text string) {
		if !glue {
			out.WriteByte(' ')
		}
		out.WriteString(text)
		glue = false
	}
	if _, ok := marks[words[0]]; !ok {
		if _, ok := encloses[words[0]]; !ok {
			return "", fmt.Errorf("the macro .%s is not one that this program knows", words[0])
		}
	}
	for i := 0; i < len(words); i++ {
		word := words[i]
		if around, ok := encloses[word]; ok {
			put(around[0])
			glue, closing = true, around[1]+closing
		} else if mark, ok := marks[word]; ok {
			of := operands(words[i+1:])
			i += len(of)
			put(marked(word, mark, of))
		} else if word == "Ns" {
			glue = true
		} else if isPunctuation(word) {
			if i == len(words)-1 {
				out.WriteString(closing)
				closing = ""
			}
			out.WriteString(word)
		} else {
			put(word)
		}
	}
	return out.String() + closing, nil
}

// operands are the words at the beginning that belong to a macro.
func operands(words []string) []string {
	for i, word := range words {
		_, mark := marks[word]
		_, around := encloses[word]
		if mark || around || word == "Ns" || isPunctuation(word) {
			return words[:i]
		}
	}
	return words
}

func marked(macro string, mark [2]string, words []string) string {
	if macro == "Xr" && len(words) == 2 {
		return words[0] + "(" + words[1] + ")"
	}
	return mark[0] + strings.Join(words, " ") + mark[1]
}

func isPunctuation(word string) bool { return len(word) == 1 && strings.Contains(".,;:?!)]", word) }

// arguments are the words of a line of macros; what is in double quotes is one.
func arguments(line string) []string {
	var words []string
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		var word string
		if quoted, ok := strings.CutPrefix(line, `"`); ok {
			word, line, _ = strings.Cut(quoted, `"`)
		} else {
			word, line, _ = strings.Cut(line, " ")
		}
		words = append(words, unescape(word))
	}
	return words
}

// unescape takes roff's escapes out of text.
func unescape(text string) string {
	return strings.NewReplacer(`\&`, "", `\-`, "-", `\(dq`, `"`, `\(aq`, "'", `\e`, `\`, `\ `, " ").Replace(text)
}
