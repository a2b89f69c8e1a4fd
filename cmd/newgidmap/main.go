// Command newgidmap sets the gid map of a user namespace to ids that were granted to its caller, newgidmap(1).
package main

import (
	"os"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/newidmap"
)

func main() { os.Exit(newidmap.Run(idmap.GID, os.Args)) }
