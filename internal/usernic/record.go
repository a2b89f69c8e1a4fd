package usernic

import (
	"strconv"
	"strings"

	"userns-helpers/internal/kernel/audit"
	"userns-helpers/internal/text/paths"
)

// granted records that the caller may have, or delete, the interface of this name on the host: the last thing before it is
// made or deleted. Its numbers, and what the container calls it, are not known before it is there.
func (r *run) granted(host string) {
	r.host = host
	r.record(nil)
}

// record tells the administrator of a grant, which takes effect next, or why the run ended without one, or what became of
// a grant that could not be carried out. Nothing was printed yet, unless it is that printing failed.
func (r *run) record(err error) {
	record := audit.New(name)
	record.Number("uid", uint64(r.caller.UID()))
	record.Number("gid", uint64(r.caller.GID()))
	record.Text("user", strings.Join(r.who.Names, ","))
	if len(r.arguments) > 3 {
		record.Text("target", r.arguments[3])
	}
	record.Number("pid", uint64(r.wanted.target.pid))
	record.Text("asked", commandLine(r.arguments))
	if r.host != "" {
		r.recordGrounds(record)
	}
	record.Write(err)
}

// recordGrounds says what allowed it, the line of lxc-usernet(5) to create, the owner in the ledger to delete; and what
// the interface is called.
func (r *run) recordGrounds(record *audit.Record) {
	if r.wanted.verb == "create" {
		record.Text("by", paths.Usernet()+":"+strconv.Itoa(r.charge.Line))
	}
	record.Text("owner", r.charge.Owner)
	record.Text("host", r.host)
}

// commandLine joins arguments with blanks, and quotes those that are empty or have blanks or quotes themselves.
func commandLine(arguments []string) string {
	var line []string
	for _, a := range arguments {
		if a == "" || strings.ContainsAny(a, " \"") {
			a = strconv.Quote(a)
		}
		line = append(line, a)
	}
	return strings.Join(line, " ")
}
