package policy

import "strconv"

// Part is what a problem refuses.
type Part int

// The parts of a policy.
const (
	Nics Part = iota // lxc-user-nic makes no interface
	Maps             // newuidmap and newgidmap write no map
	Both
)

// String says what is refused.
func (p Part) String() string {
	switch p {
	case Nics:
		return "lxc-user-nic"
	case Maps:
		return "newuidmap and newgidmap"
	case Both:
	}
	return "lxc-user-nic, newuidmap and newgidmap"
}

// Problem is something wrong in a policy. It is an error.
type Problem struct {
	Line    int // of the file, from 1; 0 is the whole file
	Text    string
	Refuses Part
}

// Error names the line and what is wrong.
func (p *Problem) Error() string {
	if p.Line == 0 {
		return p.Text
	}
	return "line " + strconv.Itoa(p.Line) + ": " + p.Text
}
