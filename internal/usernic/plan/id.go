package plan

import (
	"errors"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/pool"
	"userns-helpers/internal/text/verdict"
)

// ID names the reason.
func (e *NotGranted) ID() verdict.ID {
	if e.NoFile {
		return "no-usernet"
	}
	return "not-granted"
}

// ID names the reason.
func (e *GroupsUnknown) ID() verdict.ID { return "groups-unknown" }

// ID names the reason.
func (e *OtherNetwork) ID() verdict.ID { return "other-network" }

// ID names the reason.
func (e *NoSuchBridge) ID() verdict.ID { return "no-such-bridge" }

// ID names the reason.
func (e *BridgeAlias) ID() verdict.ID { return "bridge-alias" }

// ID names the reason.
func (e *NotABridge) ID() verdict.ID { return "not-a-bridge" }

// ID names the reason.
func (e *BridgeFull) ID() verdict.ID { return "bridge-full" }

// ID names the reason.
func (e *NoPortLeft) ID() verdict.ID { return "no-port-left" }

// ID names the reason.
func (e *Unprotected) ID() verdict.ID { return "unprotected" }

// ID names the reason.
func (e *NoRoom) ID() verdict.ID {
	var limit *netquota.OverLimit
	var pace *netquota.RateLimited
	switch {
	case errors.As(e.Err, &pace):
		return "rate-limited"
	case errors.As(e.Err, &limit) && limit.OfMember():
		return "over-member-limit"
	case errors.As(e.Err, &limit):
		return "over-user-limit"
	}
	return "over-quota"
}

// ID names the reason.
func (e *NoAddress) ID() verdict.ID {
	if taken := (*pool.Taken)(nil); errors.As(e.Err, &taken) {
		return "address-taken"
	}
	return "no-address-left"
}

func (e *NotGranted) Error() string    { return string(e.ID()) }
func (e *GroupsUnknown) Error() string { return string(e.ID()) }
func (e *OtherNetwork) Error() string  { return string(e.ID()) }
func (e *NoSuchBridge) Error() string  { return string(e.ID()) }
func (e *BridgeAlias) Error() string   { return string(e.ID()) }
func (e *NotABridge) Error() string    { return string(e.ID()) }
func (e *BridgeFull) Error() string    { return string(e.ID()) }
func (e *NoPortLeft) Error() string    { return string(e.ID()) }
func (e *Unprotected) Error() string   { return string(e.ID()) }
func (e *NoRoom) Error() string        { return string(e.ID()) }
func (e *NoAddress) Error() string     { return string(e.ID()) }

// Unwrap returns the cause.
func (e *NoRoom) Unwrap() error { return e.Err }

// Unwrap returns the cause.
func (e *NoAddress) Unwrap() error { return e.Err }
