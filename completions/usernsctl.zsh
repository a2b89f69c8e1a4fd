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
		'--guard[show the filter of an interface]' \
		'--json[answer for programs]' \
		'--help[show the help]'
}

_usernsctl_grant() {
	_arguments -S \
		'1:user:_users' \
		'--count[how many IDs]:number:' \
		'--start[the first ID]:ID:' \
		'*--nics[how many interfaces on which bridge]:BRIDGE=NUMBER:' \
		'--own-bridge[a bridge that no other user has]' \
		'--limits[what all processes together can have]:tasks=N,memory=SIZE,cpu=PERCENT:' \
		'--missing[all users with a login shell and no IDs]' \
		'--uid-min[the first of all users]:user ID:' \
		'--uid-max[the last of all users]:user ID:' \
		'--kubelet[for the user kubelet]:pods:' \
		'--dry-run[show what would be written]' \
		'--json[answer for programs]' \
		'--help[show the help]'
}

_usernsctl() {
	local context state line
	typeset -A opt_args
	_arguments -C -S \
		'1:command:((check\:"look for mistakes" explain\:"say whether a user may, and why" nics\:"list the interfaces of containers" ranges\:"draw who has which IDs" grant\:"give a user IDs and interfaces" revoke\:"take back what a user was granted"))' \
		'*::argument:->arguments' \
		'(- *)--help[show the help]' \
		'(- *)--version[show the version]'
	[[ $state == arguments ]] || return
	case $words[1] in
	check) _arguments -S '--all[do not shorten long answers]' '--path[where shells find programs]:directories:_dir_list' '--json[answer for programs]' '--help[show the help]' ;;
	explain) _usernsctl_explain ;;
	nics) _arguments -S '--json[answer for programs]' '--help[show the help]' ;;
	ranges) _arguments -S '1:kind:((uid\:"user IDs" gid\:"group IDs"))' '--all[do not shorten long answers]' '--json[answer for programs]' '--help[show the help]' ;;
	grant) _usernsctl_grant ;;
	revoke) _arguments -S '1:user:_users' '--keep-reserved[never hand the IDs out again]' '--dry-run[show what would be written]' '--json[answer for programs]' '--help[show the help]' ;;
	esac
}

_usernsctl "$@"
