package sssd

import "userns-helpers/internal/account/lookup"

// Listing returns the ids of the groups that list one of these users, all asked in one Session. SSSD says the same of a user in
// no group, of one that it does not know, and of one that it cannot ask for now. Errors as of Session.
func (s Server) Listing(users []string) (groups []lookup.Account, err error) {
	err = s.Session(func(s Session) error {
		groups = nil // anew, where a session was interrupted
		for _, user := range users {
			body, err := s.ask(cmdGroupsOf, append([]byte(user), 0))
			if err != nil {
				return err
			}
			ids, ok := parseGroups(body)
			if !ok {
				return s.conn.Malformed("it is no list of groups")
			}
			groups = append(groups, ids...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return groups, nil
}

// parseGroups understands a list: how many, 0, and the id of each.
func parseGroups(body []byte) (groups []lookup.Account, ok bool) {
	if len(body) < 8 {
		return nil, false
	}
	count := word(body)
	body = body[8:]
	if count > mostGroups || uint64(len(body)) < 4*uint64(count) {
		return nil, false
	}
	for ; count > 0; count-- {
		groups, body = append(groups, lookup.Account{ID: word(body)}), body[4:]
	}
	return groups, true
}
