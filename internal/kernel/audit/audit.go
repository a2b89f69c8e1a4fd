// Package audit tells the administrator what was granted and what was refused: records to syslog and to the kernel's
// audit subsystem.
//
// It promises that a record is one line whatever a caller put into it, that no text of a caller's can be taken for a field
// of it, and that a log that is missing, full or slow changes nothing: it is waited for 200 ms at most, and no error is
// returned. A grant is recorded when everything is decided and before it takes effect, so that whoever kills or freezes the
// program has nothing that no record tells of.
package audit

import (
	"cmp"
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/text/verdict"
)

// Record is what is known about a run: fields in the order in which they were added.
type Record struct {
	program string
	fields  []field
}

// field is a number, or a text.
type field struct {
	key    string
	number uint64
	text   string
	quoted bool // it is a text
}

// New begins a record of a program. The caller's process is the parent of this one.
func New(program string) *Record {
	r := &Record{program: program, fields: make([]field, 0, usualFields)}
	r.Number("ppid", uint64(unix.Getppid()))
	return r
}

// For begins a record of a program that the service runs for a caller: the service is the parent of this process, and the
// kernel knows no login of it.
func For(program string, peer privilege.Peer) *Record {
	r := &Record{program: program, fields: make([]field, 0, usualFields+4)}
	r.Text("via", "service")
	r.Number("peer", uint64(max(peer.PID, 0)))
	if login, session, ok := peer.Login(); ok {
		r.Number("auid", uint64(login))
		r.Number("ses", uint64(session))
	}
	return r
}

// Turned records that the service did not serve a peer, whatever they asked for, by the name of the service.
func Turned(peer privilege.Peer, why verdict.Verdict) {
	record := For("userns-helperd", peer)
	record.Number("uid", uint64(peer.UID))
	record.Number("gid", uint64(peer.GID))
	record.Ended(why)
}

// Text adds a text, of which a caller may have chosen every byte.
func (r *Record) Text(key, value string) {
	r.fields = append(r.fields, field{key: key, text: value, quoted: true})
}

// Number adds a number.
func (r *Record) Number(key string, value uint64) {
	r.fields = append(r.fields, field{key: key, number: value})
}

// Room for most records: memory that does not have to grow. In fields and in bytes.
const (
	usualFields = 10
	usual       = 512
)

// longestRecord bounds a record, in bytes. rsyslog takes 8 KiB, the kernel's audit 8560 (AUDIT_MESSAGE_TEXT_MAX), ausearch
// lines of 8970; a message of RFC 3164 has 1024, but 340 ranges do not fit into that.
const longestRecord = 7800

// share is how many bytes of the room that is left one text may take: something is left for those after it, however long
// a caller makes the first.
func share(room int) int { return room / 4 * 3 }

// form is how a log has its fields.
type form struct {
	key  func(string) string                            // the name of a field
	text func(out []byte, text string, room int) []byte // appends at most room bytes: what is too long is cut, never its quotes
}

// append appends the fields to out, which began at start.
func (r *Record) append(out []byte, start int, as form) []byte {
	for _, f := range r.fields {
		out = append(append(append(out, ' '), as.key(f.key)...), '=')
		if !f.quoted {
			out = strconv.AppendUint(out, f.number, 10)
			continue
		}
		out = as.text(out, f.text, share(longestRecord-(len(out)-start)))
	}
	return out
}

// Capability is what a program has to keep for the kernel's record (unix.CAP_*).
const Capability = unix.CAP_AUDIT_WRITE

// Outcomes of a run.
const (
	granted = "granted" // it is allowed, and is done next
	refused = "refused" // the request was understood and is not allowed
	failed  = "failed"  // something that had to be done could not be
)

// Granted sends the record of a grant that takes effect next.
func (r *Record) Granted() { r.send(granted) }

// Ended sends the record of a run that ended without what was asked for.
func (r *Record) Ended(v verdict.Verdict) {
	if v.ID != "" {
		r.Text("id", string(v.ID))
	}
	r.Text("why", cmp.Or(v.Line(), "the command line is wrong"))
	if v.Refused {
		r.send(refused)
	} else {
		r.send(failed)
	}
}

func (r *Record) send(result string) {
	r.toSyslog(result)
	r.toKernel(result)
}
