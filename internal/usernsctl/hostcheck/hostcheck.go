// Package hostcheck looks at a host for what an administrator should know about the ids and interfaces that users were
// granted: mistakes in files, grants that clash, programs that cannot work.
//
// It changes nothing and decides nothing. What a line grants it asks the packages that decide it. Where it cannot look,
// or where nothing on this host can tell, it says so.
package hostcheck

import (
	"errors"
	"io"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/exec"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/netquota/nearby"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernsctl/defsview"
	"userns-helpers/internal/usernsctl/drift"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/idspace"
	"userns-helpers/internal/usernsctl/living"
	"userns-helpers/internal/usernsctl/quietly"
)

// Host is the host that is looked at.
type Host struct {
	// Path is where users' shells find programs, directories separated by colons; "" for what login.defs(5) says.
	Path string

	root       string                                   // in front of every path; "" but in tests
	open       func(path string) (io.ReadCloser, error) // *Distrusted comes with an open file
	kind       func(name string) (string, error)        // of an interface of the host: "bridge"; ENODEV where there is none
	fileSystem func(path string) (unix.Statfs_t, error) // statfs(2)
	getent     func(exec.Program) (exec.Result, error)  // getent(1)
	living     func() living.View                       // nil: no process is looked at

	index func(name string) int // of an interface of the host; nil: whatever /sys shows is here

	// compare compares the interfaces of containers with the policy; nil where there is nothing to compare with.
	compare func(*nics.Policy, map[uint32]string, func(uid uint32) (plan.Person, error)) ([]drift.NIC, error)
}

// Here is this host.
func Here() Host {
	return Host{open: inspect, kind: kindOf, fileSystem: fileSystem, index: indexOf, living: living.Look, compare: compared, getent: exec.AsSelf}
}

// kindOf asks the kernel for the kind of an interface. What is too long for a name could be an alternative name, which
// lxc-usernet(5) does not have.
func kindOf(name string) (string, error) {
	if !ifname.Possible(name) {
		return "", unix.ENODEV
	}
	link, err := netlink.LinkByName(name)
	var missing netlink.LinkNotFoundError
	switch {
	case errors.As(err, &missing):
		return "", unix.ENODEV
	case err != nil:
		return "", err
	}
	return link.Type(), nil
}

// indexOf asks the kernel for the index of an interface, 0 where there is none.
func indexOf(name string) int {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return 0
	}
	return link.Attrs().Index
}

// check is one look at a host.
type check struct {
	Host
	report   finding.Report
	accounts accounts
	settings []defsview.Setting       // of login.defs
	spaces   map[string]idspace.Space // of /etc/subuid and /etc/subgid, by path
	rules    []nearby.Entry           // of lxc-usernet, those without a fault
	beyond   beyond                   // users whom the files do not know
	services []directory              // name services, and the ids that their accounts have
	never    []idmap.Row              // of forbidden-host-ids
	moves    *moves                   // where ranges can be moved to
	policy   *nics.Policy             // nil where it cannot be read, or has a mistake
}

// Check looks at everything.
func Check(h Host) *finding.Report {
	c := &check{Host: h, spaces: make(map[string]idspace.Space)}
	c.report.Findings, c.report.Unseen, c.report.Files = []finding.Finding{}, []finding.Unseen{}, []finding.File{}
	c.readAccounts()
	c.checkNsswitch()
	c.checkLoginDefs()
	c.checkSubids()
	c.checkDirectories()
	c.checkUsernet()
	c.checkPolicy()
	c.readPolicy()
	c.checkTables()
	c.checkNICs()
	c.checkForbidden()
	c.checkSpaces()
	c.checkKey()
	c.checkPrograms()
	c.checkKernel()
	c.checkLedger()
	c.checkLimits()
	c.checkLiving()
	c.accept()
	c.report.Finish()
	return &c.report
}

// Distrusted says that a file is open which the programs would refuse.
type Distrusted struct{ Reason *trusted.UntrustedError }

// Error names the file and the reason.
func (d *Distrusted) Error() string { return d.Reason.Error() }

// inspect opens a file, trusted or not.
func inspect(path string) (io.ReadCloser, error) {
	file, distrust, err := quietly.Open(path)
	switch {
	case err != nil:
		return nil, err
	case distrust != nil:
		return file, &Distrusted{distrust}
	}
	return file, nil
}

// accounts are the users and groups of this host's files.
type accounts struct {
	known  bool // the files could be read
	users  map[string]account.Account
	groups map[string]account.Account
	uids   ids
	gids   ids
	member map[string][]string // the groups that list a user
}

// ids are ids with one of their names each.
type ids struct {
	sorted []uint32
	name   map[uint32]string
}
