package usernsctl

import "strings"

// fishCompletion is completions/usernsctl.fish.
func fishCompletion() string {
	out := strings.ReplaceAll(fishScript, "@VALUED@", strings.Join(valued(), " "))
	add := func(condition, rest string) {
		out += "complete -c usernsctl -n " + quoted(condition) + " " + rest + "\n"
	}
	for _, c := range commands() {
		add("__usernsctl_at", "-a "+c.name+" -d "+quoted(c.brief))
	}
	for _, c := range commands() {
		for _, p := range c.positions() {
			condition := "__usernsctl_at"
			for _, word := range p.after {
				if word == "" {
					word = "."
				}
				condition += " " + word
			}
			if words := fishWords(p.words); words != "" {
				add(condition, "-a "+quoted(words))
			}
		}
		for _, name := range c.options {
			add("__usernsctl_in "+c.name, fishOption(optionOf(name)))
		}
	}
	return out + "complete -c usernsctl -l help -d 'say what the command does'\ncomplete -c usernsctl -l version -d 'print the version'\n"
}

// fishWords says to fish what can stand somewhere.
func fishWords(words []string) string {
	return standing(words, map[string]string{
		"USER": "(__fish_complete_users)", "BRIDGE": "(__usernsctl_bridges)", "INTERFACE": "(path basename /sys/class/net/veth*)",
	}, func(words string) string { return words })
}

// fishOption says to fish what an option is.
func fishOption(o option) string {
	text := "-l " + strings.TrimPrefix(o.name, "--")
	if o.short != "" {
		text += " -s " + strings.TrimPrefix(o.short, "-")
	}
	switch {
	case o.name == "--path", o.name == "--file":
		text += " -r"
	case o.name == "--pid":
		text += " -x -a '(__fish_complete_pids)'"
	case o.name == "--user":
		text += " -x -a '(__fish_complete_users)'"
	case o.name == "--level":
		text += " -x -a 'error warning note'"
	case o.value != "":
		text += " -x"
	}
	return text + " -d " + quoted(o.brief)
}

const fishScript = `# fish completion for usernsctl(8), made by usernsctl completion fish

# __usernsctl_words: the words in front of the cursor that are no options and no values of options.
function __usernsctl_words
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word @VALUED@
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

# __usernsctl_at WORD...: whether these are the words, "." standing for any.
function __usernsctl_at
    set -l words (__usernsctl_words)
    test (count $words) -eq (count $argv); or return 1
    for i in (seq (count $argv))
        test "$argv[$i]" = . -o "$argv[$i]" = "$words[$i]"; or return 1
    end
end

# __usernsctl_in COMMAND...: whether the command is one of these.
function __usernsctl_in
    set -l words (__usernsctl_words)
    contains -- "$words[1]" $argv
end

function __usernsctl_bridges
    echo none
    for bridge in /sys/class/net/*/bridge
        basename (dirname $bridge)
    end
end

complete -c usernsctl -f
`
