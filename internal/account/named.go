package account

import (
	"strings"

	"userns-helpers/internal/account/passwd"
	"userns-helpers/internal/text/number"
)

// Named returns the account of a login name, or the first one of a user id in decimal. A text of digits only is a user
// id, as in the files of grants. Errors: as Directory.Users.
func (d Directory) Named(text string) (Account, error) {
	if strings.Trim(text, "0123456789") != "" || text == "" {
		return d.User(text)
	}
	uid, err := number.Decimal(text)
	if err != nil || uid >= passwd.NoID {
		return Account{}, &UnknownError{Key: userKey(text)}
	}
	users, err := d.Users(uint32(uid))
	if err != nil {
		return Account{}, err
	}
	return users[0], nil
}
