package usernsctl

import (
	"slices"
	"strings"
)

// bashCompletion is completions/usernsctl.bash.
func bashCompletion() string {
	others := slices.DeleteFunc(valued(), func(name string) bool { return strings.Contains(bashScript, "\n\t"+name+")") })
	options, words := "", ""
	for _, c := range commands() {
		options += "\t\t" + c.name + ") options='" + strings.Join(append(c.options[:len(c.options):len(c.options)], "--help"), " ") + "' ;;\n"
		for _, p := range c.positions() {
			pattern := "'" + decimal(uint64(len(p.after)))
			for _, word := range p.after {
				if word == "" {
					pattern += " '*'"
					continue
				}
				pattern += " " + word
			}
			action := bashWords(p.words)
			if action == "" {
				continue
			}
			words += "\t" + strings.ReplaceAll(pattern+"'", "''", "") + ") " + action + " ;;\n"
		}
	}
	return strings.NewReplacer("@OTHERS@", strings.Join(others, " | "), "@VALUED@", strings.Join(valued(), " | "), "@OPTIONS@", options, "@COMMANDS@", strings.Join(names(commands()), " "), "@WORDS@", words).Replace(bashScript)
}

// bashWords says to bash what can stand somewhere.
func bashWords(words []string) string {
	return standing(words, map[string]string{
		"USER":      `mapfile -t COMPREPLY < <(compgen -u -- "$current") && return`,
		"BRIDGE":    `word="none $(cd /sys/class/net && for i in */bridge; do [ -e "$i" ] && echo "${i%/*}"; done)"`,
		"INTERFACE": `word="$(cd /sys/class/net && echo veth*)"`,
	}, func(words string) string { return "word='" + words + "'" })
}

const bashScript = `# bash completion for usernsctl(8), made by usernsctl completion bash

_usernsctl() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} word='' words=() i
	COMPREPLY=()
	case $previous in
	--pid)
		mapfile -t COMPREPLY < <(compgen -W "$(cd /proc && echo [0-9]*)" -- "$current")
		return
		;;
	--path)
		compopt -o nospace
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
		return
		;;
	--file)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	--user)
		mapfile -t COMPREPLY < <(compgen -u -- "$current")
		return
		;;
	--level)
		mapfile -t COMPREPLY < <(compgen -W 'error warning note' -- "$current")
		return
		;;
	@OTHERS@) return ;;
	esac
	# The words in front of this one that are no options and no values of options.
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		@VALUED@) ((i++)) ;;
		-*) ;;
		*) words+=("$word") ;;
		esac
	done
	if [[ $current == -* ]]; then
		local options='--json --help --version'
		case ${words[0]-} in
@OPTIONS@		esac
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
		return
	fi
	case "${#words[@]} ${words[*]}" in
	'0 '*) word='@COMMANDS@' ;;
@WORDS@	*) return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$word" -- "$current")
}

complete -F _usernsctl usernsctl
`
