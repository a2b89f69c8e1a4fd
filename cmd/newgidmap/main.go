// Command newgidmap sets the gid map of a user namespace to ids that were granted to its caller, newgidmap(1).
package main

import (
	"os"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/newidmap"
)

// The program is an init function, since these run on the thread with which the process began and on no other: see
// privilege.InInit.
func init() { os.Exit(newidmap.Run(idmap.GID, os.Args)) }

func main() {}
