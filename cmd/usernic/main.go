// Lxc-user-nic makes and deletes network interfaces for containers of ordinary users, lxc-user-nic(1).
package main

import (
	"os"

	"userns-helpers/internal/usernic"
)

// The program is an init function, since these run on the thread with which the process began and on no other: see
// privilege.InInit.
func init() { os.Exit(usernic.Run(os.Args)) }

func main() {}
