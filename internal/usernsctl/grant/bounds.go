package grant

import (
	"time"

	"userns-helpers/internal/account"
	"userns-helpers/internal/usernsctl/limits"
)

// Bounds are what was asked for to bound a user, and what holds.
type Bounds struct {
	Asked limits.Bounds  `json:"asked"`
	Live  *limits.Bounds `json:"live,omitempty"` // of the user's sessions, by their cgroups; nil where there are none
}

// hasSystemd reports whether systemd runs here, as sd_booted(3) does.
func hasSystemd() bool { return account.Present("/run/systemd/system") }

// sliceOf is the drop-in for the sessions of a user.
func sliceOf(p person, b limits.Bounds) setting {
	return setting{"/etc/systemd/system/" + sliceName(p) + ".d/50-userns-helpers.conf", append([]string{"[Slice]"}, b.Settings()...)}
}

// mayBound refuses bounds that would not be the user's.
func mayBound(b limits.Bounds, p person) error {
	switch {
	case b.None():
		return nil
	case p.uid == 0:
		return &Refusal{"limits-root", "root's sessions are not limited", "Who has to repair a host must not be bounded: set the limits of the containers themselves."}
	case !hasSystemd():
		return nil
	}
	return foreign(sliceOf(p, b))
}

// bound limits what a user's processes can take, and says what holds then.
func (j *job) bound(r *Report) error {
	asked := j.order.Limits
	if asked.None() {
		return nil
	}
	p := j.people[0] // limits are for one
	r.Limits = &Bounds{Asked: asked}
	if !hasSystemd() {
		r.paste("/etc/security/limits.conf", asked.PAM(p.name, p.uid)...)
		r.remark("systemd does not run here: pam_limits(8) sets limits at the next login, of memory for each process on its own, and of processors none.")
		return nil
	}
	changed, err := put(r, p.name, j.order.DryRun, sliceOf(p, asked))
	if err != nil || j.order.DryRun {
		return err
	}
	if changed {
		if err := reload(p); err != nil {
			return err
		}
	}
	r.settled(asked, p, changed)
	return nil
}

// reload has systemd read the settings of a user's sessions, and obey them. From version 256 on it reads those of a slice that
// lives, and tells the kernel when something in the slice starts: so something does. Where that fails, what holds is read back
// all the same.
func reload(p person) error {
	err := tell("systemctl", "daemon-reload")
	if _, there := limits.Here().Slice(p.uid); err == nil && there {
		_ = tell("systemd-run", "--quiet", "--collect", "--wait", "--slice="+sliceName(p), "true")
	}
	return err
}

// sliceName is the unit of systemd's that a user's sessions are in.
func sliceName(p person) string { return "user-" + decimal(uint64(p.uid)) + ".slice" }

// settling is how long systemd may take to tell the kernel, after it has read its settings.
const settling = 3 * time.Second

// settled reads back what bounds the user's sessions: where systemd was just told, not before it is what was asked for, or
// time is up. What was there before may be tighter.
func (r *Report) settled(asked limits.Bounds, p person, told bool) {
	tree := limits.Here()
	end := time.Now().Add(settling)
	live, there := tree.Slice(p.uid)
	for there && told && !tree.Set(p.uid, asked) && time.Now().Before(end) {
		time.Sleep(20 * time.Millisecond)
		live, there = tree.Slice(p.uid)
	}
	switch {
	case !there:
		r.remark(p.name + " has no session now: the limits hold from the next login on.")
		return
	case live.Holds(asked):
		r.remark("What holds for the sessions of " + p.name + " now: " + live.Text() + ".")
	default:
		r.remark("Of what was asked for, the cgroups of " + p.name + " have now: " + live.Text() + ". The rest holds from the next login on, if systemd has the controller here.")
	}
	r.Limits.Live = &live
}

// unbound takes a user's limits away.
func (w Withdrawal) unbound(p person, r *Report) error {
	gone, err := removed(r, p.name, w.DryRun, sliceOf(p, limits.Bounds{}).file)
	if !gone || err != nil || w.DryRun || !hasSystemd() {
		return err
	}
	return reload(p)
}
