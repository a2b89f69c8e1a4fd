package usernsctl

import (
	"slices"
	"strings"

	"userns-helpers/internal/account"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/netquota/nearby"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/hostcheck"
	"userns-helpers/internal/usernsctl/limits"
	"userns-helpers/internal/usernsctl/living"
	"userns-helpers/internal/usernsctl/nicview"
	"userns-helpers/internal/usernsctl/quietly"
	"userns-helpers/internal/usernsctl/readdir"
)

// person is everything about one user.
type person struct {
	Format     int               `json:"format"`
	Answer     string            `json:"answer"` // whether the user can start a container
	User       string            `json:"user"`
	UID        uint32            `json:"uid"`
	Names      []string          `json:"names"`
	Groups     []string          `json:"groups"`
	Obstacles  []obstructed      `json:"obstacles"` // to a container
	Maps       []reply           `json:"maps"`      // of user and group IDs
	Networks   []reply           `json:"networks"`  // of each bridge that lines are about, or that there is
	Bridges    []string          `json:"bridges"`   // of these, in the same order
	Containers []container       `json:"containers"`
	Interfaces []nicview.NIC     `json:"interfaces"`
	Limits     *limits.Bounds    `json:"limits,omitempty"` // of the user's sessions; none where there are no sessions
	Problems   []finding.Finding `json:"problems"`
	Limited    bool              `json:"limited"` // containers or slots of others could not be seen
}

// container is a container that lives.
type container struct {
	Name      string `json:"name"`
	PID       int    `json:"pid"`
	Processes int    `json:"processes"`
}

// about is the command user.
func (a asker) about(words []string) int {
	if len(words) != 1 {
		return a.wrong("user needs one USER")
	}
	host := hostcheck.Here()
	directory := account.Unprivileged(account.Trusted(privilege.Reporter()))
	who, err := hostcheck.Named(directory, words[0])
	if err != nil {
		return a.failed(err)
	}
	p := person{
		Format: format, Answer: yes, User: who.Name, UID: who.ID, Names: []string{who.Name}, Groups: []string{}, Obstacles: []obstructed{}, Networks: []reply{},
		Bridges: []string{}, Containers: []container{}, Interfaces: []nicview.NIC{}, Problems: []finding.Finding{},
	}
	groups := append([]uint32{who.Primary}, hostcheck.GroupsOf(host, who.Name)...)
	named, _ := directory.Groups(groups)
	for _, g := range named {
		p.Groups = append(p.Groups, g.Name)
	}
	mine := p.maps()
	p.networks()
	p.living(host, mine)
	p.problems(hostcheck.Check(host))
	status := reply{Answer: p.Answer}.status()
	if a.json {
		return a.answer(p, status)
	}
	return a.say([]byte(a.personText(p)), status)
}

// maps asks what the user can map, and returns the ranges by kind.
func (p *person) maps() (mine [2][]idmap.Range) {
	for _, kind := range []idmap.Kind{idmap.UID, idmap.GID} {
		q := idQuestion{kind: kind, name: p.User}
		answer := inspectIDs(q)
		r := replyToIDs(kind.Word(), q, answer)
		p.Maps = append(p.Maps, r)
		p.hinder(r)
		for _, g := range answer.owned {
			mine[kind] = append(mine[kind], g.Range)
		}
		if names := answer.facts.User.Names; len(names) > 0 {
			p.Names = names
		}
	}
	return mine
}

// hinder takes over what is in the way of a container.
func (p *person) hinder(r reply) {
	if r.Answer != yes && p.Answer != no {
		p.Answer = r.Answer
	}
	for _, o := range r.Others {
		if !slices.Contains(p.Obstacles, o) {
			p.Obstacles = append(p.Obstacles, o)
		}
	}
}

// mostBridges bounds the bridges that are asked about where no line says which are meant.
const mostBridges = 8

// networks asks about each bridge that a line for the user has; where there is none, about each bridge of this host.
func (p *person) networks() {
	p.Bridges = p.places()
	if len(p.Bridges) == 0 {
		p.Bridges = bridges()
		p.Bridges = p.Bridges[:min(len(p.Bridges), mostBridges)]
	}
	for _, bridge := range p.Bridges {
		p.Networks = append(p.Networks, asker{}.explainNIC(p.User, bridge))
	}
}

// places are the bridges that lines for the user or a group of the user's have, in the order of the file.
func (p *person) places() []string {
	places := []string{}
	file, _, err := quietly.Open(paths.Usernet())
	if err != nil {
		return places
	}
	defer func() { _ = file.Close() }()
	_ = nearby.Inspect(file, func(e nearby.Entry, _ []byte) {
		group, isGroup := strings.CutPrefix(e.Rule.Owner, "@")
		mine := isGroup && slices.Contains(p.Groups, group) || slices.Contains(p.Names, e.Rule.Owner)
		if bridge := e.Rule.Place.Bridge; e.Fault == nearby.NoFault && mine && e.Rule.Place.Type == ifname.Veth && !slices.Contains(places, bridge) {
			places = append(places, bridge)
		}
	})
	return places
}

// bridges are the Linux bridges of this host.
func bridges() []string {
	all := []string{}
	names, _ := readdir.Names("/sys/class/net")
	for _, name := range names {
		if account.Present("/sys/class/net/" + name + "/bridge") {
			all = append(all, name)
		}
	}
	return all
}

