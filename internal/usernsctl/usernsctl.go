// Package usernsctl is the program usernsctl: it answers the questions of the person who runs a host.
//
// It has no privilege, and changes nothing but by grant and revoke, with the rights of whoever calls it. Its answers come from the packages that decide: what it says of a grant is
// what newuidmap, newgidmap and lxc-user-nic do. Where an answer needs root it says so.
package usernsctl

import (
	"io"

	"userns-helpers/internal/text/paths"
)

// Exit statuses.
const (
	fine   = 0 // nothing found; yes
	found  = 1 // findings; no
	unseen = 2 // something could not be looked at; the command line is wrong
)

const usage = `usage: usernsctl check [--level LEVEL] [--all] [--quiet] [--json]
                       [--path DIRECTORIES]
       usernsctl explain uid|gid USER [LOWER COUNT] [--pid PID] [--json]
       usernsctl explain nic USER BRIDGE [--pid PID] [--guard] [--json]
       usernsctl nics [--json]
       usernsctl ranges [uid|gid] [--all] [--json]
       usernsctl grant USER [--count N] [--start ID] [--nics BRIDGE=N]...
                       [--own-bridge] [--limits tasks=N,memory=SIZE,cpu=PERCENT]
       usernsctl grant --missing [--count N] [--uid-min ID] [--uid-max ID]
       usernsctl grant --kubelet PODS
       usernsctl revoke USER [--keep-reserved]
       ... [--dry-run] [--json] with grant and revoke
`

const help = usage + `
check    looks for mistakes: in subuid, subgid, lxc-usernet, policy.toml,
         forbidden-host-ids, nsswitch.conf and login.defs, in the installed
         programs, in kernel settings. Status 0: none; 1: some; 2: something
         could not be looked at, and there is no error.
explain  says whether USER may map IDs, or have a network interface on BRIDGE:
         yes or no, the file and line that decide, what is left; with --pid, why
         that process would be refused. Status 0: yes; 1: no; 2: not known.
nics     lists the existing network interfaces of containers.
ranges   draws who has which IDs, the gaps, and the overlaps.
grant    gives USER IDs that nobody has, the same in subuid and subgid, and
         interfaces on bridges. Asked twice it does it once. Status 0: it is as
         asked for; 1: refused; 2: it could not be done.
revoke   takes back what USER was granted.

--all    does not shorten long answers
--json   answers for programs
--level  the lowest level that check shows and counts: error, warning, note
--quiet  only findings that count
--path   the directories in which users' shells find programs, if not those of
         login.defs
--pid    a process
--guard  with explain nic: the filter that the interface would get, in words and
         instructions
--count  how many IDs, if not SUB_UID_COUNT of login.defs
--start  the first of them, if not the lowest that are free
--nics   how many interfaces on which bridge
--own-bridge  a bridge that no other user has, with addresses for containers
--limits  what all processes of USER together can have at most
--missing  all users of this host with a login shell and no IDs
--kubelet  65536 IDs a pod for the user kubelet, aligned
--keep-reserved  nobody is ever given the IDs again
--dry-run  shows what would be written, to anybody
--help, --version

Root sees more: other users' processes, and the slots in which quotas are kept.
`

// asker is one run of the program.
type asker struct {
	options
	stdout, stderr io.Writer
	screen         screen // what stdout is
}

// Run is the program, from argv to the exit status. It prints once.
func Run(argv []string, stdout, stderr io.Writer) int {
	a := asker{stdout: stdout, stderr: stderr, screen: screenOf(stdout)}
	switch { // these write, and heed each of their options
	case len(argv) > 1 && argv[1] == "grant":
		return a.grant(argv[2:])
	case len(argv) > 1 && argv[1] == "revoke":
		return a.revoke(argv[2:])
	}
	words, err := a.parse(argv[min(1, len(argv)):])
	switch {
	case err != nil:
		return a.wrong(err.Error())
	case a.help:
		return a.say([]byte(help), fine)
	case a.version:
		return a.say([]byte("usernsctl (userns-helpers) "+paths.Version()+"\n"), fine)
	case len(words) == 0:
		return a.wrong("no command given")
	}
	return a.dispatch(words[0], words[1:])
}

// dispatch runs a command.
func (a asker) dispatch(command string, words []string) int {
	switch {
	case command == "check" && len(words) == 0:
		return a.check()
	case command == "nics" && len(words) == 0:
		return a.nics()
	case command == "ranges" && (len(words) == 0 || len(words) == 1 && isKind(words[0])):
		return a.ranges(words)
	case command == "explain" && len(words) > 0:
		return a.explain(words[0], words[1:])
	case command == "grant" || command == "revoke":
		return a.wrong("options of " + command + " must follow it")
	}
	return a.wrong(shown(command, words) + " is not a command")
}

// isKind reports whether word names a kind of ids.
func isKind(word string) bool { return word == "uid" || word == "gid" }

// say prints an answer and returns the exit status: nobody who reads half an answer must take it for all of it.
func (a asker) say(text []byte, status int) int {
	if n, err := a.stdout.Write(text); err != nil || n != len(text) {
		a.complain("cannot write the answer")
		return unseen
	}
	return status
}

// wrong says what is wrong with the command line.
func (a asker) wrong(why string) int {
	a.complain(why)
	_, _ = io.WriteString(a.stderr, usage)
	return unseen
}

// failed says why there is no answer.
func (a asker) failed(err error) int {
	a.complain(err.Error())
	return unseen
}

func (a asker) complain(why string) {
	_, _ = io.WriteString(a.stderr, "usernsctl: "+printable(why)+"\n")
}
