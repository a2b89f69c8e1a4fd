// Command getsubids lists the subordinate ids of a user, getsubids(1).
package main

import (
	"os"

	"userns-helpers/internal/getsubids"
	"userns-helpers/internal/kernel/entry"
)

func main() { os.Exit(getsubids.Run(os.Args, entry.Output(os.Stdout, 1), os.Stderr)) }
