// Command newuidmap sets the uid map of a user namespace to ids that were granted to its caller, newuidmap(1).
package main

import (
	"os"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/newidmap"
)

// The program is an init function, since these run on the thread with which the process began and on no other: see
// privilege.InInit.
func init() { os.Exit(newidmap.Run(idmap.UID, os.Args)) }

func main() {}
