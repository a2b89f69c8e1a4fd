// Package source gathers what this machine says about a user: the account, which subordinate ids were granted, and which
// ids are never mapped. Who says what is granted it chooses by the line subid: of nsswitch.conf(5).
//
// It promises that exactly one source is asked for grants: where a directory is chosen, the files grant nothing, whatever
// becomes of the directory; and that a range of a directory is one of ids that exist. It trusts the files, which only
// root can have written, and SSSD, see package unixsock. What the facts are worth idmap.Decide says. Programs without
// privilege use it to explain the same decision.
package source

import (
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/account/nsswitch"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/text/paths"
)

// Machine is how the sources of this machine are reached.
type Machine struct {
	accounts  account.Directory
	open      account.Opener
	rights    func(func() error) error // the rights with which a daemon is spoken to
	of        privilege.Standing       // of whom files decide about
	forbidden string                   // path of forbidden-host-ids(5)
}

// For is the machine as a privileged program reaches it: files must be trusted, and SSSD is spoken to with the caller's
// effective ids.
func For(caller privilege.Caller, of privilege.Standing) Machine {
	return Machine{account.For(caller, of), account.Trusted(of), caller.Do, of, paths.Forbidden()}
}

// Unprivileged is the machine as a program without privilege reaches it, to report; open opens files.
func Unprivileged(open account.Opener) Machine {
	return Machine{account.Unprivileged(open), open, func(f func() error) error { return f() }, privilege.Reporter(), paths.Forbidden()}
}

// Supposed is the machine as a program without privilege reaches it, to report of somebody of that standing.
func Supposed(of privilege.Standing) Machine {
	m := Unprivileged(account.Trusted(of))
	m.of = of
	return m
}

// Source is who says which ids are granted.
type Source struct {
	Name  string   // "/etc/subuid", "SSSD"
	Word  string   // the first word after subid:, "" if there is none
	SSSD  bool     // SSSD, or else the file Name
	Notes []string // what shadow prints on standard error when it falls back to the files, each a line
}

// ModuleError says that subid: names a module that is installed and that this program cannot load.
type ModuleError struct{ Word, Path string }

// Error names the word and the module.
func (e *ModuleError) Error() string {
	return paths.Nsswitch() + " has subid: " + e.Word + ", and " + e.Path + " is a module that only shadow's programs can load"
}

// Choose returns the source for this machine; file is the path of subuid(5) or subgid(5).
//
// Errors: *account.SwitchError, *ModuleError.
func (m Machine) Choose(file string) (Source, error) {
	source := Source{Name: file}
	config, err := account.ReadSwitch(m.open)
	if err != nil {
		return Source{}, err
	}
	source.Word = config.Subid
	if source.Word == "" || source.Word == nsswitch.Files {
		return source, nil
	}
	module := moduleOf(source.Word)
	switch path := find(module); {
	case source.Word == nsswitch.SSS && (path != "" || account.Present(paths.SSSDPipes())):
		source.Name, source.SSSD = "SSSD", true
	case path != "":
		return Source{}, &ModuleError{source.Word, path}
	default:
		source.Notes = missing(source.Word, module)
	}
	return source, nil
}

// longestWord is the longest word that shadow takes for a module.
const longestWord = 50

// missing is what shadow says of a module that it cannot load, before it uses the files.
func missing(word, module string) []string {
	const files = "Using files"
	if len(word) > longestWord {
		return []string{"Subid NSS module name too long (longer than 50 characters): " + word, files}
	}
	return []string{"Error opening " + module + ": " + module + ": cannot open shared object file: No such file or directory", files}
}

// moduleOf is the file name of a module.
func moduleOf(word string) string { return "libsubid_" + word + ".so" }

// find returns the path of a module, "" if it is not installed.
func find(module string) string {
	if strings.Contains(module, "/") || len(module) > unix.NAME_MAX {
		return ""
	}
	for folder := range strings.SplitSeq(paths.Libraries(), ":") {
		if path := folder + "/" + module; account.Present(path) {
			return path
		}
	}
	return ""
}
