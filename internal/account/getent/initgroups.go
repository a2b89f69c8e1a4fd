package getent

import (
	"bytes"
	"time"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/account/passwd"
	"userns-helpers/internal/text/number"
)

// Listing returns the ids of the groups in which initgroups(3) would put these users, without their primary ones. All are asked
// for at once. The names are those of accounts that were found, and "--" ends the options. Errors: *Error, errMalformed.
func (s Switch) Listing(users []string) ([]lookup.Account, error) {
	result, err := s.execute(time.Now().Add(s.patience), append([]string{"initgroups", "--"}, users...)...)
	if err == nil && result.Status != found {
		err = endedWith(result.Status)
	}
	if err != nil {
		return nil, err
	}
	return parseInitgroups(result.Output, users)
}

// parseInitgroups reads one line for each user, in order: the name, and behind it the ids.
func parseInitgroups(output []byte, users []string) (groups []lookup.Account, err error) {
	for _, user := range users {
		line, rest, ended := bytes.Cut(output, []byte{'\n'})
		ids, named := bytes.CutPrefix(line, []byte(user))
		if !ended || !named || len(ids) > 0 && ids[0] != ' ' {
			return nil, errMalformed
		}
		for id := range bytes.FieldsSeq(ids) {
			gid, err := number.Decimal(id)
			if err != nil || gid >= passwd.NoID {
				return nil, errMalformed
			}
			groups = append(groups, lookup.Account{ID: uint32(gid)})
		}
		output = rest
	}
	if len(output) > 0 {
		return nil, errMalformed
	}
	return groups, nil
}
