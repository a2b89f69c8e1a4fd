package newidmap

import (
	"strconv"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/audit"
)

// record tells the administrator of a grant, before it takes effect, or why the run ended without one. A grant that then
// cannot be carried out has two records.
func (d Decision) record() {
	r := audit.New(d.Kind.Program())
	r.Number("uid", uint64(d.UID))
	r.Number("gid", uint64(d.GID))
	r.Text("user", strings.Join(d.Names, ","))
	if len(d.Arguments) > 0 {
		r.Text("target", d.Arguments[0])
	}
	r.Number("pid", uint64(d.PID))
	r.Text("asked", strings.TrimSuffix(strings.ReplaceAll(string(idmap.Text(d.Asked)), "\n", ", "), ", "))
	if d.Err != nil {
		r.Ended(d.Why)
		return
	}
	r.Text("by", d.grounds())
	r.Granted()
}

// grounds says what granted the ranges: the lines of the file, and that some are the caller's own id.
func (d Decision) grounds() string {
	var grounds []string
	for _, g := range d.Granted {
		grounds = append(grounds, d.Source+":"+strconv.Itoa(g.Line))
	}
	for _, rule := range d.Rules {
		if rule == idmap.ByOwnID {
			return strings.Join(append(grounds, "own id"), ", ")
		}
	}
	return strings.Join(grounds, ", ")
}
