package nics

// Where returns the line of the file that decides on a key for s, from 1; 0 if it is built in.
func (p *Policy) Where(s Subject, key string) int {
	t := p.tables(s).find(key)
	if t.level == BuiltIn {
		return 0
	}
	return p.document.Line(t.path.of(key)...)
}

// GroupRule returns the line of the first rule for a group that would apply to interfaces on a bridge, from 1; 0 if there
// is none: then it does not matter who is in which group.
func (p *Policy) GroupRule(bridge string) int {
	for _, r := range p.rules {
		if r.group != "" && (r.bridge == "" || r.bridge == bridge) {
			return p.document.Line(r.path...)
		}
	}
	return 0
}
