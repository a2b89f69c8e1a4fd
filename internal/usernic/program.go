// Package usernic is the program lxc-user-nic: it makes and deletes network interfaces for containers of ordinary users.
//
// It promises that a user gets an interface only where lxc-usernet(5) grants one, within the quota, in a network
// namespace that the user owns; that what fails leaves nothing behind; and that no user delays another, whatever becomes
// of the processes of either. docs/ledger.md has the argument.
package usernic

import (
	"errors"
	"net/netip"

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
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernic/whynot"
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
		return complain(&output.Printer{Caller: privilege.Early()}, whynot.Explain(failed(whynot.Restart, err), whynot.Eyes{}))
	}
	r := &run{arguments: arguments[min(1, len(arguments)):]}
	done, err := r.perform()
	printer := &output.Printer{Caller: r.caller}
	if err != nil {
		v := r.why(err)
		if !r.answered {
			r.ended(v)
		}
		return complain(printer, v)
	}
	if err := printer.Write(unix.Stdout, []byte(done.line)); done.line != "" && err != nil {
		return complain(printer, r.untold(done, failed(whynot.WriteOutput, err)))
	}
	return 0
}

// complain prints why the program did not do what was asked, and returns the exit status.
func complain(printer *output.Printer, v verdict.Verdict) int {
	_ = printer.Write(unix.Stderr, v.Text(name, usage))
	return 1
}

// why puts into words why the run ended. It looks around with the caller's rights.
func (r *run) why(err error) verdict.Verdict {
	return whynot.Explain(err, whynot.Eyes{Do: r.caller.Do, Standing: r.standing})
}

// untold takes back what was made, as nobody took the line about it, and err says why. Nothing that others wait for is held by
// then: the caller may never read. That is recorded first, then what could not be taken back.
func (r *run) untold(done outcome, err error) verdict.Verdict {
	v := r.why(err)
	r.ended(v)
	if left := done.undo(); left != nil {
		r.ended(r.why(left))
	}
	return v
}

// run is one run of the program, with the facts that a record of it needs. What was not reached is zero.
type run struct {
	arguments []string
	wanted    request
	caller    privilege.Caller
	person
	charge netquota.Allotment // what the interface is charged to
	host   string             // the name that it has on the host; "" before it has one
	own    netip.Addr         // its own IPv4 address, if it has one

	answered bool            // the service said what became of it, and has recorded that
	peer     *privilege.Peer // for whom this process works, where it is the service's
	received int             // the descriptor that came with the peer's call
	unopened string          // why none did
	abroad   bool            // the peer is in another network namespace
}

// perform is the story of the privilege.
func (r *run) perform() (outcome, error) {
	// Identify: who the caller is. From here on they cannot signal or starve the program.
	var err error
	if r.caller, err = privilege.Begin(entry.Usernic, privilege.InInit); err != nil {
		return outcome{}, failed(whynot.Reset, err)
	}

	// Parse: what they want. The program keeps what that needs, and one of their descriptors at most.
	if r.wanted, err = parse(r.arguments); err != nil {
		return outcome{}, err
	}
	if !r.caller.Raised() {
		return r.ask()
	}
	if err := privilege.CloseInherited(r.wanted.target.fd); err != nil {
		return outcome{}, failed(whynot.CloseDescriptors, err)
	}
	return r.decide()
}

