// Command userns-helperd does for users what newuidmap, newgidmap and lxc-user-nic cannot do, where these have no privilege:
// userns-helperd(8).
package main

import (
	"os"

	"userns-helpers/internal/service"
)

func main() { os.Exit(service.Run(os.Args)) }
