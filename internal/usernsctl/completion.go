package usernsctl

import (
	"slices"
	"strings"

	"userns-helpers/internal/usernsctl/hostcheck"
)

// completion is the command completion.
func (a asker) completion(words []string) int {
	if len(words) == 1 {
		switch words[0] {
		case "bash":
			return a.say([]byte(bashCompletion()), fine)
		case "zsh":
			return a.say([]byte(zshCompletion()), fine)
		case "fish":
			return a.say([]byte(fishCompletion()), fine)
		}
	}
	return a.wrong("completion needs one of bash, zsh and fish")
}

// position is where a word of a command line can stand: after these words, "" for one that stands for anything.
type position struct {
	after []string // the name of the command is the first of them
	words []string // what can stand there; in upper case what it is
}

// positions are those of a command, in the order of its forms.
func (c command) positions() []position {
	var all []position
	for _, form := range c.forms {
		afters := [][]string{{c.name}}
		for _, token := range strings.Fields(strings.NewReplacer("[", "", "]", "", "...", "").Replace(form)) {
			choices := strings.Split(token, "|")
			stand := choices
			if token == strings.ToUpper(token) {
				stand = []string{""}
			}
			var next [][]string
			for _, after := range afters {
				all = addPosition(all, after, choices)
				for _, choice := range stand {
					next = append(next, append(slices.Clone(after), choice))
				}
			}
			afters = next
		}
	}
	return all
}

// addPosition adds what can stand somewhere.
func addPosition(all []position, after, words []string) []position {
	for i := range all {
		if slices.Equal(all[i].after, after) {
			all[i].words = append(all[i].words, words...)
			return all
		}
	}
	return append(all, position{after, slices.Clone(words)})
}

// standing says to a shell what can stand somewhere: ways are its own for words in upper case, list what it does with words. It
// is "" where the shell cannot know.
func standing(words []string, ways map[string]string, list func(words string) string) string {
	if way, is := ways[words[0]]; is {
		return way
	}
	switch words[0] {
	case "COMMAND":
		words = names(commands())
	case "FILE":
		words = hostcheck.Locked()
	}
	if words = literal(words); len(words) == 0 {
		return ""
	}
	return list(strings.Join(words, " "))
}

// valued are the options with a value.
func valued() []string {
	var all []string
	for _, o := range allOptions() {
		if o.value != "" {
			all = append(all, o.name)
		}
	}
	return all
}

// quoted is text between the quotation marks of a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// literal are the words that stand for themselves.
func literal(words []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == strings.ToUpper(w) })
}
