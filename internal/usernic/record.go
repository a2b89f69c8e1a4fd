package usernic

import (
	"net/netip"
	"strconv"
	"strings"

	"userns-helpers/internal/kernel/audit"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// granted records that the caller may have, or delete, the interface of this name on the host: the last thing before it is
// made or deleted. Its numbers, and what the container calls it, are not known before it is there.
func (r *run) granted(host string, own netip.Addr) {
	r.host, r.own = host, own
	r.begin().Granted()
}

// ended records why the run ended without a grant, or what became of a grant that could not be carried out. Nothing was
// printed yet, unless it is that printing failed.
func (r *run) ended(v verdict.Verdict) { r.begin().Ended(v) }

// begin begins a record with what is known.
func (r *run) begin() *audit.Record {
	record := r.begun()
	record.Number("uid", uint64(r.caller.UID()))
	record.Number("gid", uint64(r.caller.GID()))
	record.Text("user", strings.Join(r.Account.Names, ","))
	if len(r.arguments) > 3 {
		record.Text("target", r.arguments[3])
	}
	record.Number("pid", uint64(r.pid()))
	record.Text("asked", commandLine(r.arguments))
	if r.host != "" {
		r.recordGrounds(record)
	}
	return record
}

// pid is the process that was named, if the program itself has looked for it: who asks the service can name any.
func (r *run) pid() int {
	if r.peer != nil {
		return 0
	}
	return r.wanted.target.pid
}

// begun is a record that says through which door the caller came.
func (r *run) begun() *audit.Record {
	if r.peer != nil {
		return audit.For(name, *r.peer)
	}
	return audit.New(name)
}

// recordGrounds says what allowed it, the line of lxc-usernet(5) to create, the owner in the ledger to delete; and what
// the interface is called.
func (r *run) recordGrounds(record *audit.Record) {
	if r.wanted.verb == "create" {
		record.Text("by", paths.Usernet()+":"+strconv.Itoa(r.charge.Line))
	}
	record.Text("owner", r.charge.Owner)
	record.Text("host", r.host)
	if r.own.IsValid() {
		record.Text("address", r.own.String())
	}
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
