package userdb

import (
	"errors"
	"strconv"

	"userns-helpers/internal/account/lookup"
)

// errMalformed says that a reply is not one JSON object, has a wanted key twice, or has a wanted value of another type.
var errMalformed = errors.New("it is no record")

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
	top, err := object(reply, "parameters", "error")
	if err != nil {
		return account, false, err
	}
	if top[1] != nil {
		return account, false, errorNamed(top[1])
	}
	parameters, err := object(top[0], "record")
	if err != nil {
		return account, false, err
	}
	record, err := object(parameters[0], wanted(key)...)
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
	switch word, ok := text(value); {
	case !ok || word == "":
		return errMalformed
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
	account.Name, named = text(values[0])
	account.ID, numbered = integer(values[1])
	switch {
	case len(values) < 3:
		grouped = true
	case values[2] == nil:
		account.Primary, grouped = account.ID, true
	default:
		account.Primary, grouped = integer(values[2])
	}
	if !named || !numbered || !grouped {
		return lookup.Account{}, false, errMalformed
	}
	return account, true, nil
}
