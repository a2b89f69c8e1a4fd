// Command newgidmap is cmd/newgidmap with its statements counted, for hack/coverage.
package main

import (
	"os"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/newidmap"
	"userns-helpers/test/coverage/counters"
)

func main() { counters.Exit(newidmap.Run(idmap.GID, os.Args)) }
