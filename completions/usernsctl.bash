# bash completion for usernsctl(8), made by usernsctl completion bash

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
	--count | --kubelet | --limits | --nics | --since | --start | --uid-max | --uid-min) return ;;
	esac
	# The words in front of this one that are no options and no values of options.
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		--count | --file | --kubelet | --level | --limits | --nics | --path | --pid | --since | --start | --uid-max | --uid-min | --user) ((i++)) ;;
		-*) ;;
		*) words+=("$word") ;;
		esac
	done
	if [[ $current == -* ]]; then
		local options='--json --help --version'
		case ${words[0]-} in
		check) options='--level --all --quiet --path --commands --json --help' ;;
		explain) options='--pid --guard --json --help' ;;
		nics) options='--json --help' ;;
		ranges) options='--all --svg --json --help' ;;
		audit) options='--since --user --file --json --help' ;;
		metrics) options='--help' ;;
		user) options='--json --help' ;;
		suggest) options='--json --help' ;;
		grant) options='--count --start --nics --own-bridge --limits --missing --uid-min --uid-max --kubelet --dry-run --json --help' ;;
		revoke) options='--keep-reserved --dry-run --json --help' ;;
		edit) options='--dry-run --json --help' ;;
		apply) options='--dry-run --json --help' ;;
		completion) options='--help' ;;
		help) options='--help' ;;
		esac
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
		return
	fi
	case "${#words[@]} ${words[*]}" in
	'0 '*) word='check explain nics ranges audit metrics user suggest grant revoke edit apply completion help' ;;
	'1 explain') word='uid gid nic' ;;
	'2 explain uid') mapfile -t COMPREPLY < <(compgen -u -- "$current") && return ;;
	'2 explain gid') mapfile -t COMPREPLY < <(compgen -u -- "$current") && return ;;
	'2 explain nic') mapfile -t COMPREPLY < <(compgen -u -- "$current") && return ;;
	'3 explain nic '*) word="none $(cd /sys/class/net && for i in */bridge; do [ -e "$i" ] && echo "${i%/*}"; done)" ;;
	'1 ranges') word='uid gid' ;;
	'1 user') mapfile -t COMPREPLY < <(compgen -u -- "$current") && return ;;
	'1 suggest') word='idmap' ;;
	'2 suggest idmap') mapfile -t COMPREPLY < <(compgen -u -- "$current") && return ;;
	'1 grant') mapfile -t COMPREPLY < <(compgen -u -- "$current") && return ;;
	'1 revoke') mapfile -t COMPREPLY < <(compgen -u -- "$current") && return ;;
	'1 edit') word='/etc/subuid /etc/subgid /etc/lxc/lxc-usernet' ;;
	'1 apply') word="$(cd /sys/class/net && echo veth*)" ;;
	'1 completion') word='bash zsh fish' ;;
	'1 help') word='check explain nics ranges audit metrics user suggest grant revoke edit apply completion help' ;;
	*) return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$word" -- "$current")
}

complete -F _usernsctl usernsctl
