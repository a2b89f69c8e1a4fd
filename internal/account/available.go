package account

import (
	"errors"

	"userns-helpers/internal/account/getent"
	"userns-helpers/internal/account/nscd"
	"userns-helpers/internal/account/userdb"
	"userns-helpers/internal/kernel/unixsock"
)

// available makes the error of a source that does not run, or does not serve what it was asked, an *UnavailableError.
func available(err error) error {
	var socket *unixsock.Error
	var program *getent.Error
	switch {
	case errors.As(err, &socket) && socket.NotRunning(), errors.As(err, &program),
		errors.Is(err, userdb.ErrUnavailable), errors.Is(err, nscd.ErrUnavailable):
		return &UnavailableError{err}
	}
	return err
}
