package hostcheck

import (
	"strconv"

	"userns-helpers/internal/account"
	"userns-helpers/internal/account/passwd"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/text/number"
)

// Named returns the account of a login name, or the first one of a user id in decimal: which of the two a text is, is as in
// the files of grants. Errors: as account.Directory.Users.
func Named(directory account.Directory, text string) (account.Account, error) {
	if !subid.IsUID(text) {
		return directory.User(text)
	}
	uid, err := number.Decimal(text)
	if err != nil || uid >= passwd.NoID {
		return account.Account{}, &account.UnknownError{Key: "user " + strconv.Quote(text)}
	}
	users, err := directory.Users(uint32(uid))
	if err != nil {
		return account.Account{}, err
	}
	return users[0], nil
}
