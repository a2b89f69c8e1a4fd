package grant

import (
	"bytes"
	"slices"
	"time"

	"userns-helpers/internal/account"
	"userns-helpers/internal/account/nsswitch"
	"userns-helpers/internal/account/passwd"
	"userns-helpers/internal/kernel/exec"
	"userns-helpers/internal/text/paths"
)

// database is one that getent(1) knows, and how its lines are read.
type database struct {
	name  string
	kind  string // of account, for people
	parse func([]byte) (passwd.Line, bool)
}

func users() database  { return database{"passwd", "user", passwd.User} }
func groups() database { return database{"group", "group", passwd.Group} }

// getentAlone reports whether getent is what answers for all accounts that are in no file: then it can be asked for many at
// once. Daemons are asked by their protocols, which tell those that do not know from those that do not answer.
func (h Host) getentAlone() bool {
	config, err := account.ReadSwitch(h.open)
	daemons := nsswitch.Lists(config.Passwd, nsswitch.SSS) || nsswitch.Lists(config.Group, nsswitch.SSS) || account.Present(paths.Userdb()) || account.Present(paths.Nscd())
	return err == nil && !daemons
}

// together asks getent for all of ids at once, and returns the first account that it knows. Not asked: it did not answer, or not
// for all: there are some that stop at the first ID that they do not know, so that root, whom all know, is the last one asked
// for.
func (d database) together(ids []uint32, patience time.Duration) (found account.Account, known, asked bool) {
	arguments := []string{d.name}
	for _, id := range ids {
		arguments = append(arguments, decimal(uint64(id)))
	}
	result, err := exec.AsSelf(exec.Program{
		Path: paths.Getent(), Arguments: append(arguments, "0"), Environment: []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}, Patience: patience,
	})
	if err != nil || !bytes.HasSuffix(result.Output, []byte("\n")) {
		return found, false, false
	}
	for line := range bytes.Lines(result.Output) {
		parsed, ok := d.parse(bytes.TrimSuffix(line, []byte{'\n'}))
		if !ok {
			return found, false, false
		}
		a := parsed.Account()
		if slices.Contains(ids, a.ID) && !known {
			found, known = a, true
		}
		asked = a.ID == 0
	}
	return found, known, asked || known
}
