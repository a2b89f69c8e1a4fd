package usernsctl

import (
	"slices"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/usernsctl/carve"
	"userns-helpers/internal/usernsctl/living"
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
	uid := uint32(0)
	for _, kind := range []idmap.Kind{idmap.UID, idmap.GID} {
		answer := inspectIDs(idQuestion{kind: kind, name: user})
		if !answer.granted {
			s.ID, s.Reason, s.Advice = answer.why.ID, answer.why.Headline, answer.why.Advice
			return s
		}
		uid = answer.facts.User.UID
		for _, g := range answer.owned {
			if g.withheld == "" {
				mine[kind] = append(mine[kind], g.Range)
			} else {
				s.Remarks = append(s.Remarks, "Left out, since not mapped as a whole: "+kind.Word()+"s "+span(g.Range)+": "+g.withheld)
			}
		}
	}
	others := s.leaveOut(&mine, uid, names)
	parts, ok := carve.Into(len(names), mine[idmap.UID], mine[idmap.GID])
	if !ok {
		s.tooFew(len(names), others)
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

// tooFew is the refusal where there are too few IDs for n containers, others being those whose IDs were left out.
func (s *suggestion) tooFew(n int, others []string) {
	s.ID, s.Reason = "too-few-ids", s.User+" has too few IDs for "+plural(n, "container")
	s.Advice = "Each needs " + decimal(carve.Least) + " at least, and " + decimal(carve.Unit) + " to hold every account that a distribution makes: usernsctl ranges"
	if len(others) > 0 {
		s.Reason += " beside those that live"
		s.Advice = "IDs that a living container has are left out: end " + strings.Join(others[:min(len(others), mostNamed)], ", ") + " first, or name it too. " + s.Advice
	}
}

// mostNamed bounds the containers that a message names.
const mostNamed = 5

// leaveOut takes the IDs of living containers away, but of those of the user's that are to have others. It returns whose.
func (s *suggestion) leaveOut(mine *[2][]idmap.Range, uid uint32, names []string) (whose []string) {
	view := living.Look()
	var others [2][]idmap.Range
	for _, c := range view.Of(uid, *mine) {
		if c.Owner == uid && slices.Contains(names, c.Name) || c.IDs[idmap.UID].Count()+c.IDs[idmap.GID].Count() == 0 {
			continue
		}
		whose = append(whose, c.Text())
		for kind := range others {
			others[kind] = append(others[kind], c.IDs[kind].Ranges()...)
		}
	}
	for kind := range mine {
		mine[kind] = carve.Without(mine[kind], others[kind]...)
	}
	if n := len(whose); n > 0 {
		s.Remarks = append(s.Remarks, "Left out: the IDs of "+plural(n, "container")+" alive now: "+strings.Join(whose[:min(n, mostNamed)], ", ")+".")
	}
	if view.Limited {
		s.Remarks = append(s.Remarks, "Containers of others could not be seen: root sees them.")
	}
	return whose
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
