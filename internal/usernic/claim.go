package usernic

import (
	"errors"
	"strconv"
	"strings"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/slots"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/paths"
)

// claim takes a slot for the interface, of a charge and of each limit, and counts it as begun.
func claim(book *slots.Book, who netquota.Account, charges []netquota.Allotment, t terms, links kernel) (*slots.Claim, error) {
	limits := netquota.Limits{User: netLimit(t.limits.NicsPerUser), Member: netLimit(t.limits.NicsPerGroupMember)}
	c, err := book.Claim(who, charges, limits, links)
	if err == nil {
		err = book.Begin(who.UID, netLimit(t.limits.CreatesPerMinute))
		if err != nil {
			err = errors.Join(err, c.Abandon())
		}
	}
	if err != nil {
		return nil, t.notClaimed(who, err)
	}
	return c, nil
}

// netLimit is a limit of the policy as package netquota has it.
func netLimit(l nics.Limit) netquota.Limit { return netquota.Limit{Set: l.Set, Most: l.Most} }

// notClaimed says why no slot was taken.
func (t terms) notClaimed(who netquota.Account, err error) error {
	var full *netquota.OverQuota
	var limit *netquota.OverLimit
	var pace *netquota.RateLimited
	switch {
	case errors.As(err, &full):
		return t.quotaReached(full)
	case errors.As(err, &limit):
		return t.limitReached(who, limit)
	case errors.As(err, &pace):
		return t.paceReached(who, pace)
	}
	return failed("Failed to count the interfaces", err)
}

// stopOne is what to do where there is no room.
const stopOne = "; stop a container, or have the number raised; an interface that stays when no container runs is deleted with: " +
	"ip link delete NAME"

// held are the interfaces that take up the room.
func held(by netquota.InUse) string {
	if len(by.Names) == 0 {
		return ""
	}
	text := ": " + strings.Join(by.Names, ", ")
	if by.More > 0 {
		text += " and " + strconv.Itoa(by.More) + " more"
	}
	return text
}

func (t terms) quotaReached(full *netquota.OverQuota) error {
	advice := ""
	for i, c := range full.Allotments {
		if i > 0 {
			advice += ", "
		}
		quota := strconv.FormatUint(c.Quota, 10)
		advice += quota + " of " + quota + " interfaces of " + c.Owner + " on " + t.subject.Bridge + " live (" + paths.Usernet() + " line " +
			strconv.Itoa(c.Line) + ")"
		if i < len(full.InUse) {
			advice += held(full.InUse[i])
		}
	}
	return refuse("Quota reached", advice+stopOne)
}

func (t terms) limitReached(who netquota.Account, limit *netquota.OverLimit) error {
	most := strconv.FormatUint(limit.Most, 10)
	advice := most + " of " + most + " interfaces of " + who.Names[0]
	if limit.OfMember() {
		return refuse("Share of "+limit.Allotment.Owner+" reached", advice+" that are charged to "+limit.Allotment.Owner+" on "+t.subject.Bridge+
			" live ("+at(t.policy.LineOf(t.limits.NicsPerGroupMember))+", nics_per_group_member)"+held(limit.InUse)+stopOne)
	}
	return refuse("Limit of the user reached", advice+" live, on all bridges together ("+at(t.policy.LineOf(t.limits.NicsPerUser))+
		", nics_per_user)"+held(limit.InUse)+stopOne)
}

func (t terms) paceReached(who netquota.Account, pace *netquota.RateLimited) error {
	where := " (" + at(t.policy.LineOf(t.limits.CreatesPerMinute)) + ", creates_per_minute)"
	if pace.Wait == 0 {
		return refuse("Too many interfaces a minute", "none may be made"+where)
	}
	return refuse("Too many interfaces a minute", strconv.FormatUint(pace.Most, 10)+" were begun for "+who.Names[0]+
		" within 60 seconds"+where+"; try again in "+strconv.FormatUint(pace.Wait, 10)+" seconds")
}
