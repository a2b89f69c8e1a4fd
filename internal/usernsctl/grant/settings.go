package grant

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"userns-helpers/internal/account"
	"userns-helpers/internal/kernel/exec"
	"userns-helpers/internal/usernsctl/grant/whole"
)

// setting is a file of a daemon's, which is this program's alone.
type setting struct {
	file  string
	lines []string
}

func (s setting) text() string { return strings.Join(s.lines, "\n") + "\n" }

// Paste is what an administrator has to write, since this program does not write that file.
type Paste struct {
	File  string   `json:"file"`
	Lines []string `json:"lines"`
}

// put writes settings, or finds out what would be written, and reports their lines. It reports whether anything changed.
func put(r *Report, user string, dry bool, settings ...setting) (changed bool, err error) {
	act := whole.Put
	if dry {
		act = whole.Look
	}
	for _, s := range settings {
		change, err := act(s.file, s.text())
		var foreign *whole.ForeignError
		switch {
		case errors.As(err, &foreign):
			return changed, &Refusal{"file-foreign", foreign.Error(), "Move it away, if what is in it is not wanted."}
		case err != nil:
			return changed, err
		}
		words := map[whole.Change]string{whole.Same: Kept, whole.Made: Added, whole.Replaced: Edited}
		for _, line := range s.lines {
			r.Lines = append(r.Lines, Line{File: s.file, Text: line, Change: words[change], User: user})
		}
		changed = changed || change != whole.Same
	}
	return changed, nil
}

// foreign refuses, before anything is written, where a file is somebody else's.
func foreign(settings ...setting) error {
	_, err := put(&Report{}, "", true, settings...)
	return err
}

// removed takes settings away, or finds out which are there, and reports their lines.
func removed(r *Report, user string, dry bool, files ...string) (gone bool, err error) {
	for _, file := range files {
		text, there, err := whole.Remove(file, dry)
		if err != nil {
			return gone, err
		}
		if !there {
			continue
		}
		gone = true
		for line := range strings.Lines(text) {
			r.Lines = append(r.Lines, Line{File: file, Text: strings.TrimSuffix(line, "\n"), Change: Removed, User: user})
		}
	}
	return gone, nil
}

// daemonPatience is how long a daemon may take to read its settings.
const daemonPatience = 30 * time.Second

// tell has a program tell a daemon something.
func tell(name string, arguments ...string) error {
	program := "/usr/bin/" + name
	if !account.Present(program) {
		program = "/bin/" + name // where /usr was not merged
	}
	result, err := exec.AsSelf(exec.Program{
		Path: program, Arguments: arguments, Environment: []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}, Patience: daemonPatience, Errors: true,
	})
	command := name + " " + strings.Join(arguments, " ")
	switch {
	case err != nil:
		return fmt.Errorf("the files are written, and %s was not run: %w", command, err)
	case result.Status != 0:
		return fmt.Errorf("the files are written, and %s failed: %s", command, strings.TrimSpace(string(result.Output)))
	}
	return nil
}
