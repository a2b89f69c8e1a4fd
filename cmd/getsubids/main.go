// Command getsubids lists the subordinate ids of a user, getsubids(1).
package main

import (
	"os"

	_ "userns-helpers/internal/entry" // the entry point only: there is no privilege to protect
	"userns-helpers/internal/getsubids"
)

func main() { os.Exit(getsubids.Run(os.Args, os.Stdout, os.Stderr)) }
