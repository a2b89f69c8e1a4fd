package usernsctl

import "strings"

// zshCompletion is completions/usernsctl.zsh.
func zshCompletion() string {
	described, cases, words := "", "", ""
	for _, c := range commands() {
		described += "\t\t" + quoted(c.name+":"+c.brief) + "\n"
		cases += "\t" + c.name + ") _arguments -S '*:word:_usernsctl_word'"
		for _, name := range append(c.options[:len(c.options):len(c.options)], "--help") {
			cases += " \\\n\t\t" + zshOption(optionOf(name))
		}
		cases += " ;;\n"
		for _, p := range c.positions() {
			pattern := decimal(uint64(len(p.after)))
			for _, word := range p.after {
				if word == "" {
					pattern += `\ *`
					continue
				}
				pattern += `\ ` + word
			}
			if action := zshWords(p.words); action != "" {
				words += "\t" + pattern + ") " + action + " ;;\n"
			}
		}
	}
	return strings.NewReplacer("@COMMANDS@", described, "@CASES@", cases, "@WORDS@", words, "@VALUED@", strings.Join(valued(), " | ")).Replace(zshScript)
}

// zshWords says to zsh what can stand somewhere.
func zshWords(words []string) string {
	return standing(words, map[string]string{
		"USER": "_users", "BRIDGE": "_usernsctl_bridges", "INTERFACE": "compadd /sys/class/net/veth*(N:t)",
	}, func(words string) string { return "compadd " + words })
}

// zshOption says to zsh what an option is.
func zshOption(o option) string {
	text := o.name + "[" + strings.NewReplacer("[", "(", "]", ")", ":", ",").Replace(o.brief) + "]"
	switch {
	case o.name == "--path":
		text += ":directories:_dir_list"
	case o.name == "--file":
		text += ":file:_files"
	case o.name == "--pid":
		text += ":process:_pids"
	case o.name == "--user":
		text += ":user:_users"
	case o.name == "--level":
		text += ":level:(error warning note)"
	case o.value != "":
		text += ":" + o.value + ":"
	}
	if o.name == "--nics" {
		text = "*" + text
	}
	return quoted(text)
}

const zshScript = `#compdef usernsctl
# zsh completion for usernsctl(8), made by usernsctl completion zsh

_usernsctl_bridges() {
	local -a bridges
	bridges=(none /sys/class/net/*/bridge(N:h:t))
	compadd -a bridges
}

# The words in front of this one that are no options and no values of options say what can follow.
_usernsctl_word() {
	local -a given
	local i
	for ((i = 1; i < CURRENT; i++)); do
		case $words[i] in
		@VALUED@) ((i++)) ;;
		-*) ;;
		*) given+=("$words[i]") ;;
		esac
	done
	case "$#given $given" in
@WORDS@	esac
}

_usernsctl() {
	local context state line
	local -a commands
	typeset -A opt_args
	commands=(
@COMMANDS@	)
	_arguments -C -S \
		'1:command:{ _describe command commands }' \
		'*::argument:->arguments' \
		'(- *)--help[say what the command does]' \
		'(- *)--version[print the version]'
	[[ $state == arguments ]] || return
	case $words[1] in
@CASES@	esac
}

_usernsctl "$@"
`
