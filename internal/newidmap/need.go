package newidmap

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/whynot/install"
)

// need is what the program has to be given to write maps: the setuid bit, or this file capability.
func need(kind idmap.Kind) install.Need {
	capability := uint(unix.CAP_SETUID)
	if kind == idmap.GID {
		capability = unix.CAP_SETGID
	}
	return install.Need{Program: kind.Program(), Capability: capability, Name: "cap_set" + kind.Word()}
}
