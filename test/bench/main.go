// Command bench measures whole runs of newuidmap, newgidmap, lxc-user-nic and of containers, on Debian's programs and on
// ours, and describes what came out.
//
//	bench measure -ours DIRECTORY [-beside DIRECTORY] [-only PART] [-quick]     on a private copy of the machine, as root; prints JSON
//	bench render -to DIRECTORY <RESULT         writes the table and the plots
//	bench check <RESULT                     compares with the targets; exit status 1 if one is missed
//
// Each row of the table is one pair of programs that do the same work, called in pairs of a random order, so that whatever
// else the machine does meets both alike: no third program runs between them. hack/bench does all of it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"userns-helpers/test/blackbox/harness"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) == 0 {
		return fmt.Errorf("usage: bench measure|render|check")
	}
	if arguments[0] == "busy" {
		for { // one of ours, for the rows that are measured beside a busy process; they kill it
			_ = os.Getppid()
		}
	}
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	ours := flags.String("ours", "", "the directory into which our programs were installed with make install DESTDIR=")
	beside := flags.String("beside", "", "a directory of other programs of ours, in the place of Debian's")
	quick := flags.Bool("quick", false, "a tenth of the runs")
	only := flags.String("only", "", "a part: floor, maps, directory, nics, crowds, containers")
	to := flags.String("to", "", "the directory for the table and the plots")
	if err := flags.Parse(arguments[1:]); err != nil {
		return err
	}
	if arguments[0] == "measure" {
		return measure(bench{ours: *ours, beside: *beside, quick: *quick}, *only)
	}
	var result Result
	if err := json.NewDecoder(os.Stdin).Decode(&result); err != nil {
		return err
	}
	switch arguments[0] {
	case "render":
		return render(result, *to)
	case "check":
		return check(result)
	}
	return fmt.Errorf("unknown command %q", arguments[0])
}

// measure takes all measurements and prints them.
func measure(b bench, only string) error {
	if err := harness.Private("hack/bench"); err != nil {
		return err
	}
	machine, err := describe(b.quick)
	if err != nil {
		return err
	}
	b.result.Machine = machine
	if err := b.prepare(); err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"floor", b.floor},
		{"maps", b.maps},
		{"directory", b.directory},
		{"nics", b.nics},
		{"crowds", b.crowds},
		{"containers", b.containers},
	} {
		if only != "" && only != part.name {
			continue
		}
		if err := part.run(); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(b.result)
}

// bench is the work in progress.
type bench struct {
	ours   string // directory
	beside string // another one, or Debian's
	quick  bool
	result Result
	user   user
}

// runs is how often each program of a row is called: n, or a tenth.
func (b *bench) runs(n int) int {
	if b.quick {
		return max(n/10, 3)
	}
	return n
}

// row measures a row and keeps it.
func (b *bench) row(r row) error {
	fmt.Fprintf(os.Stderr, "bench: %s\n", r.Name)
	measured, err := r.measure()
	if err != nil {
		return fmt.Errorf("%s: %w", r.Name, err)
	}
	b.result.Rows = append(b.result.Rows, measured)
	return nil
}
