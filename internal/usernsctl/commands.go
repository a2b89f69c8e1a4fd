package usernsctl

import (
	"slices"
	"strings"
)

// command is what the program can be asked to do. Usage, help, completions and suggestions are all made of this.
type command struct {
	name    string
	forms   []string // what can follow the name: words in lower case stand for themselves, those in upper case for something
	brief   string   // for a list of commands
	text    string   // for its help
	options []string // those that it takes besides --help, in the order of its help
	run     func(a asker, words []string) int
	orders  bool // it writes, and reads all that follows it by itself
}

// commands are all of them, in the order of the help.
func commands() []command {
	return slices.Concat(looking(), counting(), perUser(), ordering(), telling())
}

// perUser are the commands that are about one user, and write nothing.
func perUser() []command {
	return []command{
		{
			name: "user", forms: []string{"USER"}, brief: "show everything about a user", run: asker.about, options: []string{"--json"},
			text: "Shows on one screen what USER has: whether a container can start, with which networks, and why not; IDs, interfaces, protections, " +
				"limits, living containers, problems. Status 0: a container can start; 1: none can; 2: not known.",
		},
		{
			name: "suggest", forms: []string{"idmap USER NAME..."}, brief: "give each container IDs of its own", run: asker.suggest, options: []string{"--json"},
			text: "Cuts the IDs of USER into parts, one for each container NAME, and prints the lines for its configuration. Status 0: done; 1: there are too " +
				"few IDs.",
		},
	}
}

// looking are the commands that look at the host.
func looking() []command {
	return []command{
		{
			name: "check", forms: []string{""}, brief: "look for mistakes", run: wordless(asker.check),
			options: []string{"--level", "--all", "--quiet", "--path", "--commands", "--json"},
			text: "Looks for mistakes in subuid, subgid, lxc-usernet, policy.toml, forbidden-host-ids, nsswitch.conf and login.defs, in the installed " +
				"programs and in kernel settings. Status 0: none that counts; 1: some; 2: something could not be looked at, and there is no error.",
		},
		{
			name: "explain", forms: []string{"uid|gid USER [LOWER COUNT]", "nic USER BRIDGE"}, brief: "say whether a user may, and why", run: asker.explain,
			options: []string{"--pid", "--guard", "--json"},
			text: "Says whether USER may map IDs, or have a network interface on BRIDGE: yes or no, the file and line that decide, what is left; with " +
				"--pid, why that process would be refused. Status 0: yes; 1: no; 2: not known.",
		},
		{
			name: "nics", forms: []string{""}, brief: "list the interfaces of containers", run: wordless(asker.nics), options: []string{"--json"},
			text: "Lists the existing network interfaces of containers, with their protections.",
		},
		{
			name: "ranges", forms: []string{"[uid|gid]"}, brief: "draw who has which IDs", run: asker.ranges, options: []string{"--all", "--svg", "--json"},
			text: "Draws who has which IDs, the gaps, and the overlaps.",
		},
	}
}

// counting are the commands that look at what happened, and how much of all there is.
func counting() []command {
	return []command{
		{
			name: "audit", forms: []string{""}, brief: "say what was granted and refused lately", run: wordless(asker.audit),
			options: []string{"--since", "--user", "--file", "--json"},
			text: "Counts grants and refusals in the log of the kernel's audit, the journal, or the files of syslog, and shows the last of each kind. " +
				"Status 0: there is an answer; 2: something could not be read.",
		},
		{
			name: "metrics", forms: []string{""}, brief: "print numbers for Prometheus's node_exporter", run: wordless(asker.metrics),
			text: "Prints findings by level, granted and free IDs, interfaces and quotas by user and bridge, and the grants and refusals of the last day, in the text format " +
				"that node_exporter reads from files *.prom. What could not be looked at is a number, too. Status 0: there is an answer.",
		},
	}
}

// ordering are the commands that write.
func ordering() []command {
	return []command{
		{
			name: "grant", forms: []string{"[USER]"}, brief: "give a user IDs and interfaces", orders: true,
			run:     func(a asker, words []string) int { return a.grant(words) },
			options: []string{"--count", "--start", "--nics", "--own-bridge", "--limits", "--missing", "--uid-min", "--uid-max", "--kubelet", "--dry-run", "--json"},
			text: "Gives USER IDs that nobody has, the same in subuid and subgid, and interfaces on bridges; or all users who have none, with --missing. " +
				"Asked twice it does it once. Status 0: it is as asked for; 1: refused; 2: it could not be done.",
		},
		{
			name: "revoke", forms: []string{"USER"}, brief: "take back what a user was granted", orders: true,
			run:     func(a asker, words []string) int { return a.revoke(words) },
			options: []string{"--keep-reserved", "--dry-run", "--json"},
			text:    "Takes back what USER was granted.",
		},
		{
			name: "edit", forms: []string{"FILE [LINE OLD [NEW]]"}, brief: "change a line that others may be writing", orders: true,
			run:     func(a asker, words []string) int { return a.edit(words) },
			options: []string{"--dry-run", "--json"},
			text: "Changes LINE of subuid, subgid or lxc-usernet while useradd, usermod and usernsctl grant wait: if it begins with OLD it becomes a comment, or if " +
				"it ends with OLD it ends with NEW; and without LINE all lines are given a newline, without a carriage return, at the end. Status 0: it is as asked for; " +
				"1: refused; 2: it could not be done.",
		},
	}
}

