package usernsctl

import (
	"slices"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/usernsctl/carve"
)

// suggestion is what suggest idmap answers.
type suggestion struct {
	Format     int          `json:"format"`
	Answer     string       `json:"answer"` // "yes", "no" or "unknown"
	User       string       `json:"user"`
	ID         verdict.ID   `json:"id,omitempty"`
	Reason     string       `json:"reason,omitempty"`
	Advice     string       `json:"advice,omitempty"`
	Containers []carvedInto `json:"containers"`
	Remarks    []string     `json:"remarks"`
}

// carvedInto is what one container gets.
type carvedInto struct {
	Name  string   `json:"name"`
	UIDs  ids      `json:"uids"`
	GIDs  ids      `json:"gids"`
	Lines []string `json:"lines"` // of its configuration for LXC
}

// mostContainers bounds the containers of one command line.
const mostContainers = 1000

// suggest is the command suggest.
func (a asker) suggest(words []string) int {
	if len(words) < 3 || words[0] != "idmap" || len(words)-2 > mostContainers {
		return a.wrong("suggest needs idmap USER NAME..., a name for each container")
	}
	names := words[2:]
	for i, name := range names {
		if !isContainer(name) || slices.Contains(names[:i], name) {
			return a.wrong(quote(name) + " is no name for one of several containers")
		}
	}
	s := suggestIDs(words[1], names)
	status := reply{Answer: s.Answer}.status()
	if a.json {
		return a.answer(s, status)
	}
	return a.say([]byte(s.text()), status)
}

// isContainer reports whether LXC could have a container of that name, which is a directory's.
func isContainer(name string) bool {
	return name != "" && name[0] != '.' && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == '/' || r > '~' })
}

// suggestIDs carves the IDs of a user, as far as they can be mapped, into parts for containers.
func suggestIDs(user string, names []string) suggestion {
	s := suggestion{Format: format, Answer: no, User: user, Containers: []carvedInto{}, Remarks: []string{}}
	var mine [2][]idmap.Range
	for _, kind := range []idmap.Kind{idmap.UID, idmap.GID} {
		answer := inspectIDs(idQuestion{kind: kind, name: user})
		if !answer.granted {
			s.ID, s.Reason, s.Advice = answer.why.ID, answer.why.Headline, answer.why.Advice
			return s
		}
		for _, g := range answer.owned {
			if g.withheld == "" {
				mine[kind] = append(mine[kind], g.Range)
			} else {
				s.Remarks = append(s.Remarks, "Left out, since not mapped as a whole: "+kind.Word()+"s "+span(g.Range)+": "+g.withheld)
			}
		}
	}
	parts, ok := carve.Into(len(names), mine[idmap.UID], mine[idmap.GID])
	if !ok {
		s.ID, s.Reason = "too-few-ids", user+" has too few IDs for "+plural(len(names), "container")
		s.Advice = "Each needs " + decimal(carve.Least) + " at least, and " + decimal(carve.Unit) + " to hold every account that a distribution makes: usernsctl ranges"
		return s
	}
	s.Answer = yes
	for i, part := range parts {
		s.Containers = append(s.Containers, carvedInto{names[i], idsOf(part.UIDs), idsOf(part.GIDs), []string{
			"lxc.idmap = u 0 " + decimal(part.UIDs.Start()) + " " + decimal(part.UIDs.Count()),
			"lxc.idmap = g 0 " + decimal(part.GIDs.Start()) + " " + decimal(part.GIDs.Count()),
		}})
	}
	if part := parts[0]; part.UIDs.Count() < carve.Unit {
		s.Remarks = append(s.Remarks, "Each has fewer than "+decimal(carve.Unit)+" IDs: accounts with higher numbers, nobody (65534) among them, do not exist in such a container.")
	}
	s.Remarks = append(s.Remarks, "These lines replace all lxc.idmap lines of the container. One that exists keeps its files under the old IDs: only a new one is whole.")
	return s
}

// text is the suggestion for people. What is not a line of a configuration is a comment there.
func (s suggestion) text() string {
	var out strings.Builder
	if s.Answer != yes {
		out.WriteString(wrap(printable("no: "+s.Reason), "") + wrap(printable(s.Advice), "    "))
	}
	for _, c := range s.Containers {
		out.WriteString("# " + c.Name + "\n" + strings.Join(c.Lines, "\n") + "\n\n")
	}
	for _, remark := range s.Remarks {
		for line := range strings.Lines(wrapTo(lineWide-2, printable(remark), "")) {
			out.WriteString("# " + line)
		}
	}
	return out.String()
}
