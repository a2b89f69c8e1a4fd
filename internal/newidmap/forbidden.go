package newidmap

import (
	"errors"
	"strconv"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/policy/forbidden"
	"userns-helpers/internal/text/verdict"
)

// checkForbidden refuses ids of the host that forbidden-host-ids(5) never lets be mapped, whatever is granted. An own id
// alone is always allowed: the kernel would let the caller map it without this program. The file is read only if there is
// another; where there is no file nothing is forbidden, and where it cannot be read or understood everything is.
func (p program) checkForbidden(u user, asked []idmap.Mapping) error {
	var others []idmap.Mapping
	for _, m := range asked {
		if !m.Own(p.own(u)) {
			others = append(others, m)
		}
	}
	if len(others) == 0 {
		return nil
	}
	ids, err := readForbidden(p.forbidden, p.standing)
	if err != nil {
		return p.unknownForbidden(others[0], err)
	}
	for _, m := range others {
		if entry, denied := ids.Denies(m.Lower); denied {
			return p.denied(m, p.forbidden+" line "+strconv.Itoa(entry.Line)+" forbids "+entry.Range.String()+" to everybody")
		}
	}
	return nil
}

// grantsForbiddenOwn reports whether all that was granted of what is asked for is the own id, and that is forbidden. An own
// id may be mapped all the same; but then without what the grant of an own group would add, the right to setgroups(2).
func (p program) grantsForbiddenOwn(u user, d *Decision) bool {
	own := idmap.Range{}
	for i, m := range d.Asked {
		switch {
		case d.Rules[i] != idmap.ByGrant:
		case !m.Own(p.own(u)):
			return false
		default:
			own = m.Lower
		}
	}
	ids, err := readForbidden(p.forbidden, p.standing)
	_, denied := ids.Denies(own)
	return denied || err != nil
}

// readForbidden reads the list at path, of being who it decides for; no path is no list.
func readForbidden(path string, of privilege.Standing) (forbidden.IDs, error) {
	if path == "" {
		return forbidden.IDs{}, nil
	}
	file, err := trusted.OpenOptional(path, of)
	if file == nil || err != nil {
		return forbidden.IDs{}, err
	}
	defer file.Close()
	return forbidden.Read(file)
}

// denied is the refusal of a range, in the words of one that is not granted.
func (p program) denied(m idmap.Mapping, why string) error {
	return &verdict.Refusal{Headline: string(append(m.Append([]byte(p.kind.Word()+" range ")), " not allowed"...)), Advice: why}
}

// unknownForbidden is the answer while nobody knows what is forbidden.
func (p program) unknownForbidden(m idmap.Mapping, err error) error {
	const only = "; until then only your own id can be mapped"
	var wrong *forbidden.Error
	var untrusted *trusted.UntrustedError
	switch {
	case errors.As(err, &wrong):
		return p.denied(m, p.forbidden+" says which ids are never mapped, and has a mistake: "+wrong.Error()+
			": correct it (forbidden-host-ids(5))"+only)
	case errors.As(err, &untrusted):
		return p.denied(m, untrusted.Error()+": it says which ids are never mapped, so "+untrusted.Remedy()+only)
	}
	return &verdict.Failure{
		Headline: "cannot open " + p.forbidden + ": " + strerror(err), Err: err,
		Advice: "it says which ids are never mapped: make it readable (chmod 644, and 755 for its directory), or remove it" + only,
	}
}
