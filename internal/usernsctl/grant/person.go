package grant

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"userns-helpers/internal/account"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/text/paths"
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

// person looks a user up, by name or user id. Errors: *Refusal if there is none, with *account.UnknownError where some could
// not be asked; or if names and IDs do not say the same.
func (h Host) person(text string) (person, error) {
	user, err := hostcheck.NamedAnywhere(h.directory, text)
	var unknown *account.UnknownError
	switch {
	case errors.As(err, &unknown) && unknown.Certain():
		return person{}, &Refusal{unknownUser, "there is no user " + quote(text), "Make the account first (useradd), or correct the name."}
	case errors.As(err, &unknown):
		refusal := &Refusal{unknownUser, unknown.Error(), "Make the account first (useradd), correct the name, or give the user ID of a user whom only a name service knows."}
		return person{}, errors.Join(refusal, unknown)
	}
	if err != nil {
		return person{}, err
	}
	users, err := h.directory.Users(user.ID)
	if err != nil {
		return person{}, err
	}
	if err := agree(user, users, func(called string) (account.Account, error) { return hostcheck.NamedAnywhere(h.directory, called) }); err != nil {
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

// unknownUser is the refusal of a user who is not there.
const unknownUser = "unknown-user"

// agree refuses a user whose ID has another name, or one of the names of whose ID has another ID: a name service can give
// an ID the name of somebody else, whose lines would be taken for this user's. IDs are what newuidmap goes by, names what
// lines have.
func agree(user account.Account, users []account.Account, byName func(string) (account.Account, error)) error {
	if !slices.ContainsFunc(users, func(u account.Account) bool { return u.Name == user.Name }) {
		return disagreement(user, quote(user.Name)+" has the user ID "+decimal(uint64(user.ID))+", which is that of "+quote(users[0].Name))
	}
	for _, u := range users {
		back, err := byName(u.Name)
		var unknown *account.UnknownError
		switch {
		case errors.As(err, &unknown):
			return disagreement(user, "the user ID "+decimal(uint64(user.ID))+" has the name "+quote(u.Name)+", by which nobody is known ("+unknown.Error()+")")
		case err != nil:
			return err
		case back.ID != user.ID:
			return disagreement(user, "the user ID "+decimal(uint64(user.ID))+" has the name "+quote(u.Name)+", which is that of the user ID "+decimal(uint64(back.ID)))
		}
	}
	return nil
}

// disagreement is the refusal where IDs and names do not say the same.
func disagreement(user account.Account, problem string) error {
	id := decimal(uint64(user.ID))
	return &Refusal{"user-ambiguous", problem, "Lines with that name could be meant for another user. Compare getent passwd " + id + " with getent passwd -- NAME, and correct " +
		paths.Passwd() + " or the name service; lines that begin with " + id + ": are the ID's alone."}
}

// people are the accounts of this host's files with user IDs from least to most that have a login shell, one for each user
// id. A name is that of its first line.
func (h Host) people(least, most uint64) ([]person, error) {
	var people []person
	index, named := make(map[uint32]int), make(map[string]uint32)
	err := h.eachUser(func(u local) {
		if first, seen := named[u.Name]; seen && first != u.ID {
			return
		}
		named[u.Name] = u.ID
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
