// Command newuidmap is cmd/newuidmap with its statements counted, for hack/coverage.
package main

import (
	"os"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/newidmap"
	"userns-helpers/test/coverage/counters"
)

func main() { counters.Exit(newidmap.Run(idmap.UID, os.Args)) }