// decide is the story from where it is known who wants what: the same in the program and in the service.
func (r *run) decide() (done outcome, err error) {
	if err := confine(r.caller); err != nil {
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
	n := &nic{request: r.wanted, uid: r.caller.UID(), announce: r.granted}
	g := r.gatherer()
	g.namespace = func() (err error) {
		n.namespace, err = r.openNamespace()
		return err
	}
	decided, err := g.facts.Gather(plan.Room, g.gather)
	if err != nil {
		return outcome{}, err
	}

	// Act: the slots first, then the row, then the record, then the interface.
	n.terms = terms{decided.Terms}
	if err := n.open(g, decided.Link); err != nil {
		return outcome{}, err
	}
	if err := n.claimSlots(r.Account, decided); err != nil {
		return outcome{}, err
	}
	r.charge = n.claim.Allotment
	line, err := n.make()
	return outcome{line, n.undo}, err
}

// gatherer is one for what is wanted, of which nothing is known but who asks, and from where.
func (r *run) gatherer() *gatherer {
	facts := plan.Facts{Person: r.Person, Place: r.wanted.place, Container: r.wanted.container, Abroad: r.abroad}
	return &gatherer{facts: facts, standing: r.standing, listed: r.listed}
}

// open opens what making an interface needs: the kernel's socket, the book, and the key of addresses.
func (n *nic) open(g *gatherer, link plan.Link) (err error) {
	if n.book, err = g.open(); err != nil {
		return err
	}
	n.kernel = kernel{g.conn, bridge{link, g.found, g.standing}}
	n.secret, err = n.terms.secret()
	return err
}

// claimSlots takes a slot for the interface, of an allotment and of each limit, and counts it as begun.
func (n *nic) claimSlots(who netquota.Account, p plan.Plan) (err error) {
	n.claim, err = n.book.Claim(who, p.Allotments, plan.Limits(p.Terms.Limits), n.kernel)
	if refused := p.Terms.Without(who.Names[0], err); refused != nil {
		return refused
	}
	if err != nil {
		return failed(whynot.Count, err)
	}
	return nil
}

// open opens the kernel's socket, and the book of the network namespace in which the program was started.
func (g *gatherer) open() (*slots.Book, error) {
	if err := g.dial(); err != nil {
		return nil, err
	}
	here, err := whereabouts(g.conn)
	if err != nil {
		return nil, err
	}
	book, err := slots.OpenIn(paths.Ledger(), paths.Slots(), here)
	if err != nil {
		return nil, failed(whynot.OpenLedger, err)
	}
	return book, nil
}

// whereabouts is the network namespace in which the program was started.
func whereabouts(conn *rtnl.Conn) (slots.Network, error) {
	first, name, err := conn.Here()
	if err != nil {
		return slots.Network{}, failed(whynot.IdentifyNetwork, err)
	}
	return slots.Network{Initial: first, ID: name}, nil
}

// openNamespace opens the network namespace that the caller means, once, or says why it is not one of theirs.
func (r *run) openNamespace() (*netns.Namespace, error) {
	found, err := r.find()
	if err == nil {
		var namespace *netns.Namespace
		if namespace, err = found.Check(r.caller); err == nil {
			return namespace, nil
		}
	}
	return nil, notYours(r.caller.UID(), r.wanted.target, err)
}

// find finds it: among what the caller can reach, or it came with their call.
func (r *run) find() (netns.Found, error) {
	switch {
	case r.peer == nil:
		return reach(r.caller, r.wanted.target)
	case r.unopened != "":
		return netns.Found{}, &netns.Error{Reason: whynot.NamespaceReason(r.unopened)}
	}
	return netns.Received(r.received)
}

// notYours says why a namespace is refused to uid.
func notYours(uid uint32, wanted reference, err error) *whynot.Namespace {
	var refused *netns.Error
	if !errors.As(err, &refused) {
		refused = &netns.Error{Reason: netns.Unreachable, Err: err}
	}
	return &whynot.Namespace{PID: wanted.pid, FD: wanted.fd, Path: wanted.path, UID: uid, Err: refused}
}

// reach opens the namespace by the one of its three names that was given.
func reach(caller privilege.Caller, wanted reference) (netns.Found, error) {
	switch {
	case wanted.path != "":
		return netns.OfPath(caller, wanted.path)
	case wanted.fd >= 0:
		return netns.OfDescriptor(caller, wanted.fd)
	}
	return netns.OfProcess(caller, wanted.pid)
}
