// Package getsubids is the program getsubids(1): it lists the subordinate ids of a user.
//
// It promises the output of the original byte for byte, since kubelet and rootlesskit parse it, for each line that
// grants something. It has no privilege and gives none, so it trusts nothing: files are listed whoever may write them,
// in a user namespace too, where root's files seem to be nobody's. The programs that do grant look at that. It asks the
// same daemons as they do; getent, where nsswitch.conf asks for it, it executes as the user who ran it.
package getsubids

import (
	"bufio"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/subid/slips"
	"userns-helpers/internal/subid/source"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

const usage = "Usage: getsubids [-g] user\n" +
	"    list subuid ranges for user\n" +
	"    pass -g to list subgid ranges\n"

// request is what the command line asks for.
type request struct {
	user string
	kind idmap.Kind
	file string // path
}

// Run is the program, from argv to the exit status: 0 if ranges were listed, otherwise 1.
func Run(argv []string, stdout, stderr io.Writer) int {
	return run(argv, open, stdout, stderr)
}

// open opens a file that anybody may have written. A FIFO in its place is empty rather than waited for.
func open(path string) (io.ReadCloser, error) {
	return os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
}

func run(argv []string, open account.Opener, stdout, stderr io.Writer) int {
	asked, ok := parse(argv)
	if !ok {
		_, _ = io.WriteString(stderr, usage)
		return 1
	}
	out := bufio.NewWriter(stdout)
	source, listed, err := list(asked, open, out, stderr)
	unwritten := out.Flush()
	switch {
	case err != nil || !listed:
		_, _ = io.WriteString(stderr, "Error fetching ranges\n")
		if err == nil && !source.SSSD {
			_, _ = stderr.Write(remark(asked, open))
		}
		return 1
	case unwritten != nil:
		_, _ = io.WriteString(stderr, "Error writing ranges\n")
		return 1
	}
	return 0
}

// parse reads the command line as the original does, in which nothing but "-g USER" is an option: further arguments
// are ignored, and any other first argument is a user.
func parse(argv []string) (request, bool) {
	switch {
	case len(argv) < 2, len(argv) == 2 && argv[1] == "-h":
		return request{}, false
	case len(argv) == 3 && argv[1] == "-g":
		return request{argv[2], idmap.GID, paths.Subgid()}, true
	}
	return request{argv[1], idmap.UID, paths.Subuid()}, true
}

// list prints the ranges of the source that nsswitch.conf(5) names, in its order, and tells which that is and whether there
// was a range. What was printed in front of a failure stays.
func list(asked request, open account.Opener, out *bufio.Writer, stderr io.Writer) (chosen source.Source, listed bool, err error) {
	machine := source.Unprivileged(open)
	chosen, err = machine.Choose(asked.file)
	if err != nil {
		return chosen, false, err
	}
	for _, note := range chosen.Notes {
		_, _ = io.WriteString(stderr, note+"\n")
	}
	index := 0
	each := func(ids idmap.Range) {
		_, _ = out.Write(appendRow(out.AvailableBuffer(), index, asked.user, ids)) // Flush returns the error
		index++
	}
	if chosen.SSSD {
		err = fromDirectory(machine, asked, each)
	} else {
		err = fromFile(asked, open, each)
	}
	return chosen, index > 0, err
}

// remark is a line about the lines of the file that mean the user and are of no use; empty if there is none.
func remark(asked request, open account.Opener) []byte {
	file, err := open(asked.file)
	if err != nil {
		return nil
	}
	defer file.Close()
	found, _ := slips.Find(file, meant(asked.user, account.Unprivileged(open)))
	if found.Many == 0 {
		return nil
	}
	return verdict.Verdict{Advice: asked.file + " has no range for " + asked.user + ": " + found.Describe()}.Text("getsubids", "")
}

// fromDirectory asks SSSD for the user by the name that was given, as the original does, be it a number.
func fromDirectory(machine source.Machine, asked request, each func(idmap.Range)) error {
	answer, err := machine.Named(asked.user, asked.kind)
	for _, ids := range answer.Ranges {
		each(ids)
	}
	return err
}

// fromFile reads the file.
func fromFile(asked request, open account.Opener, each func(idmap.Range)) error {
	file, err := open(asked.file)
	if err != nil {
		return err
	}
	defer file.Close()
	who := owner(asked.user, account.Unprivileged(open))
	return subid.List(file, who, func(row idmap.Row) { each(row.Range) })
}

// owner adds the user id to a name that the user database knows. A number is a user id and nothing else.
func owner(name string, users account.Directory) subid.Owner {
	if subid.IsUID(name) {
		return subid.OwnerNamed(name)
	}
	user, err := users.User(name)
	if err != nil {
		return subid.OwnerNamed(name) // a line may name a user who is gone
	}
	return subid.OwnerOf(user.ID, user.Name)
}

// meant is owner, for lines that seem to be written for them.
func meant(name string, users account.Directory) slips.Owner {
	if user, err := users.User(name); err == nil && !subid.IsUID(name) {
		return slips.Of(user.ID, user.Name)
	}
	return slips.Named(name)
}

// appendRow appends "INDEX: USER START COUNT\n" to text.
func appendRow(text []byte, index int, user string, ids idmap.Range) []byte {
	text = strconv.AppendInt(text, int64(index), 10)
	text = append(append(append(text, ": "...), user...), ' ')
	text = strconv.AppendUint(text, ids.Start(), 10)
	text = strconv.AppendUint(append(text, ' '), ids.Count(), 10)
	return append(text, '\n')
}
