// Package usernic is the program lxc-user-nic: it makes and deletes network interfaces for containers of ordinary users.
//
// It promises that a user gets an interface only where lxc-usernet(5) grants one, within the quota, in a network
// namespace that the user owns; that what fails leaves nothing behind; and that no user delays another, whatever becomes
// of the processes of either. docs/ledger.md has the argument.
package usernic

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/entry"
	"userns-helpers/internal/kernel/netns"
	"userns-helpers/internal/kernel/output"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/slots"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// name is that of the program in its messages, never what the caller calls it.
const name = "lxc-user-nic"

// outcome is what the program has to say when it succeeded, and how to take it back if nobody can be told.
type outcome struct {
	line string
	undo func() error
}

// Run is the program; arguments are those of the process, its name first. It returns the exit status: 0 if the interface
// was made or deleted and standard output took the line, 1 otherwise.
//
// On success standard error stays empty, and standard output gets one line in one write: liblxc reads both from one
// pipe, once.
func Run(arguments []string) int {
	if err := entry.Clean(arguments); err != nil {
		return complain(&output.Printer{}, err)
	}
	r := &run{arguments: arguments[min(1, len(arguments)):]}
	done, err := r.perform()
	printer := &output.Printer{Caller: r.caller}
	if err == nil {
		err = done.report(printer, r.record)
	} else {
		r.record(err) // a grant has its record already: it was written before anything was done
	}
	if err != nil {
		return complain(printer, err)
	}
	return 0
}

// complain prints why the program did not do what was asked, and returns the exit status.
func complain(printer *output.Printer, err error) int {
	_ = printer.Write(unix.Stderr, verdict.Text(name, usage, err))
	return 1
}

// report writes the line. Nothing that anybody waits for is held: the caller may never read it. What nobody took is
// recorded, then taken back.
func (o outcome) report(printer *output.Printer, record func(error)) error {
	if o.line == "" {
		return nil
	}
	err := printer.Write(unix.Stdout, []byte(o.line))
	if err == nil {
		return nil
	}
	untold := failed("Failed to write to standard output", err)
	record(untold)
	left := o.undo()
	if left != nil {
		record(left)
	}
	return errors.Join(untold, left)
}

// run is one run of the program, with the facts that a record of it needs. What was not reached is zero.
type run struct {
	arguments []string
	wanted    request
	caller    privilege.Caller
	person
	charge netquota.Allotment // what the interface is charged to
	host   string             // the name that it has on the host; "" before it has one
}

// perform is the story of the privilege.
func (r *run) perform() (outcome, error) {
	// Identify: who the caller is. From here on he cannot signal or starve the program.
	var err error
	if r.caller, err = privilege.Begin(entry.Usernic); err != nil {
		return outcome{}, failed("Failed to take the caller's settings back", err)
	}

	// Parse: what he wants. The program keeps what that needs, and one of his descriptors at most.
	if r.wanted, err = parse(r.arguments); err != nil {
		return outcome{}, err
	}
	if err := confine(r.caller, r.wanted.target.fd); err != nil {
		return outcome{}, err
	}
	if r.person, err = identify(r.caller); err != nil {
		return outcome{}, err
	}
	if r.wanted.verb == "delete" {
		return outcome{}, r.remove()
	}
	return r.create()
}

// create decides whether the caller may have the interface, and makes it.
func (r *run) create() (outcome, error) {
	// Decide: the administrator's lines and policy, then the namespace, opened once and with the caller's rights, then the bridge.
	charges, err := allowance(r.standing, r.who, r.doubt, r.wanted.place)
	if err != nil {
		_, err = explained(err, r.caller.Do)
		return outcome{}, err
	}
	asked, err := termsOf(r.person, r.wanted.place)
	if err != nil {
		return outcome{}, err
	}
	namespace, err := openNamespace(r.caller, r.wanted.target)
	if err != nil {
		return outcome{}, err
	}
	conn, book, err := open()
	if err != nil {
		return outcome{}, err
	}
	found, err := findBridge(conn, r.standing, r.wanted.place.Bridge)
	if err != nil {
		return outcome{}, err
	}
	if err := asked.possible(found); err != nil {
		return outcome{}, err
	}
	links := kernel{conn, found}
	secret, err := asked.secret()
	if err != nil {
		return outcome{}, err
	}

	// Act: the slots first, then the row, then the record, then the interface.
	claim, err := claim(book, r.who, charges, asked, links)
	if err != nil {
		return outcome{}, err
	}
	r.charge = claim.Allotment
	n := &nic{
		request: r.wanted, uid: r.caller.UID(), namespace: namespace, kernel: links, terms: asked, claim: claim, secret: secret, announce: r.granted,
	}
	line, err := n.make()
	return outcome{line, n.undo}, err
}

// open opens what every change needs: the kernel's socket, and the book.
func open() (*rtnl.Conn, *slots.Book, error) {
	conn, err := rtnl.Dial()
	if err != nil {
		return nil, nil, failed("Failed to open a netlink socket", err)
	}
	here, err := whereabouts(conn)
	if err != nil {
		return nil, nil, err
	}
	book, err := slots.OpenIn(paths.Ledger(), paths.Slots(), here)
	if err != nil {
		return nil, nil, failed("Failed to open the ledger", err)
	}
	return conn, book, nil
}

// whereabouts is the network namespace in which the program was started.
func whereabouts(conn *rtnl.Conn) (slots.Network, error) {
	first, name, err := conn.Here()
	if err != nil {
		return slots.Network{}, failed("Failed to identify the network namespace of the program", err)
	}
	return slots.Network{Initial: first, ID: name}, nil
}

// openNamespace opens the caller's network namespace, or says why it is not one.
func openNamespace(caller privilege.Caller, wanted reference) (*netns.Namespace, error) {
	namespace, err := reach(caller, wanted)
	if err == nil {
		return namespace, nil
	}
	return nil, notYours(caller.UID(), wanted, err)
}

// notYours says why a namespace is refused to uid.
func notYours(uid uint32, wanted reference, err error) error {
	headline := "Failed to open the network namespace of " + wanted.String()
	advice := err.Error()
	var refused *netns.Error
	if !errors.As(err, &refused) {
		return failed(headline, err)
	}
	switch refused.Reason {
	case netns.NotOwned:
		advice = "it belongs to a user namespace that uid " + decimal(uid) + " did not create: a container gets an interface " +
			"from the user who started it"
	case netns.Host:
		advice += ": an interface can only be made for a container with a network namespace of its own (lxc.net.0.type = veth)"
	case netns.Gone:
		advice += ": the container has ended"
	case netns.Unreachable, netns.NotNetwork: // nothing to add
	}
	return refuse(headline, advice)
}

// reach opens the namespace by the one of its three names that was given.
func reach(caller privilege.Caller, wanted reference) (*netns.Namespace, error) {
	switch {
	case wanted.path != "":
		return netns.OfPath(caller, wanted.path)
	case wanted.fd >= 0:
		return netns.OfDescriptor(caller, wanted.fd)
	}
	return netns.OfProcess(caller, wanted.pid)
}
