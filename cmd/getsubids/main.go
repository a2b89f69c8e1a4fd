// Command getsubids lists the subordinate ids of a user, getsubids(1).
package main

import (
	"os"

	"userns-helpers/internal/getsubids"
	_ "userns-helpers/internal/kernel/entry" // the entry point only: there is no privilege to protect
)

func main() { os.Exit(getsubids.Run(os.Args, os.Stdout, os.Stderr)) }
