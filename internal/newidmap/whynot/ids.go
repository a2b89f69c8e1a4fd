package whynot

import (
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/subid/source"
	"userns-helpers/internal/text/verdict"
)

// IDs are the names of all reasons, in the order of DIAGNOSTICS in newuidmap(1).
func IDs() []verdict.ID {
	return []verdict.ID{
		idmap.NoProcess, idmap.BadProcess, "fd-not-open", "fd-not-passed", "fd-not-process", "fd-other-proc",
		idmap.NoRange, idmap.NotTriples, idmap.NotANumber, idmap.OutOfBounds,
		"process-gone", "process-hidden", "no-proc", "process-elsewhere", "old-kernel", "process-closed",
		source.NoAccount, source.AccountUnknown, source.LoginDefs,
		idmap.OtherUser, idmap.GroupChanged, idmap.OtherGroup, ranSetuid, procGroup, notDumpable,
		source.SwitchUnreadable, source.ForeignModule, source.DirectorySilent, noGrantsFile, source.GrantsUnreadable, grantsDistrust,
		idmap.NoGrant, idmap.GrantsOff, idmap.Forbid, idmap.ForbiddenUnknown,
		idmap.TooManyRanges, idmap.TooLong, idmap.Overlap,
		filesClosed, procHides, procReadOnly, noUserNS, openRefused, setgroupsStay,
		sameNamespace, alreadyMapped, notChild, otherMaker, noPrivilege, noSetfcap, outside, mapRefused, writeRefused,
		environment, noCapabilities, stepRefused,
	}
}
