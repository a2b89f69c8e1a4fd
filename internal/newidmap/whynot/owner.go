package whynot

import (
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// foreign is about a process that is not the user's, or a user with another group than theirs.
func (l Looks) foreign(e *idmap.Foreign) verdict.Verdict {
	seen := ownerFacts{procGID: -1}
	if l.Allowed && l.Process != nil {
		seen = observeOwner(l.Process)
	}
	v := explainOwner(e, seen)
	v.Refused, v.Headline = true, ownerHeadline(e)
	return v
}

// ownerHeadline is the line that callers' tests look for. pw_uid is what was looked up, so it equals uid.
func ownerHeadline(e *idmap.Foreign) string {
	return "Target process is owned by a different user: uid:" + decimal(e.User.UID) + " pw_uid:" + decimal(e.User.UID) +
		" st_uid:" + decimal(e.Owner.UID) + ", gid:" + decimal(e.User.GID) + " pw_gid:" + decimal(e.User.Groups[0]) +
		" st_gid:" + decimal(e.Owner.GID)
}

// ownerFacts is what can be seen of a process that has another owner.
type ownerFacts struct {
	known     bool        // the ids of the process could be read
	real, eff idmap.Owner // its real and effective ids, from its status file
	procGID   int64       // gid= of the procfs on /proc, -1 if there is none
}

// explainOwner says why the owners differ, and what to do about it.
func explainOwner(e *idmap.Foreign, f ownerFacts) verdict.Verdict {
	switch e.ID() {
	case idmap.OtherUser:
		return explainUser(e, f)
	case idmap.GroupChanged:
		return verdict.Verdict{
			Advice: "your group is " + decimal(e.User.GID) + " (newgrp, sg or a setgid program changed it), and in " + paths.Passwd() + " it is " +
				decimal(e.User.Groups[0]) + ": start again from a new login, or have GRANT_AUX_GROUP_SUBIDS set to yes in " + paths.LoginDefs(),
		}
	}
	group := decimal(e.Owner.GID)
	switch {
	case f.procGID == int64(e.Owner.GID) && !(f.known && f.eff.GID == e.Owner.GID):
		return verdict.Verdict{ID: procGroup, Advice: "/proc is mounted with gid=" + group +
			" (the group of hidepid), which this kernel gives to all processes on it: have /proc mounted without gid="}
	case f.known && f.real.GID == e.User.GID && f.eff.GID != e.User.GID:
		return verdict.Verdict{ID: ranSetuid, Advice: "the process ran a setgid program, so its group is " + group + " and yours is " + decimal(e.User.GID)}
	}
	return verdict.Verdict{Advice: "the process runs with the group " + group + " and you with " + decimal(e.User.GID) +
		": one of you was started through newgrp, sg or a setgid program; start both from the same shell"}
}

// explainUser is explainOwner where the users differ.
func explainUser(e *idmap.Foreign, f ownerFacts) verdict.Verdict {
	user := decimal(e.Owner.UID)
	switch {
	case f.known && f.eff.UID == e.User.UID:
		return verdict.Verdict{ID: notDumpable, Advice: "the process is yours, but the kernel gives it to user " + user +
			" because it is not dumpable: it gave up prctl(PR_SET_DUMPABLE), or its executable cannot be read by you"}
	case f.known && f.real.UID == e.User.UID:
		return verdict.Verdict{ID: ranSetuid, Advice: "you started the process, but it ran a setuid program and runs as user " + user + " now"}
	}
	return verdict.Verdict{Advice: "the process belongs to user " + user + " and you are user " + decimal(e.User.UID) +
		": call this program as the user who started the process"}
}
