// Package records reads what newuidmap, newgidmap, lxc-user-nic and usernsctl wrote into logs: grants and refusals.
//
// It promises that a record is understood as a whole or not at all, that no text which a caller put into it is taken for
// a field of it, and that memory does not grow with a log. What it cannot promise is who wrote a record: anybody may write to a
// syslog socket in any program's name. Only the kernel's records, which take CAP_AUDIT_WRITE, are these programs' own.
package records

import (
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"

	"userns-helpers/internal/text/number"
)

// Record is a grant, a refusal or a failure: what package audit wrote.
type Record struct {
	Time    int64  // seconds since 1970
	Program string // one of Programs
	Result  string // "granted", "refused" or "failed"
	User    string // login names of the caller, with commas; "" where none is known. Of usernsctl: who was granted something
	UID     uint64 // of the caller
	HasUID  bool
	fields  map[string]string
}

// Programs are those whose records are read.
func Programs() []string { return []string{"lxc-user-nic", "newgidmap", "newuidmap", "usernsctl"} }

// Field is another field of the record, "" if it has none: id, why, asked, by, host, owner, change.
func (r Record) Field(key string) string { return r.fields[key] }

// results are the outcomes of a run, with what the kernel's records have for them.
func results() map[string]string {
	return map[string]string{"granted": "success", "refused": "failed", "failed": "failed"}
}

// complete takes the fields over that every record has, and reports whether they are ones of a record.
func (r *Record) complete() bool {
	r.Result, r.User = r.fields["result"], r.fields["user"]
	if text, has := r.fields["uid"]; has {
		uid, err := number.Decimal(text)
		if err != nil || uid > math.MaxUint32 {
			return false
		}
		r.UID, r.HasUID = uid, true
	}
	_, known := results()[r.Result]
	return known && slices.Contains(Programs(), r.Program)
}

// syslogRecord understands the text that a program sent to syslog, without time: result=WORD, and fields whose values are numbers or
// texts in double quotes. A text that the log cut off is cut here, too.
func syslogRecord(program, text string) (Record, bool) {
	if !slices.Contains(Programs(), program) {
		return Record{}, false
	}
	r := Record{Program: program, fields: make(map[string]string)}
	if !strings.HasPrefix(text, "result=") || len(text) > longestText {
		return r, false
	}
	for text != "" {
		key, rest, found := strings.Cut(text, "=")
		if !found || !isKey(key) {
			return r, false
		}
		value, rest, ok := syslogValue(key, rest)
		if _, twice := r.fields[key]; twice || !ok {
			return r, false
		}
		r.fields[key] = value
		if rest != "" && rest[0] != ' ' {
			return r, false
		}
		text = strings.TrimPrefix(rest, " ")
	}
	return r, r.complete()
}

// longestText bounds the text of a record, in bytes: package audit writes 7800 at most. What is longer somebody else wrote, who
// could have a lot of it kept.
const longestText = 8 * 1024

// syslogValue takes a value off the beginning of text.
func syslogValue(key, text string) (value, rest string, ok bool) {
	if strings.HasPrefix(text, `"`) {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil { // the log cut it off, or it is no text
			return cutValue(text)
		}
		value, err = strconv.Unquote(quoted)
		return value, text[len(quoted):], err == nil
	}
	value, rest, _ = strings.Cut(text, " ")
	if rest != "" {
		rest = " " + rest
	}
	if key == "result" {
		return value, rest, isKey(value)
	}
	_, err := number.Decimal(value)
	return value, rest, err == nil
}

// cutValue is a text whose end is missing: what is left of it, without an escape that is not whole.
func cutValue(text string) (value, rest string, ok bool) {
	if strings.ContainsAny(text, "\n`") || strings.Count(text, `"`)-strings.Count(text, `\"`) > 1 {
		return "", "", false
	}
	for end := len(text); end > 0 && end > len(text)-len(`\U0010ffff`); end-- {
		if value, err := strconv.Unquote(text[:end] + `"`); err == nil {
			return value, "", true
		}
	}
	return "", "", false
}

// isKey reports whether text is the name of a field.
func isKey(text string) bool {
	return text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz") == ""
}

// kernelRecord understands what the kernel's audit has between msg=' and ', without time: op=PROGRAM result=WORD, fields whose values
// are numbers, plain texts in double quotes, others in hexadecimal digits, or ? for none, and res=success or res=failed at
// the end.
func kernelRecord(text string) (Record, bool) {
	r := Record{fields: make(map[string]string)}
	for word := range strings.SplitSeq(text, " ") {
		key, value, found := strings.Cut(word, "=")
		if !found || !isKey(key) {
			return r, false
		}
		if _, twice := r.fields[key]; twice {
			return r, false
		}
		value, ok := kernelValue(key, value)
		if !ok {
			return r, false
		}
		r.fields[key] = value
	}
	r.Program = r.fields["op"]
	return r, r.complete() && results()[r.Result] == r.fields["res"]
}

// kernelValue is what a word stands for.
func kernelValue(key, word string) (string, bool) {
	switch {
	case key == "op" || key == "result" || key == "res":
		return word, word != ""
	case word == "?":
		return "", true
	case strings.HasPrefix(word, `"`):
		return strings.Trim(word, `"`), len(word) > 1 && strings.HasSuffix(word, `"`)
	}
	if isNumberOf(key) {
		_, err := number.Decimal(word)
		return word, err == nil
	}
	plain, err := hex.DecodeString(word)
	return string(plain), err == nil
}

// isNumberOf reports whether a field is a number: a text in hexadecimal digits can look like one.
func isNumberOf(key string) bool {
	return key == "uid" || key == "gid" || key == "pid" || key == "ppid" || key == "opid"
}
