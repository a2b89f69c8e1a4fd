package plan

import "userns-helpers/internal/text/verdict"

// Living is what an interface that is there already should have, at the facts' place, for their person and by their policy; and
// why it cannot have all of that on a link, nil if nothing speaks against it.
func (f Facts) Living(l Link) (Terms, verdict.Reason) {
	t, refused := f.terms()
	if refused == nil {
		refused = t.possible(l)
	}
	return t, refused
}