// living is what the user has that lives, and what bounds it.
func (p *person) living(host hostcheck.Host, mine [2][]idmap.Range) {
	view := living.Look()
	p.Limited = view.Limited
	for _, c := range view.Of(p.UID, mine) {
		p.Containers = append(p.Containers, container{c.Name, c.PID, c.Processes})
	}
	if nics, err := nicview.Look(hostcheck.Names(host)); err == nil {
		p.Limited = p.Limited || nics.Limited
		for _, n := range nics.NICs {
			if n.UID == int64(p.UID) {
				p.Interfaces = append(p.Interfaces, n)
			}
		}
	}
	if bounds, there := limits.Here().Slice(p.UID); there {
		p.Limits = &bounds
	}
}

// problems are the findings about the user: those on lines of the user's, those that name the user, and the errors that are
// everybody's.
func (p *person) problems(report *finding.Report) {
	lines := make(map[string]bool)
	for _, r := range slices.Concat(p.Maps, p.Networks) {
		for _, g := range r.Grants {
			lines[finding.Finding{File: g.File, Line: g.Line}.Where()] = true
		}
		for _, s := range r.Slips {
			lines[finding.Finding{File: s.File, Line: s.Line}.Where()] = true
		}
	}
	for _, f := range report.Findings {
		mine := f.Line > 0 && lines[f.Where()] || slices.ContainsFunc(f.Users, func(name string) bool { return slices.Contains(p.Names, name) })
		all := f.Line == 0 && len(f.Users) == 0 && (f.Level == finding.Error || hinders(f))
		if f.Accepted != "" || !mine && !all {
			continue
		}
		p.Problems = append(p.Problems, f)
		if hinders(f) {
			p.hinder(reply{Answer: no, Others: []obstructed{{verdict.ID("host-" + f.ID), f.Problem, f.Advice}}})
		}
	}
}

// hinders reports whether no container of anybody's can start because of a finding.
func hinders(f finding.Finding) bool {
	mapper := strings.Contains(f.File+f.Problem, "newuidmap") || strings.Contains(f.File+f.Problem, "newgidmap")
	return f.ID == "kernel-namespaces" || f.Level == finding.Error && mapper && strings.HasPrefix(f.ID, "program-")
}

// personText is everything about one user on one screen.
func (a asker) personText(p person) string {
	var out strings.Builder
	line := func(head, text, indent string) {
		out.WriteString(wrapTo(a.screen.width(), printable(head+text), indent))
	}
	line(p.User+" (uid "+decimal(uint64(p.UID))+")", also(p.Names, p.User)+", groups "+strings.Join(p.Groups, ", "), "")
	line("can start a container: "+p.Answer, because(p.Obstacles), "")
	for i, r := range p.Networks {
		line("with network on "+p.Bridges[i]+": "+r.Answer, because(r.Others), "")
	}
	if len(p.Networks) == 0 {
		line("with network: no", ", because there is no line for "+p.User+" in "+paths.Usernet()+", and no bridge", "")
	}
	p.grantsTo(line)
	bounds := "no session"
	if p.Limits != nil {
		bounds = p.Limits.Text()
	}
	line("limits of the sessions now: ", bounds, "")
	p.livingTo(line)
	for _, f := range p.Problems {
		out.WriteString(a.findingText(f))
	}
	if p.Limited {
		out.WriteString("Containers and slots of others are visible to root alone.\n")
	}
	return out.String()
}

// grantsTo prints what was granted, a line each.
func (p person) grantsTo(line func(head, text, indent string)) {
	for _, r := range p.Maps {
		for _, g := range r.Grants {
			ids, _ := idmap.NewRange(g.First, g.Count)
			line("    "+r.Kind+"s "+span(ids)+"  ", finding.Finding{File: g.File, Line: g.Line}.Where(), "    ")
		}
		for _, o := range r.Overlaps {
			ids, _ := idmap.NewRange(o.First, o.Count)
			line("    "+r.Kind+"s "+span(ids)+" also belong to ", o.Owner+": "+finding.Finding{File: o.File, Line: o.Line}.Where(), "    ")
		}
	}
	for i, r := range p.Networks {
		for _, g := range r.Grants {
			line("    "+p.Bridges[i]+" "+decimal(g.Live)+" of "+decimal(g.Quota)+" interfaces live, by "+g.Owner+"  ", finding.Finding{File: g.File, Line: g.Line}.Where(), "    ")
		}
		if on := protected(r.Settings); len(r.Grants) > 0 && on != "" {
			line("    "+p.Bridges[i]+" protections: ", on, "    ")
		}
	}
}

// livingTo prints what lives, a line each.
func (p person) livingTo(line func(head, text, indent string)) {
	line(plural(len(p.Containers), "living container"), "", "")
	for _, c := range p.Containers[:min(len(p.Containers), mostAlike)] {
		line("    "+living.Container{Name: c.Name, PID: c.PID}.Text()+", ", plural(c.Processes, "process")+" in all", "    ")
	}
	for _, n := range p.Interfaces[:min(len(p.Interfaces), mostAlike)] {
		line("    "+n.Name+" on "+n.Bridge+": ", onText(n), "    ")
	}
}

// also are the other names of a user.
func also(names []string, name string) string {
	others := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
	if len(others) == 0 {
		return ""
	}
	return ", also " + strings.Join(others, ", ")
}

// because is why not.
func because(obstacles []obstructed) string {
	var all []string
	for _, o := range obstacles {
		all = append(all, o.Problem)
	}
	if len(all) == 0 {
		return ""
	}
	return ", because: " + strings.Join(all, "; ")
}

// protected are the protections that are on, in short.
func protected(settings []setting) string {
	var on []string
	for _, s := range settings {
		switch s.Value {
		case "true":
			on = append(on, s.Key)
		case "false", "none":
		default:
			on = append(on, s.Key+" "+s.Value)
		}
	}
	return strings.Join(on, ", ")
}
