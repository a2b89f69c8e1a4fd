package newidmap

import (
	"slices"

	"userns-helpers/internal/kernel/audit"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// owner is whose a process is, as the owner of /proc/PID: its effective ids.
type owner struct{ uid, gid uint32 }

// checkOwner refuses a process that is not the caller's. The reasons are looked for after all privilege but that of writing a record is gone.
func (p program) checkOwner(caller privilege.Caller, u user, process *target.Process) error {
	var st owner
	st.uid, st.gid = process.Owner()
	if owns(u, st) {
		return nil
	}
	advice := "the process has other owners than you have"
	if caller.Narrow(privilege.Of(audit.Capability)) == nil {
		advice = explainOwner(u, st, observeOwner(process))
	}
	return &verdict.Refusal{Headline: ownerHeadline(u, st), Advice: advice}
}

// owns decides whether a process of st may be acted on by u: its user is the caller's, its group is the caller's real
// one, and that is the one in the user database unless GRANT_AUX_GROUP_SUBIDS is set. The kernel checks neither group.
func owns(u user, st owner) bool {
	return st.uid == u.uid && st.gid == u.gid && primary(u)
}

// primary reports whether the caller's real group is one that he may act with.
func primary(u user) bool {
	return u.defs.GrantAuxGroupSubids || slices.Contains(u.groups, u.gid)
}

// ownerHeadline is the line that callers' tests look for. pw_uid is what was looked up, so it equals uid.
func ownerHeadline(u user, st owner) string {
	return "Target process is owned by a different user: uid:" + decimal(u.uid) + " pw_uid:" + decimal(u.uid) +
		" st_uid:" + decimal(st.uid) + ", gid:" + decimal(u.gid) + " pw_gid:" + decimal(u.groups[0]) +
		" st_gid:" + decimal(st.gid)
}

// ownerFacts is what can be seen of a process that has another owner.
type ownerFacts struct {
	known     bool  // the ids of the process could be read
	real, eff owner // its real and effective ids, from its status file
	procGID   int64 // gid= of the procfs on /proc, -1 if there is none
}

// explainOwner says why the owners differ, and what to do about it.
func explainOwner(u user, st owner, f ownerFacts) string {
	switch {
	case st.uid != u.uid:
		return explainUser(u, st, f)
	case !primary(u):
		return "your group is " + decimal(u.gid) + " (newgrp, sg or a setgid program changed it), and in " + paths.Passwd() + " it is " +
			decimal(u.groups[0]) + ": start again from a new login, or have GRANT_AUX_GROUP_SUBIDS set to yes in " + paths.LoginDefs()
	case f.procGID == int64(st.gid) && !(f.known && f.eff.gid == st.gid):
		return "/proc is mounted with gid=" + decimal(st.gid) + " (the group of hidepid), which this kernel gives to all " +
			"processes on it: have /proc mounted without gid="
	case f.known && f.real.gid == u.gid && f.eff.gid != u.gid:
		return "the process ran a setgid program, so its group is " + decimal(st.gid) + " and yours is " + decimal(u.gid)
	}
	return "the process runs with the group " + decimal(st.gid) + " and you with " + decimal(u.gid) +
		": one of you was started through newgrp, sg or a setgid program; start both from the same shell"
}

// explainUser is explainOwner where the users differ.
func explainUser(u user, st owner, f ownerFacts) string {
	switch {
	case f.known && f.eff.uid == u.uid:
		return "the process is yours, but the kernel gives it to user " + decimal(st.uid) +
			" because it is not dumpable: it gave up prctl(PR_SET_DUMPABLE), or its executable cannot be read by you"
	case f.known && f.real.uid == u.uid:
		return "you started the process, but it ran a setuid program and runs as user " + decimal(st.uid) + " now"
	}
	return "the process belongs to user " + decimal(st.uid) + " and you are user " + decimal(u.uid) +
		": call this program as the user who started the process"
}
