// Package nsswitch reads nsswitch.conf(5): which services this machine asks for users, groups and subordinate ids.
//
// It decides nothing and asks nobody. It promises that a line says what glibc and shadow take it to say, and that memory
// does not grow with the file.
package nsswitch

import (
	"bytes"
	"io"
	"slices"

	"userns-helpers/internal/text/lines"
)

// Config is what the file says. The zero Config is that of a machine without the file: files and nothing else.
type Config struct {
	Passwd []string // the services of the line passwd:, in order, without their actions ([NOTFOUND=return])
	Group  []string // those of the line group:
	Subid  string   // the first word after subid:, "" if there is none
}

// The services that are known here by name.
const (
	Files = "files"
	SSS   = "sss"
)

// Lists reports whether a line has a service.
func Lists(services []string, service string) bool { return slices.Contains(services, service) }

// Others reports whether a line has a service that is neither in files nor SSSD.
func Others(services []string) bool {
	return slices.ContainsFunc(services, func(s string) bool { return s != Files && s != SSS })
}

// Away reports whether a line has a service that can be away, and that getent(1) is asked for: not one that reads files of this
// machine, or what systemd runs here.
func Away(services []string) bool {
	return slices.ContainsFunc(services, func(s string) bool {
		return !slices.Contains([]string{Files, SSS, "systemd", "altfiles", "extrausers", "db"}, s)
	})
}

// longest bounds a line. Real ones have less than 100 bytes; glibc has no limit, and no buffer of ours grows.
const longest = 4096

// Parse reads the file. Of several lines for users or groups the last one counts, as since glibc 2.34; of several for
// subordinate ids the first one, as in shadow. Errors: those of file; the Config returned with one says nothing.
func Parse(file io.Reader) (Config, error) {
	var c Config
	subid := false
	for r := lines.New(file, longest); ; {
		line, ok := r.Next()
		if !ok && r.Err() != nil {
			return Config{}, r.Err()
		}
		if !ok {
			return c, nil
		}
		line = lines.WithoutReturn(line)
		if word, ok := parseSubid(line); ok && !subid {
			c.Subid, subid = word, true
		}
		switch database, rest := split(line); string(database) {
		case "passwd":
			c.Passwd = services(rest)
		case "group":
			c.Group = services(rest)
		}
	}
}

// subidLine is how a line for subordinate ids begins, in the first column and in any case.
const subidLine = "subid:"

// parseSubid returns the first word of a line for subordinate ids. Shadow passes over lines without one.
func parseSubid(line []byte) (string, bool) {
	if len(line) < len(subidLine) || !bytes.EqualFold(line[:len(subidLine)], []byte(subidLine)) {
		return "", false
	}
	words := bytes.FieldsFunc(line[len(subidLine):], func(r rune) bool { return r == ' ' || r == '\t' })
	if len(words) == 0 {
		return "", false
	}
	return string(words[0]), true
}

// split cuts a line into its database and the rest; one without both has none. A comment ends a line.
func split(line []byte) (database, rest []byte) {
	line, _, _ = bytes.Cut(line, []byte{'#'})
	name, rest, found := bytes.Cut(line, []byte{':'})
	if !found {
		return nil, nil
	}
	return bytes.TrimSpace(name), rest
}

// services are those of the rest of a line. An action in brackets belongs to the service before it, and is left out.
func services(rest []byte) (services []string) {
	for len(rest) > 0 {
		words, action, _ := bytes.Cut(rest, []byte{'['})
		for word := range bytes.FieldsFuncSeq(words, isBlank) {
			services = append(services, string(word))
		}
		_, rest, _ = bytes.Cut(action, []byte{']'})
	}
	return services
}

// isBlank is isspace(3) of the C locale, but for the newline, which ends a line.
func isBlank(r rune) bool { return r == ' ' || '\t' <= r && r <= '\r' && r != '\n' }
