// Package audit tells the administrator what was granted and what was refused: one record of each run, to syslog and to
// the kernel's audit subsystem.
//
// It promises that a record is one line whatever a caller put into it, and that a log that is missing, full or slow
// changes nothing: nothing is waited for and no error is returned. It is called when the outcome is known and nothing is
// held, before anything is printed.
package audit

import (
	"cmp"
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/verdict"
)

// Record is what is known about a run: fields in the order in which they were added.
type Record struct {
	program string
	text    []byte
}

// New begins a record of a program. The caller's process is the parent of this one.
func New(program string) *Record {
	r := &Record{program: program, text: make([]byte, 0, usual)}
	r.Number("ppid", uint64(unix.Getppid()))
	return r
}

// Text adds key="value". Control characters, quotes and bytes that are not UTF-8 are escaped as in Go.
func (r *Record) Text(key, value string) {
	r.key(key)
	r.text = append(r.text, '"')
	r.text = append(escaped(r.text, value[:min(len(value), longestValue)]), '"')
}

// escaped appends value to text.
func escaped(text []byte, value string) []byte {
	for {
		plain := strings.IndexAny(value, `"\`)
		if plain < 0 {
			return verdict.Printable(text, value)
		}
		text = append(verdict.Printable(text, value[:plain]), '\\', value[plain])
		value = value[plain+1:]
	}
}

// Number adds key=value.
func (r *Record) Number(key string, value uint64) {
	r.key(key)
	r.text = strconv.AppendUint(r.text, value, 10)
}

func (r *Record) key(key string) {
	if len(r.text) > 0 {
		r.text = append(r.text, ' ')
	}
	r.text = append(append(r.text, key...), '=')
}

// usual is room for most records, in bytes: memory that does not have to grow.
const usual = 512

// Bounds in bytes: of a value, and of a record. rsyslog takes 8 KiB, the kernel's audit 8970 (MAX_AUDIT_MESSAGE_LENGTH);
// a message of RFC 3164 has 1024, but 340 ranges do not fit into that.
const (
	longestValue  = 6000
	longestRecord = 7800
)

// Capability is what a program has to keep for the kernel's record (unix.CAP_*).
const Capability = unix.CAP_AUDIT_WRITE

// Outcomes of a run.
const (
	granted = "granted"
	refused = "refused" // the request was understood and is not allowed
	failed  = "failed"  // something that had to be done could not be
)

// Write sends the record of a run that ended with err: nil for a grant, or *verdict.Refusal, or a failure.
func (r *Record) Write(err error) {
	result := outcome(err)
	if err != nil {
		r.Text("why", cmp.Or(err.Error(), "the command line is wrong"))
	}
	text := append(append(append(make([]byte, 0, usual), "result="...), result...), ' ')
	text = append(text, r.text...)
	text = text[:min(len(text), longestRecord)]
	r.toSyslog(text, result)
	r.toKernel(text, result)
}

// outcome tells a refusal from a failure.
func outcome(err error) string {
	var refusal *verdict.Refusal
	switch {
	case err == nil:
		return granted
	case errors.As(err, &refusal):
		return refused
	}
	return failed
}
