package idmap

// Rule is why a mapping is allowed.
type Rule uint8

// The rules, in the order in which they are tried.
const (
	NoRule  Rule = iota // not allowed
	ByGrant             // every id is granted, by one line or by several together
	ByOwnID             // the caller's own id alone: no more than the kernel lets the caller map (user_namespaces(7))
)

// String names the rule for the audit trail.
func (r Rule) String() string {
	switch r {
	case ByGrant:
		return "granted"
	case ByOwnID:
		return "own id"
	case NoRule:
	}
	return "no rule"
}

// Decision is the answer to a request. The zero Decision refuses.
type Decision struct {
	rules   []Rule  // of the mappings, in the order of the request; those behind a refused one were not judged
	refused Mapping // valid if the last rule is NoRule
}

// Authorise decides on a request: every mapping must be the caller's own id or lie in what is granted to him.
// CVE-2016-6252: all arithmetic is done by Range and Set, in 64 bits.
func Authorise(mappings []Mapping, own ID, granted Set) Decision {
	var d Decision
	for _, m := range mappings {
		rule := judge(m, own, granted)
		d.rules = append(d.rules, rule)
		if rule == NoRule {
			d.refused = m
			break
		}
	}
	return d
}

// judge tries the grant first: that it applies to the own id too matters to setgroups.
func judge(m Mapping, own ID, granted Set) Rule {
	switch {
	case granted.Covers(m.Lower):
		return ByGrant
	case m.Own(own):
		return ByOwnID
	}
	return NoRule
}

// Allowed reports whether every mapping is allowed. An empty request is not.
func (d Decision) Allowed() bool {
	return len(d.rules) > 0 && d.rules[len(d.rules)-1] != NoRule
}

// Rules returns why each mapping is allowed, in the order of the request.
func (d Decision) Rules() []Rule { return d.rules }

// Refused returns the first mapping that is not allowed. It is meaningless when all are.
func (d Decision) Refused() Mapping { return d.refused }

// UsesGrant reports whether a mapping was granted by an administrator. Otherwise a gid map lets the caller drop groups
// that deny him something, and setgroups(2) must be denied first (CVE-2018-7169).
func (d Decision) UsesGrant() bool {
	if !d.Allowed() {
		return false
	}
	for _, rule := range d.rules {
		if rule == ByGrant {
			return true
		}
	}
	return false
}

// Headline is the message about a refused mapping that the original has.
func (d Decision) Headline(kind Kind) string {
	return string(append(d.refused.Append([]byte(kind.Word()+" range ")), " not allowed"...))
}
