// Command usernic is cmd/usernic with its statements counted, for hack/coverage.
package main

import (
	"os"

	"userns-helpers/internal/usernic"
	"userns-helpers/test/coverage/counters"
)

func main() { counters.Exit(usernic.Run(os.Args)) }
