package records

import (
	"errors"
	"io"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/exec"
	"userns-helpers/internal/text/lines"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/quietly"
	"userns-helpers/internal/usernsctl/readdir"
)

// Log is what was read of logs.
type Log struct {
	Groups
	Sources []Source
	Records int // that count
	Broken  int // lines that begin as records do, and are none
	Forged  int // records in the journal of which somebody else than their user sent them
	Unseen  []finding.Unseen
}

// Source is a log that was read.
type Source struct {
	Name    string `json:"name"`    // a file, or "journal"
	Certain bool   `json:"certain"` // nobody but these programs can have written the records
}

// Question is which records are wanted.
type Question struct {
	Clock
	Since int64             // seconds since 1970
	Wants func(Record) bool // nil: all
	File  string            // "": the first that there is of the kernel's log, the journal and the files of syslog
}

// kernelFiles are where auditd writes, the older file first.
func kernelFiles() []string {
	return []string{"/var/log/audit/audit.log.1", "/var/log/audit/audit.log"}
}

// syslogFiles are where syslog's authpriv goes on Debian and Fedora, the older file of each first.
func syslogFiles() []string {
	return []string{"/var/log/auth.log.1", "/var/log/auth.log", "/var/log/secure.1", "/var/log/secure"}
}

// Read reads the first log that is there: that of the kernel's audit, which nobody can forge; the journal; the files of syslog.
func Read(q Question) *Log {
	l := &Log{}
	if q.File != "" {
		if !l.file(q, q.File) && len(l.Unseen) == 0 {
			l.Unseen = append(l.Unseen, finding.Unseen{What: q.File, Why: "no such file"})
		}
		return l
	}
	if l.files(q, kernelFiles()) || l.journal(q) || l.files(q, syslogFiles()) {
		return l
	}
	if len(l.Unseen) == 0 {
		l.Unseen = append(l.Unseen, finding.Unseen{What: "the logs", Why: "there is neither a journal nor /var/log/audit/audit.log, auth.log or secure"})
	}
	return l
}

// files reads those of the files that are there, and reports whether there is one.
func (l *Log) files(q Question, paths []string) bool {
	read, unseen := false, len(l.Unseen)
	for _, path := range paths {
		read = l.file(q, path) || read
		if !read {
			l.Unseen = l.Unseen[:min(len(l.Unseen), unseen+1)] // the same directory, the same reason
		}
	}
	return read
}

// longestLine bounds a line of a log, in bytes: a record has 7800, and what a log puts in front of it or around it.
const longestLine = 32 * 1024

// file reads a file, of the kernel's audit or of syslog's, and reports whether it could.
func (l *Log) file(q Question, path string) bool {
	file, _, err := quietly.Open(path)
	switch {
	case errors.Is(err, unix.ENOENT):
		return false
	case err != nil:
		l.miss(path, err)
		return false
	}
	defer func() { _ = file.Close() }()
	certain, records := true, l.Records
	err = l.each(file, func(line []byte) {
		text := string(line)
		if r, ok := kernelLine(text); ok {
			l.add(q, r)
		} else if r, ok := logLine(text, q.Clock); ok {
			certain = false
			l.add(q, r)
		} else if r.Program != "" {
			l.Broken++
		}
	})
	if err != nil {
		l.miss(path, err)
	}
	l.Sources = append(l.Sources, Source{path, certain && l.Records > records})
	return true
}

// each reads lines.
func (l *Log) each(file io.Reader, each func(line []byte)) error {
	r := lines.New(file, longestLine)
	for line, ok := r.Next(); ok; line, ok = r.Next() {
		each(line)
	}
	return r.Err()
}

// add adds a record, if it is wanted.
func (l *Log) add(q Question, r Record) {
	if r.Time < q.Since || q.Wants != nil && !q.Wants(r) {
		return
	}
	l.Records++
	l.Add(r)
}

func (l *Log) miss(what string, err error) {
	why := err.Error()
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		why += ": run as root, or in the group adm or systemd-journal"
	}
	l.Unseen = append(l.Unseen, finding.Unseen{What: what, Why: why})
}

// journalctl is journalctl(1), and how long it is waited for: a large journal on a slow disk takes its time.
const (
	journalctl = "/usr/bin/journalctl"
	patience   = time.Minute
)

// journals are where journald keeps the journal, by whether it outlives a boot.
func journals() []string { return []string{"/var/log/journal", "/run/log/journal"} }

// hasJournal reports whether there is a journal of the system. One that cannot be read is said to be unseen: journalctl then has
// nothing but what this user's own processes wrote.
func (l *Log) hasJournal() bool {
	for _, directory := range journals() {
		machines, _ := readdir.Names(directory)
		for _, machine := range machines {
			path := directory + "/" + machine + "/system.journal"
			switch err := unix.Access(path, unix.R_OK); {
			case err == nil:
				return true
			case !errors.Is(err, unix.ENOENT):
				l.miss(path, err)
				return true
			}
		}
	}
	return false
}

// journal reads the journal, and reports whether there is one.
func (l *Log) journal(q Question) bool {
	if !l.hasJournal() {
		return false
	}
	p := exec.Program{
		Path: journalctl, Environment: []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}, Patience: patience,
		Arguments: []string{
			"--quiet", "--no-pager", "--all", "--output=json", "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_UID",
			"--since=@" + strconv.FormatInt(q.Since, 10), "_TRANSPORT=syslog",
		},
	}
	for _, program := range Programs() {
		p.Arguments = append(p.Arguments, "SYSLOG_IDENTIFIER="+program)
	}
	_, err := exec.Stream(p, func(output io.Reader) error {
		return l.each(output, func(line []byte) {
			switch r, ok, forged := journalLine(line); {
			case forged:
				l.Forged++
			case ok:
				l.add(q, r)
			default:
				l.Broken++
			}
		})
	})
	switch {
	case errors.Is(err, unix.ENOENT):
		return false
	case err != nil:
		l.miss("the journal", err)
	}
	l.Sources = append(l.Sources, Source{"journal", false})
	return true
}
