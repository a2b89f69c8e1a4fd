#compdef usernsctl
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
		--count | --file | --kubelet | --level | --limits | --nics | --path | --pid | --since | --start | --uid-max | --uid-min | --user) ((i++)) ;;
		-*) ;;
		*) given+=("$words[i]") ;;
		esac
	done
	case "$#given $given" in
	1\ explain) compadd uid gid nic ;;
	2\ explain\ uid) _users ;;
	2\ explain\ gid) _users ;;
	2\ explain\ nic) _users ;;
	3\ explain\ nic\ *) _usernsctl_bridges ;;
	1\ ranges) compadd uid gid ;;
	1\ user) _users ;;
	1\ suggest) compadd idmap ;;
	2\ suggest\ idmap) _users ;;
	1\ grant) _users ;;
	1\ revoke) _users ;;
	1\ edit) compadd /etc/subuid /etc/subgid /etc/lxc/lxc-usernet ;;
	1\ apply) compadd /sys/class/net/veth*(N:t) ;;
	1\ completion) compadd bash zsh fish ;;
	1\ help) compadd check explain nics ranges audit metrics user suggest grant revoke edit apply completion help ;;
	esac
}

_usernsctl() {
	local context state line
	local -a commands
	typeset -A opt_args
	commands=(
		'check:look for mistakes'
		'explain:say whether a user may, and why'
		'nics:list the interfaces of containers'
		'ranges:draw who has which IDs'
		'audit:say what was granted and refused lately'
		'metrics:print numbers for Prometheus'\''s node_exporter'
		'user:show everything about a user'
		'suggest:give each container IDs of its own'
		'grant:give a user IDs and interfaces'
		'revoke:take back what a user was granted'
		'edit:change a line that others may be writing'
		'apply:give interfaces what the policy says'
		'completion:print what completes command lines'
		'help:say what a command does'
	)
	_arguments -C -S \
		'1:command:{ _describe command commands }' \
		'*::argument:->arguments' \
		'(- *)--help[say what the command does]' \
		'(- *)--version[print the version]'
	[[ $state == arguments ]] || return
	case $words[1] in
	check) _arguments -S '*:word:_usernsctl_word' \
		'--level[the lowest that is shown and counts, error, warning, note]:level:(error warning note)' \
		'--all[do not shorten long answers]' \
		'--quiet[only findings that count]' \
		'--path[where shells find programs, if not by login.defs]:directories:_dir_list' \
		'--commands[print what puts it right, for root'\''s shell]' \
		'--json[answer programs]' \
		'--help[say what the command does]' ;;
	explain) _arguments -S '*:word:_usernsctl_word' \
		'--pid[why this process would be refused]:process:_pids' \
		'--guard[with nic, the filter of the interface, in words and instructions]' \
		'--json[answer programs]' \
		'--help[say what the command does]' ;;
	nics) _arguments -S '*:word:_usernsctl_word' \
		'--json[answer programs]' \
		'--help[say what the command does]' ;;
	ranges) _arguments -S '*:word:_usernsctl_word' \
		'--all[do not shorten long answers]' \
		'--svg[a picture, for a page or a browser]' \
		'--json[answer programs]' \
		'--help[say what the command does]' ;;
	audit) _arguments -S '*:word:_usernsctl_word' \
		'--since[only what is not older, 90m, 12h, 7d, 4w, a date, or @SECONDS]:TIME:' \
		'--user[only what concerns this user]:user:_users' \
		'--file[a log of the kernel'\''s audit or of syslog]:file:_files' \
		'--json[answer programs]' \
		'--help[say what the command does]' ;;
	metrics) _arguments -S '*:word:_usernsctl_word' \
		'--help[say what the command does]' ;;
	user) _arguments -S '*:word:_usernsctl_word' \
		'--json[answer programs]' \
		'--help[say what the command does]' ;;
	suggest) _arguments -S '*:word:_usernsctl_word' \
		'--json[answer programs]' \
		'--help[say what the command does]' ;;
	grant) _arguments -S '*:word:_usernsctl_word' \
		'--count[how many IDs, if not SUB_UID_COUNT of login.defs]:NUMBER:' \
		'--start[the first of the IDs, if not the lowest that are free]:ID:' \
		'*--nics[how many interfaces on which bridge]:BRIDGE=N:' \
		'--own-bridge[a bridge of the user alone, with addresses for containers]' \
		'--limits[tasks=N,memory=SIZE,cpu=PERCENT, of all processes together]:LIMITS:' \
		'--missing[all users with a login shell and no IDs]' \
		'--uid-min[with --missing, the first user]:ID:' \
		'--uid-max[with --missing, the last user]:ID:' \
		'--kubelet[65536 IDs a pod for the user kubelet, aligned]:PODS:' \
		'--dry-run[show what would be written, to anybody]' \
		'--json[answer programs]' \
		'--help[say what the command does]' ;;
	revoke) _arguments -S '*:word:_usernsctl_word' \
		'--keep-reserved[never give the IDs to anybody again]' \
		'--dry-run[show what would be written, to anybody]' \
		'--json[answer programs]' \
		'--help[say what the command does]' ;;
	edit) _arguments -S '*:word:_usernsctl_word' \
		'--dry-run[show what would be written, to anybody]' \
		'--json[answer programs]' \
		'--help[say what the command does]' ;;
	apply) _arguments -S '*:word:_usernsctl_word' \
		'--dry-run[show what would be written, to anybody]' \
		'--json[answer programs]' \
		'--help[say what the command does]' ;;
	completion) _arguments -S '*:word:_usernsctl_word' \
		'--help[say what the command does]' ;;
	help) _arguments -S '*:word:_usernsctl_word' \
		'--help[say what the command does]' ;;
	esac
}

_usernsctl "$@"
