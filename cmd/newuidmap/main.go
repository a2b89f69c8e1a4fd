// Command newuidmap sets the uid map of a user namespace to ids that were granted to its caller, newuidmap(1).
package main

import (
	"os"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/newidmap"
)

func main() { os.Exit(newidmap.Run(idmap.UID, os.Args)) }
