#compdef usernsctl
# zsh completion for usernsctl(8)

_usernsctl_bridges() {
	local -a bridges
	bridges=(none /sys/class/net/*/bridge(N:h:t))
	compadd -a bridges
}

_usernsctl_explain() {
	_arguments -S \
		'1:what:((uid\:"user IDs, newuidmap" gid\:"group IDs, newgidmap" nic\:"network interfaces, lxc-user-nic"))' \
		'2:user:_users' \
		'3:first id or bridge:{ [[ $words[2] == nic ]] && _usernsctl_bridges }' \
		'4:number of IDs:' \
		'--pid[why this process would be refused]:process:_pids' \
		'--json[answer for programs]' \
		'--help[show the help]'
}

_usernsctl() {
	local context state line
	typeset -A opt_args
	_arguments -C -S \
		'1:command:((check\:"look for mistakes" explain\:"say whether a user may, and why" nics\:"list the interfaces of containers" ranges\:"draw who has which IDs"))' \
		'*::argument:->arguments' \
		'(- *)--help[show the help]' \
		'(- *)--version[show the version]'
	[[ $state == arguments ]] || return
	case $words[1] in
	check) _arguments -S '--all[do not shorten long answers]' '--path[where shells find programs]:directories:_dir_list' '--json[answer for programs]' '--help[show the help]' ;;
	explain) _usernsctl_explain ;;
	nics) _arguments -S '--json[answer for programs]' '--help[show the help]' ;;
	ranges) _arguments -S '1:kind:((uid\:"user IDs" gid\:"group IDs"))' '--all[do not shorten long answers]' '--json[answer for programs]' '--help[show the help]' ;;
	esac
}

_usernsctl "$@"
