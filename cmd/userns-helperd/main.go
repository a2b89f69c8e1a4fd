// Command userns-helperd writes the ID maps of user namespaces for callers whose newuidmap and newgidmap have no privilege,
// userns-helperd(8).
package main

import (
	"os"

	"userns-helpers/internal/service"
)

func main() { os.Exit(service.Run(os.Args)) }
