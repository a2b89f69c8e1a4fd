package account

import (
	"errors"
	"slices"
	"strconv"
)

// Groups returns the groups of gids that have a name, in the order of gids, each once. A gid without a name is left
// out: that is no error.
//
// Errors: as of Users. With *SourceError, and with an *UnknownError that is not certain, come the groups that were found
// all the same: others of gids may have names too.
func (d Directory) Groups(gids []uint32) ([]Group, error) {
	s := groupSearch{
		names:   make(map[uint32]string, len(gids)),
		missing: slices.Compact(slices.Sorted(slices.Values(gids))),
		unknown: &UnknownError{},
	}
	err := s.among(d.local)
	if err == nil && len(s.missing) > 0 && d.beyond != nil {
		var sources []Source
		if sources, err = d.beyond(groups); err == nil {
			s.beyond = true
			err = s.among(sources)
		}
	}
	var failed *SourceError
	if err != nil && !errors.As(err, &failed) {
		return nil, err
	}
	return inOrder(gids, s.names), s.verdict(err)
}

// groupSearch is a search for groups.
type groupSearch struct {
	names   map[uint32]string
	missing []uint32 // sorted
	unknown *UnknownError
	beyond  bool
}

// verdict is the error of a search that goes on as far as it can.
func (s *groupSearch) verdict(err error) error {
	s.unknown.Key = s.key()
	if err == nil && len(s.missing) > 0 && !s.unknown.Certain() {
		return s.unknown
	}
	return err
}

// key names what is missing.
func (s *groupSearch) key() string {
	if len(s.missing) == 0 {
		return "groups"
	}
	text := "name for gid " + strconv.FormatUint(uint64(s.missing[0]), 10)
	if more := len(s.missing) - 1; more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text
}

// among asks sources for what is missing.
func (s *groupSearch) among(sources []Source) error {
	for _, source := range sources {
		if len(s.missing) == 0 {
			return nil
		}
		groups, err := source.Groups(s.missing)
		for _, g := range groups {
			if _, asked := slices.BinarySearch(s.missing, g.GID); !asked || !validName(g.Name) {
				return &AnswerError{s.key(), source.Describe()}
			}
			s.names[g.GID] = g.Name
		}
		s.missing = slices.DeleteFunc(s.missing, func(gid uint32) bool { return s.names[gid] != "" })
		var unavailable *UnavailableError
		switch {
		case errors.Is(err, errNobody):
			return nil
		case errors.As(err, &unavailable):
			s.unknown.Asked = append(s.unknown.Asked, Answer{source.Describe(), err})
		case err != nil && s.beyond:
			return &SourceError{s.key(), source.Describe(), err}
		case err != nil:
			return err
		}
	}
	return nil
}

// inOrder returns the named groups of gids, each once.
func inOrder(gids []uint32, names map[uint32]string) []Group {
	var groups []Group
	for _, gid := range gids {
		if name, ok := names[gid]; ok {
			groups = append(groups, Group{name, gid})
			delete(names, gid)
		}
	}
	return groups
}
