package userdb

import "errors"

// keys are the names of what is wanted in a record.
type keys struct{ name, id, primary string }

func userKeys() keys  { return keys{"userName", "uid", "gid"} }
func groupKeys() keys { return keys{"groupName", "gid", ""} }

// errMalformed says that a reply is not one JSON object, has a wanted key twice, or has a wanted value of another type.
var errMalformed = errors.New("malformed")

// parseReply understands {"parameters":{"record":{...}}} and {"error":"..."}; what else there is is passed over. Where a
// record has no id at its top, as that of a user of systemd-homed, whose id depends on the machine, others must be asked:
// ErrUnavailable. A user without a group has the one of the same id (https://systemd.io/USER_RECORD).
func parseReply(reply []byte, wanted keys) (account Account, word string, err error) {
	top, err := object(reply, "parameters", "error")
	if err != nil {
		return Account{}, "", err
	}
	if top[1] != nil {
		word, ok := text(top[1])
		if !ok || word == "" {
			return Account{}, "", errMalformed
		}
		return Account{}, word, nil
	}
	parameters, err := object(top[0], "record")
	if err != nil {
		return Account{}, "", err
	}
	record, err := object(parameters[0], wanted.name, wanted.id, wanted.primary)
	if err != nil {
		return Account{}, "", err
	}
	if record[1] == nil {
		return Account{}, "", ErrUnavailable
	}
	return wanted.account(record)
}

// account makes an account of the values of a record.
func (k keys) account(values [][]byte) (account Account, word string, err error) {
	name, named := text(values[0])
	id, numbered := integer(values[1])
	primary, grouped := id, true
	if values[2] != nil {
		primary, grouped = integer(values[2])
	}
	if k.primary == "" {
		primary = 0
	}
	if !named || !numbered || !grouped {
		return Account{}, "", errMalformed
	}
	return Account{name, id, primary}, "", nil
}
