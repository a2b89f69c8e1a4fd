package grant

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"userns-helpers/internal/account"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/usernsctl/hostcheck"
)

// person is who is granted something.
type person struct {
	name  string   // by which lines are written
	uid   uint32   // that of nobody where there is no such account
	names []string // all that have the user id
}

// owners are the owners whose lines are the person's: see subid.OwnerOf.
func (p person) owners() []string {
	owners := []string{decimal(uint64(p.uid))}
	for _, name := range p.names {
		if canOwn(name) {
			owners = append(owners, name)
		}
	}
	return owners
}

// canOwn reports whether lines that begin with a name are those of the user called so.
func canOwn(name string) bool {
	return name != "" && !subid.IsUID(name) && !strings.ContainsAny(name[:1], "#+-")
}

// owner is what a new line begins with: the name, or the user id if login.defs(5) has it so or the name cannot own one.
func (p person) owner(d defs, setting string) string {
	if d.yes(setting) || !canOwn(p.name) {
		return decimal(uint64(p.uid))
	}
	return p.name
}

// person looks a user up, by name or user id. Errors: *Refusal if there is none.
func (h Host) person(text string) (person, error) {
	user, err := hostcheck.Named(h.directory, text)
	var unknown *account.UnknownError
	switch {
	case errors.As(err, &unknown) && unknown.Certain():
		return person{}, &Refusal{"unknown-user", "there is no user " + quote(text), "Make the account first (useradd), or correct the name."}
	case errors.As(err, &unknown):
		return person{}, &Refusal{"unknown-user", unknown.Error(), "Make the account first (useradd), correct the name, or give the user ID of a user whom only a name service knows."}
	}
	if err != nil {
		return person{}, err
	}
	users, err := h.directory.Users(user.ID)
	if err != nil {
		return person{}, err
	}
	p := person{name: user.Name, uid: user.ID, names: []string{user.Name}}
	for _, u := range users {
		if u.Name != user.Name {
			p.names = append(p.names, u.Name)
		}
	}
	return p, nil
}

// people are the accounts of this host's files with user IDs from least to most that have a login shell, one for each user
// id.
func (h Host) people(least, most uint64) ([]person, error) {
	var people []person
	index := make(map[uint32]int)
	err := h.eachUser(func(u local) {
		i, seen := index[u.ID]
		switch {
		case seen:
			people[i].names = append(people[i].names, u.Name)
		case uint64(u.ID) >= least && uint64(u.ID) <= most && u.logsIn():
			index[u.ID] = len(people)
			people = append(people, person{u.Name, u.ID, []string{u.Name}})
		}
	})
	slices.SortStableFunc(people, func(a, b person) int { return cmp.Compare(a.uid, b.uid) })
	return people, err
}