// telling are the commands that say how the program is called.
func telling() []command {
	return []command{
		{
			name: "apply", forms: []string{"[INTERFACE]..."}, brief: "give interfaces what the policy says", orders: true,
			run:     func(a asker, words []string) int { return a.apply(words) },
			options: []string{"--dry-run", "--json"},
			text: "Gives the interfaces of containers that exist, or those named, what policy.toml gives to new ones. Status 0: they have it; 1: some " +
				"have not; 2: it could not be done.",
		},
		{
			name: "completion", forms: []string{shells}, brief: "print what completes command lines", run: asker.completion,
			text: "Prints a script for a shell, for where no package installs it: usernsctl completion bash >~/.local/share/bash-completion/completions/usernsctl",
		},
		{
			name: "help", forms: []string{"[COMMAND]"}, brief: "say what a command does", run: asker.explainCommand,
			text: "Prints all commands, or what one of them does.",
		},
	}
}

// shells are those whose command lines can be completed.
const shells = "bash|zsh|fish"

// commandOf is a command by its name.
func commandOf(name string) (command, bool) {
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == name })
	if i < 0 {
		return command{}, false
	}
	return all[i], true
}

// names are those of the commands.
func names(of []command) []string {
	var all []string
	for _, c := range of {
		all = append(all, c.name)
	}
	return all
}

// wordless is a command that takes no words.
func wordless(run func(asker) int) func(asker, []string) int {
	return func(a asker, words []string) int {
		if len(words) > 0 {
			return a.wrong(shown(a.command, words) + ": " + a.command + " takes no words")
		}
		return run(a)
	}
}

// takes reports whether the command has an option, by its long name.
func (c command) takes(name string) bool {
	return name == "--help" || slices.Contains(c.options, name)
}

// usage are the ways to call the command.
func (c command) usage() string {
	text := ""
	for i, form := range c.forms {
		begin := "usage: usernsctl "
		if i > 0 {
			begin = "       usernsctl "
		}
		text += wrapAfter(begin+c.name, strings.TrimSpace(form+" "+c.optionsText()))
	}
	return text
}

// optionsText are the options as the usage has them.
func (c command) optionsText() string {
	var all []string
	for _, name := range c.options {
		all = append(all, "["+strings.TrimSpace(name+" "+optionOf(name).value)+"]")
	}
	return strings.Join(all, "\x00")
}

// wrapAfter is text after a beginning, lines after the first indented below it. What is between brackets stays on one line.
func wrapAfter(begin, text string) string {
	inside := 0
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '[':
			inside++
		case r == ']':
			inside--
		case r == ' ' && inside > 0:
			return '\u00a0'
		case r == 0:
			return ' '
		}
		return r
	}, text)
	lines := wrapWords(lineWide, strings.Split(text, " "), strings.Repeat(" ", len(begin)+1))
	return strings.ReplaceAll(begin+" "+strings.TrimLeft(lines, " "), "\u00a0", " ")
}

// help is what the command does, and its options.
func (c command) help() string {
	text := c.usage() + "\n" + wrap(c.text, "") + "\n"
	rows := [][]string{}
	for _, name := range append(c.options[:len(c.options):len(c.options)], "--help") {
		o := optionOf(name)
		rows = append(rows, []string{strings.TrimSpace(o.name + " " + o.value), o.brief})
	}
	return text + columns(rows)
}

// usage is what is wanted of a command line.
const usage = "usage: usernsctl COMMAND [WORD]... [OPTION]...\n       usernsctl help lists the commands\n"

// help is what the program can do.
func help() string {
	rows := [][]string{}
	for _, c := range commands() {
		rows = append(rows, []string{"  " + c.name, c.brief})
	}
	return "usage: usernsctl COMMAND [WORD]... [OPTION]...\n\n" + columns(rows) + "\n" +
		wrap("usernsctl help COMMAND says more about one, usernsctl(8) about all. --json answers programs, --version prints the version.", "") +
		"\nRoot sees more: other users' processes, and the slots in which quotas are kept.\n"
}

// explainCommand is the command help.
func (a asker) explainCommand(words []string) int {
	switch len(words) {
	case 0:
		return a.say([]byte(help()), fine)
	case 1:
		if c, known := commandOf(words[0]); known {
			return a.say([]byte(c.help()), fine)
		}
		return a.wrong(quote(words[0]) + " is not a command" + meant(words[0], names(commands())))
	}
	return a.wrong("help takes one command")
}
