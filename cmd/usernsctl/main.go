// Command usernsctl shows administrators what users were granted, and what is wrong with it, usernsctl(8).
package main

import (
	"os"

	"userns-helpers/internal/kernel/entry"
	"userns-helpers/internal/usernsctl"
)

func main() { os.Exit(usernsctl.Run(os.Args, entry.Output(os.Stdout, 1), os.Stderr)) }
