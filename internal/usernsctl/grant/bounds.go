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
	return setting{"/etc/systemd/system/user-" + decimal(uint64(p.uid)) + ".slice.d/50-userns-helpers.conf", append([]string{"[Slice]"}, b.Settings()...)}
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
		r.paste("/etc/security/limits.conf", asked.PAM(p.name)...)
		r.remark("systemd does not run here: pam_limits(8) sets limits at the next login, of memory for each process on its own, and of processors none.")
		return nil
	}
	changed, err := put(r, p.name, j.order.DryRun, sliceOf(p, asked))
	if err != nil || j.order.DryRun {
		return err
	}
	if changed {
		if err := tell("systemctl", "daemon-reload"); err != nil {
			return err
		}
	}
	r.settled(asked, p)
	return nil
}

// settling is how long systemd may take to tell the kernel, after it has read its settings.
const settling = 3 * time.Second

// settled reads back what bounds the user's sessions.
func (r *Report) settled(asked limits.Bounds, p person) {
	tree := limits.Here()
	end := time.Now().Add(settling)
	live, there := tree.Slice(p.uid)
	for there && !live.Holds(asked) && time.Now().Before(end) {
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
		r.remark("Of what was asked for, the cgroups of " + p.name + " have now: " + live.Text() + ". For the rest this kernel or systemd has no controller here.")
	}
	r.Limits.Live = &live
}

// unbound takes a user's limits away.
func (w Withdrawal) unbound(p person, r *Report) error {
	gone, err := removed(r, p.name, w.DryRun, sliceOf(p, limits.Bounds{}).file)
	if !gone || err != nil || w.DryRun || !hasSystemd() {
		return err
	}
	return tell("systemctl", "daemon-reload")
}
