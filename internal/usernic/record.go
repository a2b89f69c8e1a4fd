package usernic

import (
	"strconv"
	"strings"

	"userns-helpers/internal/audit"
	"userns-helpers/internal/paths"
)

// record tells the administrator what the run came to. Nothing that anybody waits for is held, and nothing was printed
// yet, unless it is that printing failed.
func (r *run) record(err error) {
	record := audit.New(name)
	record.Number("uid", uint64(r.caller.UID()))
	record.Number("gid", uint64(r.caller.GID()))
	record.Text("user", strings.Join(r.who.Names, ","))
	record.Text("asked", strings.Join(r.arguments, " "))
	if err == nil && r.wanted.verb == "create" {
		record.Text("by", paths.Usernet()+":"+strconv.Itoa(r.charge.Line))
		record.Text("owner", r.charge.Owner)
		record.Text("made", strings.TrimSuffix(r.made, "\n"))
	}
	record.Write(err)
}
