# fish completion for usernsctl(8)

# __usernsctl_words: the words in front of the cursor that are no options and no values of options.
function __usernsctl_words
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word --pid --path --count --start --nics --limits --kubelet --uid-min --uid-max
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
complete -c usernsctl -n '__usernsctl_at' -a grant -d 'give a user IDs and interfaces'
complete -c usernsctl -n '__usernsctl_at' -a revoke -d 'take back what a user was granted'
complete -c usernsctl -n '__usernsctl_at grant' -a '(__fish_complete_users)'
complete -c usernsctl -n '__usernsctl_at revoke' -a '(__fish_complete_users)'
complete -c usernsctl -n '__usernsctl_at explain' -a uid -d 'user IDs, newuidmap'
complete -c usernsctl -n '__usernsctl_at explain' -a gid -d 'group IDs, newgidmap'
complete -c usernsctl -n '__usernsctl_at explain' -a nic -d 'network interfaces, lxc-user-nic'
complete -c usernsctl -n '__usernsctl_at ranges' -a uid -d 'user IDs'
complete -c usernsctl -n '__usernsctl_at ranges' -a gid -d 'group IDs'
complete -c usernsctl -n '__usernsctl_at explain .' -a '(__fish_complete_users)'
complete -c usernsctl -n '__usernsctl_at explain nic .' -a '(__usernsctl_bridges)'
complete -c usernsctl -n '__usernsctl_in check ranges' -l all -d 'do not shorten long answers'
complete -c usernsctl -n '__usernsctl_in check' -l path -r -d 'where shells find programs'
complete -c usernsctl -n '__usernsctl_in explain' -l pid -x -a '(__fish_complete_pids)' -d 'why this process would be refused'
complete -c usernsctl -n '__usernsctl_at explain nic . .' -l guard -d 'show the filter of an interface'
complete -c usernsctl -n '__usernsctl_in grant' -l count -x -d 'how many IDs'
complete -c usernsctl -n '__usernsctl_in grant' -l start -x -d 'the first ID'
complete -c usernsctl -n '__usernsctl_in grant' -l nics -x -d 'how many interfaces on which bridge'
complete -c usernsctl -n '__usernsctl_in grant' -l own-bridge -d 'a bridge that no other user has'
complete -c usernsctl -n '__usernsctl_in grant' -l limits -x -a 'tasks= memory= cpu=' -d 'what all processes together can have'
complete -c usernsctl -n '__usernsctl_in grant' -l missing -d 'all users with a login shell and no IDs'
complete -c usernsctl -n '__usernsctl_in grant' -l uid-min -x -d 'the first of all users'
complete -c usernsctl -n '__usernsctl_in grant' -l uid-max -x -d 'the last of all users'
complete -c usernsctl -n '__usernsctl_in grant' -l kubelet -x -d 'for the user kubelet'
complete -c usernsctl -n '__usernsctl_in revoke' -l keep-reserved -d 'never hand the IDs out again'
complete -c usernsctl -n '__usernsctl_in grant revoke' -l dry-run -d 'show what would be written'
complete -c usernsctl -n '__usernsctl_in check explain nics ranges grant revoke' -l json -d 'answer for programs'
complete -c usernsctl -l help -d 'show the help'
complete -c usernsctl -l version -d 'show the version'
