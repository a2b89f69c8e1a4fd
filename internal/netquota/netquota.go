// Package netquota decides who may have how many network interfaces where.
//
// lxc-usernet(5) says what the administrator granted: Allotments. What exists is in a Snapshot, which package slots takes; and
// Snapshot.Plan says which slots another interface gets, or why it gets none. Nothing here makes a system call.
//
// It promises that a plan leaves no allotment and no limit with more living interfaces than it grants. That it still holds
// when it is carried out, whatever is killed or frozen at whatever instruction, is the promise of package slots.
package netquota

// Account is what lines of lxc-usernet can name: one user, under each of the names of that uid, and the groups.
type Account struct {
	UID    uint32
	Names  []string
	Groups []string
}

// Owners are the owners that lines can have that apply to the account.
func (a Account) Owners() []string {
	owners := append([]string(nil), a.Names...)
	for _, g := range a.Groups {
		owners = append(owners, "@"+g)
	}
	return owners
}

// Place is where an interface goes.
type Place struct {
	Type   string // "veth"
	Bridge string // a bridge, or "none"
}

// Allotment is the sum of an owner's lines for one place: the account that an interface is charged to.
type Allotment struct {
	Owner string // as the line has it: a user name, or @group
	Place Place
	Quota uint64 // how many interfaces may live at once
	Line  int    // number of the first line that grants it
}

// Limits are those on the interfaces of a user that hold besides the quotas of the allotments.
type Limits struct {
	User      Limit // of all interfaces of the user, on all bridges
	Member    Limit // of those that are charged to one @group at one place
	PerMinute Limit // of all that are begun within a minute, which need not live
}

// Limit is a number of interfaces.
type Limit struct {
	Set  bool
	Most uint64
}
