// Command nothing does nothing, but is linked as newuidmap is: with the entry point, and with the one module that it
// has. What a run of it costs no code of newuidmap's can save.
package main

import (
	_ "golang.org/x/sys/unix"

	_ "userns-helpers/internal/kernel/entry"
)

func main() {}
