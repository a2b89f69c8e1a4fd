package harness

import (
	"flag"
	"fmt"
	"os"
)

// Private refuses anything but a private copy of the machine (test/privatehost); script is what makes one and calls.
func Private(script string) error {
	name, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("the name of this machine: %w", err)
	}
	if name != "privatehost" {
		return fmt.Errorf("%q is not a private copy of the machine: use %s", name, script)
	}
	return nil
}

// Suite runs the tests of m on the private copy of the machine that script made, after prepare, which makes on it what
// they need; flags that are needed have to be set. It ends the process, with status 2 if there was nothing to run on.
func Suite(m interface{ Run() int }, script string, prepare func() error, needed ...*string) {
	Main()
	flag.Parse()
	if err := furnished(script, prepare, needed); err != nil {
		fmt.Fprintln(os.Stderr, script+":", err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

func furnished(script string, prepare func() error, needed []*string) error {
	if err := Private(script); err != nil {
		return err
	}
	for _, value := range needed {
		if *value == "" {
			return fmt.Errorf("a flag is missing: use %s", script)
		}
	}
	return prepare()
}
