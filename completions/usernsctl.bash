# bash completion for usernsctl(8)

_usernsctl() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} word words=() i
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
	--count | --start | --nics | --limits | --kubelet | --uid-min | --uid-max) return ;;
	esac
	# The words in front of this one that are no options and no values of options.
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		--pid | --path | --count | --start | --nics | --limits | --kubelet | --uid-min | --uid-max) ((i++)) ;;
		-*) ;;
		*) words+=("$word") ;;
		esac
	done
	if [[ $current == -* ]]; then
		local options='--json --help --version'
		case ${words[0]-} in
		check) options='--all --path --json --help' ;;
		explain) options='--pid --guard --json --help' ;;
		nics) options='--json --help' ;;
		ranges) options='--all --json --help' ;;
		grant) options='--count --start --nics --own-bridge --limits --missing --uid-min --uid-max --kubelet --dry-run --json --help' ;;
		revoke) options='--keep-reserved --dry-run --json --help' ;;
		esac
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
		return
	fi
	case "${#words[@]} ${words[*]:0:2}" in
	'0 '*) word='check explain nics ranges grant revoke' ;;
	'1 explain') word='uid gid nic' ;;
	'1 ranges') word='uid gid' ;;
	'2 explain '[ugn]* | '1 grant' | '1 revoke')
		mapfile -t COMPREPLY < <(compgen -u -- "$current")
		return
		;;
	'3 explain nic') word="none $(cd /sys/class/net && for i in */bridge; do [ -e "$i" ] && echo "${i%/*}"; done)" ;;
	*) return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$word" -- "$current")
}

complete -F _usernsctl usernsctl
