package whynot

import (
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/usernic/plan"
)

// unidentified says that the caller's name cannot be found out.
func unidentified(e *Unidentified) verdict.Verdict {
	return verdict.Verdict{
		Refused: e.ID() == "user-unknown", Headline: "Cannot determine your user name", Advice: e.Err.Error(), Err: e.Err,
	}
}

// groupsUnknown says that the names of the caller's groups matter, and cannot be found out.
func groupsUnknown(e *plan.GroupsUnknown) verdict.Verdict {
	return verdict.Verdict{
		Headline: "Cannot determine your groups", Err: e.Doubt,
		Advice: e.Doubt.Error() + "; " + at(e.Line) + " is about a group, and no interface is made while nobody can say whether you are in it",
	}
}

// missingGroups is what a refusal says besides where some groups of the caller's have no name: a line may be for one of them.
func missingGroups(doubt error) string {
	if doubt == nil {
		return ""
	}
	return "; lines for groups may be missing: " + doubt.Error()
}

func unfitName(e *UnfitName) (headline, advice string) {
	return "User name " + quoted(e.Name) + " cannot be used", "it cannot stand in " + paths.Usernet() + ": a name there has no @ in front, no " +
		"control character, no blank at an end or beside another, and not the word " + ifname.Veth
}
