package newidmap

import (
	"strconv"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/audit"
)

// record is what the administrator is told of a run: of a grant before it takes effect, and why a run ended without one. A
// grant that then cannot be carried out has two records.
func (r *run) record() *audit.Record {
	record := r.begun()
	record.Number("uid", uint64(r.caller.UID()))
	record.Number("gid", uint64(r.caller.GID()))
	record.Text("user", strings.Join(r.facts.User.Names, ","))
	if len(r.arguments) > 0 {
		record.Text("target", r.arguments[0])
	}
	record.Number("pid", uint64(r.pid()))
	record.Text("asked", strings.TrimSuffix(strings.ReplaceAll(string(idmap.Text(r.request.Asked)), "\n", ", "), ", "))
	return record
}

// begun is a record that says through which door the caller came.
func (r *run) begun() *audit.Record {
	if r.peer != nil {
		return audit.For(r.kind.Program(), *r.peer)
	}
	return audit.New(r.kind.Program())
}

// pid is that of the process, 0 if it is not known.
func (r *run) pid() int {
	if r.process == nil {
		return 0
	}
	return r.process.PID()
}

// recordGrant records that the map is granted, and by what: the lines of the file, and that some are the caller's own id.
func (r *run) recordGrant() {
	var by []string
	if grants := r.facts.Grants; grants != nil {
		for _, row := range grants.Used {
			by = append(by, grants.Source+":"+strconv.Itoa(row.Line))
		}
	}
	for _, rule := range r.decision.Rules {
		if rule == idmap.ByOwnID {
			by = append(by, "own id")
			break
		}
	}
	record := r.record()
	record.Text("by", strings.Join(by, ", "))
	record.Granted()
}
