// Command usernsctl shows administrators what users were granted, and what is wrong with it, usernsctl(8).
package main

import (
	"os"

	_ "userns-helpers/internal/kernel/entry" // the entry point only: there is no privilege to protect
	"userns-helpers/internal/usernsctl"
)

func main() { os.Exit(usernsctl.Run(os.Args, os.Stdout, os.Stderr)) }
