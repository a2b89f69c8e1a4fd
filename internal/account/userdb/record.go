package userdb

import (
	"errors"
	"strconv"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/text/json"
)

// wanted are the names of what is wanted in a record: name, id, and for a user the primary group.
func wanted(key lookup.Key) []string {
	if key.Group {
		return []string{"groupName", "gid"}
	}
	return []string{"userName", "uid", "gid"}
}

// parseReply understands {"parameters":{"record":{...}}} and {"error":"..."}; what else there is is passed over. Where a
// record has no id at its top, as that of a user of systemd-homed, whose id depends on the machine, others must be asked.
func parseReply(reply []byte, key lookup.Key) (account lookup.Account, found bool, err error) {
	top, err := json.Object(reply, "parameters", "error")
	if err != nil {
		return account, false, err
	}
	if top[1] != nil {
		return account, false, errorNamed(top[1])
	}
	parameters, err := json.Object(top[0], "record")
	if err != nil {
		return account, false, err
	}
	record, err := json.Object(parameters[0], wanted(key)...)
	switch {
	case err != nil:
		return account, false, err
	case record[1] == nil:
		return account, false, notServed()
	}
	return parseRecord(record)
}

// errorNamed is the error that the service names; nil if that is that there is no such account.
func errorNamed(value []byte) error {
	switch word, ok := json.Text(value); {
	case !ok || word == "":
		return json.ErrMalformed
	case word == "io.systemd.UserDatabase.NoRecordFound":
		return nil
	case word == "io.systemd.UserDatabase.ServiceNotAvailable":
		return notServed()
	default:
		return errors.New("error " + strconv.Quote(word[:min(len(word), 100)]))
	}
}

// parseRecord makes an account of the values of a record. A user without a group has the one of the same id
// (https://systemd.io/USER_RECORD); a group has none.
func parseRecord(values [][]byte) (account lookup.Account, found bool, err error) {
	var named, numbered, grouped bool
	account.Name, named = json.Text(values[0])
	account.ID, numbered = json.Integer(values[1])
	switch {
	case len(values) < 3:
		grouped = true
	case values[2] == nil:
		account.Primary, grouped = account.ID, true
	default:
		account.Primary, grouped = json.Integer(values[2])
	}
	if !named || !numbered || !grouped {
		return lookup.Account{}, false, json.ErrMalformed
	}
	return account, true, nil
}
