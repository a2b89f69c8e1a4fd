package whynot

import (
	"errors"
	"strings"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/addresses"
	"userns-helpers/internal/netquota/pool"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernic/plan"
)

// stopOne is what to do where there is no room.
const stopOne = "; stop a container or ask for a higher limit; an interface that stays when no container runs is deleted with: " +
	"ip link delete NAME"

// noRoom says what is full, and of which interfaces.
func noRoom(e *plan.NoRoom) (headline, advice string) {
	var full *netquota.OverQuota
	var limit *netquota.OverLimit
	var pace *netquota.RateLimited
	switch {
	case errors.As(e.Err, &limit):
		return limitReached(e, limit)
	case errors.As(e.Err, &pace):
		return rateLimited(e, pace)
	case errors.As(e.Err, &full):
	}
	return overQuota(full)
}

func overQuota(full *netquota.OverQuota) (headline, advice string) {
	var all []string
	for i, c := range full.Allotments {
		text := c.Owner + " already has " + ofMost(c.Quota) + " on " + c.Place.Bridge + " (" + paths.Usernet() + " line " + decimal(c.Line) + ")"
		if i < len(full.InUse) {
			text += held(full.InUse[i])
		}
		all = append(all, text)
	}
	return "Quota reached", strings.Join(all, ", ") + stopOne
}

func limitReached(e *plan.NoRoom, limit *netquota.OverLimit) (headline, advice string) {
	advice = e.User + " already has " + ofMost(limit.Most)
	if limit.OfMember() {
		return "Share of " + limit.Allotment.Owner + " reached", advice + " that are charged to " + limit.Allotment.Owner + " on " + e.Bridge +
			" (" + at(e.Line) + ", nics_per_group_member)" + held(limit.InUse) + stopOne
	}
	return "Limit of the user reached", advice + ", on all bridges together (" + at(e.Line) + ", nics_per_user)" + held(limit.InUse) + stopOne
}

func rateLimited(e *plan.NoRoom, pace *netquota.RateLimited) (headline, advice string) {
	const reached = "Rate limit exceeded"
	where := " (" + at(e.Line) + ", creates_per_minute)"
	if pace.Wait == 0 {
		return reached, "none may be made" + where
	}
	return reached, decimal(pace.Most) + " were begun for " + e.User + " within 60 seconds" + where + "; try again in " + decimal(pace.Wait) +
		" seconds"
}

// ofMost is a limit that is reached.
func ofMost(most uint64) string { return decimal(most) + " of " + decimal(most) + " interfaces" }

// held are the interfaces that take up the room.
func held(by netquota.InUse) string {
	if len(by.Names) == 0 {
		return ""
	}
	return ": " + strings.Join(by.Names, ", ") + andMore(by.More)
}

// noAddress says why there is no IP address for an interface.
func noAddress(e *plan.NoAddress) (headline, advice string) {
	var taken *pool.Taken
	var full *pool.Exhausted
	switch {
	case errors.As(e.Err, &taken) && taken.Bridge:
		return "The address " + taken.Address.String() + " is taken", "the bridge " + quoted(e.Bridge) + " has it, or it is not a host's on its network; it is " +
			"fixed for this interface (" + at(e.Line) + ", address)"
	case errors.As(e.Err, &taken):
		return "The address " + taken.Address.String() + " is taken", "a living interface on " + quoted(e.Bridge) + " has it; it is fixed for this one (" + at(e.Line) +
			", address), and each has one of its own: stop the other container, or fix an address for each container"
	case errors.As(e.Err, &full):
	}
	var pools []string
	for _, p := range e.Pools {
		if p.Addr().Is4() {
			pools = append(pools, p.String())
		}
	}
	advice = "on " + quoted(e.Bridge) + " addresses are taken from " + strings.Join(pools, ", ") + " (" + at(e.Line) + ", addresses)"
	if full.Leased > 0 {
		advice += "; containers that had " + decimal(full.Leased) + " of them have ended, which are free " + decimal(addresses.Lease/60) + " minutes later"
	}
	return "No free IP address: " + decimal(full.InUse) + " of " + decimal(full.Of) + " in use", advice + "; stop a container, or make the pools larger"
}
