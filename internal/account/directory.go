package account

import "slices"

// Directory is the sources that are asked, in order; a hit ends a search.
type Directory []Source

// Users returns the accounts of uid, at least one. Errors: *UnknownError, *AnswerError, those of the sources
// (*trusted.UntrustedError, errno).
func (d Directory) Users(uid uint32) ([]User, error) {
	return d.search(uidKey(uid), func(s Source) ([]User, error) { return s.Users(uid) },
		func(u User) bool { return u.UID == uid })
}

// User returns the account of name. Errors: as Users; a name that cannot be one is unknown, and no source is asked.
func (d Directory) User(name string) (User, error) {
	if !validName(name) {
		return User{}, &UnknownError{Key: nameKey(name)}
	}
	users, err := d.search(nameKey(name), func(s Source) ([]User, error) { return s.User(name) },
		func(u User) bool { return u.Name == name })
	if err != nil {
		return User{}, err
	}
	return users[0], nil
}

// search asks one source after the other, and compares the answer with the question.
func (d Directory) search(key string, ask func(Source) ([]User, error), fits func(User) bool) ([]User, error) {
	unknown := &UnknownError{Key: key}
	for _, source := range d {
		users, err := ask(source)
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			if !fits(u) || !validName(u.Name) {
				return nil, &AnswerError{key, source.Describe()}
			}
		}
		if len(users) > 0 {
			return users, nil
		}
		unknown.Tried = append(unknown.Tried, source.Describe())
	}
	return nil, unknown
}

// Groups returns the groups of gids that have a name, in the order of gids, each once. A gid without a name is left
// out: that is no error. Errors: *AnswerError, those of the sources.
func (d Directory) Groups(gids []uint32) ([]Group, error) {
	names := make(map[uint32]string, len(gids))
	missing := slices.Compact(slices.Sorted(slices.Values(gids)))
	for _, source := range d {
		groups, err := source.Groups(missing)
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			if _, asked := slices.BinarySearch(missing, g.GID); !asked || !validName(g.Name) {
				return nil, &AnswerError{"groups", source.Describe()}
			}
			names[g.GID] = g.Name
		}
		missing = slices.DeleteFunc(missing, func(gid uint32) bool { return names[gid] != "" })
		if len(missing) == 0 {
			break
		}
	}
	return inOrder(gids, names), nil
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
