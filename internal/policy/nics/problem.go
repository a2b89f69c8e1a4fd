package nics

import "strconv"

// Problem is something wrong in a policy: lxc-user-nic makes no interface then. It is an error.
type Problem struct {
	Line int // of the file, from 1; 0 is the whole file
	Text string
}

// Error names the line and what is wrong.
func (p *Problem) Error() string {
	if p.Line == 0 {
		return p.Text
	}
	return "line " + strconv.Itoa(p.Line) + ": " + p.Text
}
