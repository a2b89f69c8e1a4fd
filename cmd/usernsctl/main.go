// Command usernsctl grants IDs and interfaces, and shows administrators what is wrong with grants, usernsctl(8).
package main

import (
	"os"

	"userns-helpers/internal/kernel/entry"
	"userns-helpers/internal/usernsctl"
)

func main() { os.Exit(usernsctl.Run(os.Args, entry.Output(os.Stdout, 1), os.Stderr)) }
