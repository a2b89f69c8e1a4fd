// Package obstacle goes past what stands in the way of a request, to find what else does.
//
// It changes the facts of a decision as if an obstacle had been removed, and leaves it to the packages that decide to say what
// would be left then. It is pure.
package obstacle

import (
	"errors"
	"math"
	"slices"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/usernic/plan"
)

// PastIDs makes facts as if why were no obstacle to a request, and reports whether it can: a command line that is wrong, and
// what the kernel never takes, cannot be removed.
func PastIDs(q idmap.Request, f *idmap.Facts, why verdict.Reason) bool {
	var foreign *idmap.Foreign
	var none *idmap.NotGranted
	var denied *idmap.Denied
	switch {
	case errors.As(why, &foreign):
		f.Owner = idmap.Owner{UID: f.User.UID, GID: f.User.GID}
		return f.User.Primary()
	case errors.As(why, &none):
		granted := none.Grants
		granted.Granted = idmap.SetOf(append(slices.Clone(granted.Granted.Ranges()), none.Mapping.Lower)...)
		f.Grants = &granted
	case errors.As(why, &denied):
		f.Forbidden = without(f.Forbidden, denied)
	case f.Grants != nil && f.Grants.Err != nil:
		f.Grants = &idmap.Grants{Source: f.Grants.Source, Granted: everything(q)}
	default:
		return false
	}
	return true
}

// without is the list without a row; empty, where it was not understood.
func without(f *idmap.Forbidden, denied *idmap.Denied) *idmap.Forbidden {
	if denied.Err != nil || f == nil {
		return &idmap.Forbidden{}
	}
	return &idmap.Forbidden{Rows: slices.DeleteFunc(slices.Clone(f.Rows), func(r idmap.Row) bool { return r == denied.Row })}
}

// everything are all IDs that are asked for.
func everything(q idmap.Request) idmap.Set {
	var all idmap.Set
	for _, m := range q.Asked {
		all.Add(m.Lower)
	}
	return all
}

// PastNIC makes facts as if err, a refusal or why a fact could not be gathered, were no obstacle, and reports whether it can.
func PastNIC(f *plan.Facts, err error) bool {
	_, next, refused := plan.Decide(*f)
	if refused == nil {
		return pastUnknown(f, next)
	}
	var none *plan.NotGranted
	var groups *plan.GroupsUnknown
	var lacks *plan.Unprotected
	var room *plan.NoRoom
	var address *plan.NoAddress
	switch {
	case errors.As(err, &none):
		f.Grants = unlimited(*f)
	case errors.As(err, &groups):
		f.Person.Doubt = nil
	case errors.As(err, &lacks):
		return pastLack(f, lacks)
	case errors.As(err, &room):
		return pastRoom(f, room)
	case errors.As(err, &address):
		f.Address = &plan.Choice{}
	case f.Room != nil: // the ports
		free := uint64(1)
		return pastPort(f, &free)
	default: // it is no bridge
		suppose(f)
	}
	return true
}

// pastUnknown makes up a fact that could not be gathered.
func pastUnknown(f *plan.Facts, next plan.Need) bool {
	switch next {
	case plan.Lines:
		f.Grants = unlimited(*f)
	case plan.Policy:
		f.Policy = &nics.Policy{}
	case plan.Namespace:
		f.Namespace = true
	case plan.Bridge, plan.OVS:
		suppose(f)
	case plan.Room:
		f.Room = &netquota.Plan{}
	case plan.Port:
		f.NextPort = new(uint64)
	case plan.Address:
		f.Address = &plan.Choice{}
	case plan.Nothing:
		return false
	}
	return true
}

// unlimited are lines that grant as much as anybody wants. They have the number 0: there are none.
func unlimited(f plan.Facts) *plan.Grants {
	return &plan.Grants{Allotments: []netquota.Allotment{{Owner: f.Person.Account.Names[0], Place: f.Place, Quota: math.MaxUint32}}}
}

// suppose makes facts as if there were a Linux bridge of the name that was asked for, with a port and an address that are
// free. Its index is 0: there is none.
func suppose(f *plan.Facts) {
	f.Device = &plan.Device{Name: f.Place.Bridge, Kind: "bridge", MTU: 1500, KnowsVLANs: true, Filters: true}
	f.NextPort, f.Address = new(uint64), &plan.Choice{}
}

// pastLack removes a protection that cannot be had: with a bridge that has it, or else with all that the policy says.
func pastLack(f *plan.Facts, lack *plan.Unprotected) bool {
	able := f.Device != nil && (lack.Why == plan.KernelWithoutVLANs || lack.Why == plan.BridgeWithoutVLANs)
	if able {
		device := *f.Device
		device.KnowsVLANs, device.Filters = true, true
		f.Device = &device
		return true
	}
	f.Policy = &nics.Policy{}
	return true
}

// pastRoom goes past a limit to the quotas, and past those.
func pastRoom(f *plan.Facts, room *plan.NoRoom) bool {
	var full *netquota.OverQuota
	rooms := f.Room.Rooms
	f.Room = &netquota.Plan{Rooms: rooms}
	if !errors.As(room.Err, &full) && filled(rooms) {
		full = &netquota.OverQuota{}
		for _, r := range rooms {
			full.Allotments = append(full.Allotments, r.Allotment)
			full.InUse = append(full.InUse, netquota.InUse{})
		}
		f.Room.Refusal = full
	}
	return true
}

// filled reports whether there are quotas, and none has room.
func filled(rooms []netquota.Room) bool {
	return len(rooms) > 0 && !slices.ContainsFunc(rooms, func(r netquota.Room) bool { return r.Taken < r.Allotment.Quota })
}

// pastPort takes the first port of a bridge, unless that was no help.
func pastPort(f *plan.Facts, port *uint64) bool {
	if f.NextPort != nil && *f.NextPort <= *port {
		return false
	}
	f.NextPort = port
	return true
}
