# fish completion for usernsctl(8), made by usernsctl completion fish

# __usernsctl_words: the words in front of the cursor that are no options and no values of options.
function __usernsctl_words
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word --count --file --kubelet --level --limits --nics --path --pid --since --start --uid-max --uid-min --user
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
complete -c usernsctl -n '__usernsctl_at' -a check -d 'look for mistakes'
complete -c usernsctl -n '__usernsctl_at' -a explain -d 'say whether a user may, and why'
complete -c usernsctl -n '__usernsctl_at' -a nics -d 'list the interfaces of containers'
complete -c usernsctl -n '__usernsctl_at' -a ranges -d 'draw who has which IDs'
complete -c usernsctl -n '__usernsctl_at' -a audit -d 'say what was granted and refused lately'
complete -c usernsctl -n '__usernsctl_at' -a metrics -d 'print numbers for Prometheus'\''s node_exporter'
complete -c usernsctl -n '__usernsctl_at' -a user -d 'show everything about a user'
complete -c usernsctl -n '__usernsctl_at' -a suggest -d 'give each container IDs of its own'
complete -c usernsctl -n '__usernsctl_at' -a grant -d 'give a user IDs and interfaces'
complete -c usernsctl -n '__usernsctl_at' -a revoke -d 'take back what a user was granted'
complete -c usernsctl -n '__usernsctl_at' -a edit -d 'change a line that others may be writing'
complete -c usernsctl -n '__usernsctl_at' -a apply -d 'give interfaces what the policy says'
complete -c usernsctl -n '__usernsctl_at' -a completion -d 'print what completes command lines'
complete -c usernsctl -n '__usernsctl_at' -a help -d 'say what a command does'
complete -c usernsctl -n '__usernsctl_in check' -l level -x -a 'error warning note' -d 'the lowest that is shown and counts: error, warning, note'
complete -c usernsctl -n '__usernsctl_in check' -l all -d 'do not shorten long answers'
complete -c usernsctl -n '__usernsctl_in check' -l quiet -s q -d 'only findings that count'
complete -c usernsctl -n '__usernsctl_in check' -l path -r -d 'where shells find programs, if not by login.defs'
complete -c usernsctl -n '__usernsctl_in check' -l commands -d 'print what puts it right, for root'\''s shell'
complete -c usernsctl -n '__usernsctl_in check' -l json -d 'answer programs'
complete -c usernsctl -n '__usernsctl_at explain' -a 'uid gid nic'
complete -c usernsctl -n '__usernsctl_at explain uid' -a '(__fish_complete_users)'
complete -c usernsctl -n '__usernsctl_at explain gid' -a '(__fish_complete_users)'
complete -c usernsctl -n '__usernsctl_at explain nic' -a '(__fish_complete_users)'
complete -c usernsctl -n '__usernsctl_at explain nic .' -a '(__usernsctl_bridges)'
complete -c usernsctl -n '__usernsctl_in explain' -l pid -x -a '(__fish_complete_pids)' -d 'why this process would be refused'
complete -c usernsctl -n '__usernsctl_in explain' -l guard -d 'with nic: the filter of the interface, in words and instructions'
complete -c usernsctl -n '__usernsctl_in explain' -l json -d 'answer programs'
complete -c usernsctl -n '__usernsctl_in nics' -l json -d 'answer programs'
complete -c usernsctl -n '__usernsctl_at ranges' -a 'uid gid'
complete -c usernsctl -n '__usernsctl_in ranges' -l all -d 'do not shorten long answers'
complete -c usernsctl -n '__usernsctl_in ranges' -l svg -d 'a picture, for a page or a browser'
complete -c usernsctl -n '__usernsctl_in ranges' -l json -d 'answer programs'
complete -c usernsctl -n '__usernsctl_in audit' -l since -x -d 'only what is not older: 90m, 12h, 7d, 4w, a date, or @SECONDS'
complete -c usernsctl -n '__usernsctl_in audit' -l user -x -a '(__fish_complete_users)' -d 'only what concerns this user'
complete -c usernsctl -n '__usernsctl_in audit' -l file -r -d 'a log of the kernel'\''s audit or of syslog'
complete -c usernsctl -n '__usernsctl_in audit' -l json -d 'answer programs'
complete -c usernsctl -n '__usernsctl_at user' -a '(__fish_complete_users)'
complete -c usernsctl -n '__usernsctl_in user' -l json -d 'answer programs'
complete -c usernsctl -n '__usernsctl_at suggest' -a 'idmap'
complete -c usernsctl -n '__usernsctl_at suggest idmap' -a '(__fish_complete_users)'
complete -c usernsctl -n '__usernsctl_in suggest' -l json -d 'answer programs'
complete -c usernsctl -n '__usernsctl_at grant' -a '(__fish_complete_users)'
complete -c usernsctl -n '__usernsctl_in grant' -l count -x -d 'how many IDs, if not SUB_UID_COUNT of login.defs'
complete -c usernsctl -n '__usernsctl_in grant' -l start -x -d 'the first of the IDs, if not the lowest that are free'
complete -c usernsctl -n '__usernsctl_in grant' -l nics -x -d 'how many interfaces on which bridge'
complete -c usernsctl -n '__usernsctl_in grant' -l own-bridge -d 'a bridge of the user alone, with addresses for containers'
complete -c usernsctl -n '__usernsctl_in grant' -l limits -x -d 'tasks=N,memory=SIZE,cpu=PERCENT: of all processes together'
complete -c usernsctl -n '__usernsctl_in grant' -l missing -d 'all users with a login shell and no IDs'
complete -c usernsctl -n '__usernsctl_in grant' -l uid-min -x -d 'with --missing: the first user'
complete -c usernsctl -n '__usernsctl_in grant' -l uid-max -x -d 'with --missing: the last user'
complete -c usernsctl -n '__usernsctl_in grant' -l kubelet -x -d '65536 IDs a pod for the user kubelet, aligned'
complete -c usernsctl -n '__usernsctl_in grant' -l dry-run -d 'show what would be written, to anybody'
complete -c usernsctl -n '__usernsctl_in grant' -l json -d 'answer programs'
complete -c usernsctl -n '__usernsctl_at revoke' -a '(__fish_complete_users)'
complete -c usernsctl -n '__usernsctl_in revoke' -l keep-reserved -d 'never give the IDs to anybody again'
complete -c usernsctl -n '__usernsctl_in revoke' -l dry-run -d 'show what would be written, to anybody'
complete -c usernsctl -n '__usernsctl_in revoke' -l json -d 'answer programs'
complete -c usernsctl -n '__usernsctl_at edit' -a '/etc/subuid /etc/subgid /etc/lxc/lxc-usernet'
complete -c usernsctl -n '__usernsctl_in edit' -l dry-run -d 'show what would be written, to anybody'
complete -c usernsctl -n '__usernsctl_in edit' -l json -d 'answer programs'
complete -c usernsctl -n '__usernsctl_at apply' -a '(path basename /sys/class/net/veth*)'
complete -c usernsctl -n '__usernsctl_in apply' -l dry-run -d 'show what would be written, to anybody'
complete -c usernsctl -n '__usernsctl_in apply' -l json -d 'answer programs'
complete -c usernsctl -n '__usernsctl_at completion' -a 'bash zsh fish'
complete -c usernsctl -n '__usernsctl_at help' -a 'check explain nics ranges audit metrics user suggest grant revoke edit apply completion help'
complete -c usernsctl -l help -d 'say what the command does'
complete -c usernsctl -l version -d 'print the version'
