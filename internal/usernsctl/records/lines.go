package records

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"userns-helpers/internal/text/number"
)

// Clock is how times without a zone are understood: syslog's old format has neither zone nor year.
type Clock struct {
	Now  int64 // seconds since 1970
	Zone *time.Location
}

// logLine understands a line of a log of syslog's: a time, by RFC 3339 or RFC 3164, a host, and PROGRAM[PID]: TEXT. Nothing in the text of
// another program's record can stand there.
func logLine(line string, c Clock) (Record, bool) {
	if i := strings.IndexByte(line, '>'); strings.HasPrefix(line, "<") && i > 0 && i <= 4 { // a log with priorities
		line = line[i+1:]
	}
	at, rest, ok := timeOf(line, c)
	if !ok {
		return Record{}, false
	}
	host, rest, _ := strings.Cut(rest, " ")
	tag, text, found := strings.Cut(rest, ": ")
	if host == "" || !found {
		return Record{}, false
	}
	program, pid, found := strings.Cut(tag, "[")
	pid, closed := strings.CutSuffix(pid, "]")
	if _, err := number.Decimal(pid); !found || !closed || err != nil {
		return Record{}, false
	}
	r, ok := syslogRecord(program, text)
	r.Time = at
	return r, ok
}

// timeOf takes the time off the beginning of a line.
func timeOf(line string, c Clock) (at int64, rest string, ok bool) {
	if len(line) > 20 && line[4] == '-' {
		word, rest, _ := strings.Cut(line, " ")
		at, ok := rfc3339(word)
		return at, rest, ok
	}
	if len(line) < 17 || line[15] != ' ' {
		return 0, "", false
	}
	at, ok = c.rfc3164(line[:15])
	return at, line[16:], ok
}

// TimeOf is a date in a zone, or a time by RFC 3339, as seconds since 1970.
func TimeOf(text string, zone *time.Location) (int64, bool) {
	if len(text) == len("2026-11-28") {
		return civil(text, "00:00:00", zone)
	}
	return rfc3339(text)
}

// rfc3339 is "2026-11-28T22:00:01.123456+01:00" as seconds since 1970; what is smaller than a second is left out.
func rfc3339(text string) (int64, bool) {
	if len(text) < len("2026-11-28T22:00:01Z") || text[10] != 'T' {
		return 0, false
	}
	at, ok := civil(text[:10], text[11:19], time.UTC)
	zone := strings.TrimLeft(text[19:], ".0123456789")
	if zone == "Z" {
		return at, ok
	}
	if len(zone) != len("+01:00") || zone[0] != '+' && zone[0] != '-' || zone[3] != ':' {
		return 0, false
	}
	hours, err := number.Decimal(zone[1:3])
	minutes, wrong := number.Decimal(zone[4:])
	offset := int64(hours*3600 + minutes*60)
	if zone[0] == '+' {
		offset = -offset
	}
	return at + offset, ok && err == nil && wrong == nil && hours < 24 && minutes < 60
}

// day is how far a clock may be ahead, in seconds.
const day = 86_400

// rfc3164 is "Nov 28 22:00:01" in the year in which that was last.
func (c Clock) rfc3164(text string) (int64, bool) {
	month := slices.Index([]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}, text[:3]) + 1
	if month == 0 || text[3] != ' ' || text[6] != ' ' {
		return 0, false
	}
	year := time.Unix(c.Now, 0).In(c.Zone).Year()
	two := func(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }
	date := func(year int) string {
		return two(year/100) + two(year%100) + "-" + two(month) + "-" + strings.ReplaceAll(text[4:6], " ", "0")
	}
	at, ok := civil(date(year), text[7:], c.Zone)
	if ok && at > c.Now+day {
		at, ok = civil(date(year-1), text[7:], c.Zone)
	}
	return at, ok
}

// civil is "2026-11-28" and "22:00:01" as seconds since 1970.
func civil(date, clock string, zone *time.Location) (int64, bool) {
	if len(date) != 10 || date[4] != '-' || date[7] != '-' || len(clock) != 8 || clock[2] != ':' || clock[5] != ':' {
		return 0, false
	}
	var n [6]int
	for i, text := range []string{date[:4], date[5:7], date[8:], clock[:2], clock[3:5], clock[6:]} {
		value, err := number.Decimal(text)
		if err != nil {
			return 0, false
		}
		n[i] = int(value)
	}
	ok := n[1] >= 1 && n[1] <= 12 && n[2] >= 1 && n[2] <= 31 && n[3] < 24 && n[4] < 60 && n[5] <= 60 && n[0] >= 1970
	return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, zone).Unix(), ok
}

// kernelLine understands a line of the kernel's audit log: type=TRUSTED_APP msg=audit(SECONDS.MS:SERIAL): ... msg='TEXT'.
func kernelLine(line string) (Record, bool) {
	rest, is := strings.CutPrefix(line, "type=TRUSTED_APP msg=audit(")
	if !is {
		return Record{}, false
	}
	seconds, rest, found := strings.Cut(rest, ".")
	at, err := number.Decimal(seconds)
	_, text, begun := strings.Cut(rest, " msg='")
	text, _, ended := strings.Cut(text, "'") // no text of a caller's has one: package audit
	if !found || !begun || !ended || err != nil || at > 1<<40 {
		return Record{}, false
	}
	r, ok := kernelRecord(text)
	r.Time = int64(at)
	return r, ok
}

// journalEntry is what journalctl(1) says of a record, as JSON. What has control characters is no text there, but numbers.
type journalEntry struct {
	Time    string          `json:"__REALTIME_TIMESTAMP"` // microseconds since 1970
	Program string          `json:"SYSLOG_IDENTIFIER"`
	Sender  string          `json:"_UID"` // of the process that sent it, as the kernel says
	Message json.RawMessage `json:"MESSAGE"`
}

// journalLine understands an entry of the journal. One that says to be about another user than the one who sent it is forged:
// the programs send their records with the rights of their caller, or root's.
func journalLine(line []byte) (r Record, ok, forged bool) {
	var e journalEntry
	var text string
	if json.Unmarshal(line, &e) != nil || json.Unmarshal(e.Message, &text) != nil {
		return Record{}, false, false
	}
	at, err := number.Decimal(e.Time)
	if err != nil {
		return Record{}, false, false
	}
	r, ok = syslogRecord(e.Program, text)
	r.Time = int64(at / 1_000_000)
	switch sender, err := number.Decimal(e.Sender); {
	case !ok:
		return r, false, false
	case err != nil:
		return r, true, false // the journal does not know
	case sender == 0:
		return r, true, false
	case !r.HasUID || sender != r.UID:
		return r, false, true
	}
	return r, true, false
}
