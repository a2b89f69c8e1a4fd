// Lxc-user-nic makes and deletes network interfaces for containers of ordinary users, lxc-user-nic(1).
package main

import (
	"os"

	"userns-helpers/internal/usernic"
)

func main() { os.Exit(usernic.Run(os.Args)) }
