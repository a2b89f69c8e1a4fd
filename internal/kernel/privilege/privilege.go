// Package privilege is the only one that changes what this process may do: ids, capabilities, limits, descriptors.
//
// It promises that the caller, who chose everything that a process inherits, cannot signal or observe the program, nor
// starve it by limits, once Begin has returned, and that work done for the caller (Caller.Do) is done with the caller's rights and
// no others. It trusts what the kernel says of the ids with which it executed the program, and nothing else.
//
// Linux keeps credentials per thread. What the caller must not have over the process, and every capability that is not the
// program's own, goes before there is a second thread: package entry. What is changed here is the calling thread's. The
// calling goroutine stays on it, see Stay, so that "the thread" means one thing for the life of the program. The other
// threads are the runtime's, run nothing of the program's, and keep what the entry point left.
package privilege

import (
	"cmp"
	"runtime"
	"slices"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/entry"
)

// Caller is the user who ran the program, or who asked the service. Only Begin and Early make one from the real ids at
// execve(2), and Serve one from the credentials of a peer: a function that takes a Caller cannot be given a user of
// somebody else's choice.
type Caller struct {
	uid, gid  uint32
	groups    []uint32
	raised    bool
	permitted Set
	regrouped bool // Begin could make the effective group root's
	peer      bool // Serve made it: what this process inherited says nothing about the caller
	unfixed   bool // SECBIT_NO_SETUID_FIXUP: a change of user ids leaves capabilities as they are
}

// UID is the real user id.
func (c Caller) UID() uint32 { return c.uid }

// GID is the real group id.
func (c Caller) GID() uint32 { return c.gid }

// Groups are the supplementary group ids, in the kernel's order.
func (c Caller) Groups() []uint32 { return slices.Clone(c.groups) }

// Raised reports whether the program runs with effective user id 0, be it by its setuid bit or because root ran it.
func (c Caller) Raised() bool { return c.raised }

// Permitted is the set of the program's own capabilities with which it was started.
func (c Caller) Permitted() Set { return c.permitted }

// Stay is what keeps the goroutine that calls Begin on its thread.
type Stay int

const (
	// InInit says that an init function of package main calls Begin. All init functions run on the thread with which the process
	// began (package runtime, LockOSThread): the runtime has locked the goroutine to it. What such a program does not need is
	// the thread that LockOSThread starts, which starts threads for a goroutine that is locked: 4 in 100 of a call's time.
	// Begin fails on any other thread, and TestPrograms in cmd on a program that is not an init function.
	InInit Stay = iota
	// Locked has Begin lock it, for whoever calls it elsewhere.
	Locked
)

// on makes sure of it.
func (s Stay) on() error {
	switch {
	case s == Locked:
		runtime.LockOSThread()
	case unix.Gettid() != unix.Getpid():
		return stayOnThread.failed(unix.ESRCH)
	}
	return nil
}

// Begin reads who the caller is and then takes out of the caller's reach what the entry point has not taken yet: see the
// table in docs/process.md. It is called once, first. own is the set of the program's own capabilities. CloseInherited
// comes soon after it.
//
// Errors are those of the system calls and mean that the program must not go on. The Caller with an error is Early's.
func Begin(own Set, stay Stay) (Caller, error) {
	if err := stay.on(); err != nil {
		return Early(), err
	}
	limitTime()
	return begin(own)
}

// begin is Begin without an end, on a thread that the goroutine stays on.
func begin(own Set) (Caller, error) {
	raiseLimits() // first: to spread takes a descriptor
	spread()
	caller, err := identify()
	if err != nil {
		return Early(), err
	}
	if err := caller.take(own); err != nil {
		return Early(), err
	}
	return caller, shed(caller)
}

// Early is the caller as far as they are known without Begin: by ids alone, without groups and capabilities. It is for a
// program that says something and ends: the entry point has made the real user id root's, as whom nobody may wait for what
// the caller passed, nor look at anything of theirs. An id that is not known is nobody's.
func Early() Caller {
	uid, euid, gid := executed()
	return Caller{uid: uid, gid: gid, raised: euid == 0}
}

// noSetuidFixup is SECBIT_NO_SETUID_FIXUP of capabilities(7), which survives execve(2) as all securebits but one do. Only
// who has CAP_SETPCAP can set it: a service manager (SecureBits=), or a user in a namespace of one's own.
const noSetuidFixup = 1 << 2

// identify reads the caller's real ids, groups and the capabilities that this program has.
func identify() (Caller, error) {
	uid, euid, gid := executed()
	if max(uid, euid, gid) == nobodys {
		return Caller{}, readIDs.failed(unix.ENODATA)
	}
	groups, err := unix.Getgroups()
	if err != nil {
		return Caller{}, readGroups.failed(err)
	}
	now, err := capget()
	if err != nil {
		return Caller{}, readCaps.failed(err)
	}
	caller := Caller{uid: uid, gid: gid, raised: euid == 0, permitted: now.permitted()}
	caller.unfixed = caller.raised && look(unix.PR_GET_SECUREBITS)&noSetuidFixup != 0
	for _, g := range groups {
		caller.groups = append(caller.groups, uint32(g))
	}
	return caller, nil
}

// nobodys is an id that nobody has, -1 for the kernel.
const nobodys = ^uint32(0)

// executed are the ids with which the kernel executed this program, the real ones those of the caller, whatever the entry
// point has made of them since. Where it did not run nothing has changed them.
func executed() (uid, euid, gid uint32) {
	if entry.Own() != 0 {
		return entry.Executed()
	}
	ruid, effective, _ := unix.Getresuid()
	return uint32(ruid), uint32(effective), uint32(unix.Getgid())
}

// take sees to it that the real and saved user ids are 0 as well, and that no thread has a capability outside of own.
// kill(2) lets a sender reach a process whose real or saved user id is the sender's own: from here on the caller cannot
// stop, continue or kill the program. The effective group id of this thread becomes 0, so that files made from here on
// belong to root's group.
//
// The entry point of this program has done so for all threads, of which there was one; that of another would have left
// another set. Where none did, it is done here.
//
// Where the bounding set took CAP_SETUID away, the real user id stays the caller's: without it the effective id could
// never become the caller's again. Where it took CAP_SETGID, the group stays the caller's. A program that needs the
// other of the two works all the same (rootlesskit#404).
//
// A group that cannot be changed although there is the right to (a user namespace whose root has no group, a filter of
// system calls) stays the caller's as well: files may then have it, and no right comes from it.
func (c *Caller) take(own Set) error {
	var err error
	if left := Set(entry.Own()); left == 0 {
		err = c.takeHere(own)
	} else {
		err = c.taken(left, own)
	}
	if err != nil {
		return err
	}
	c.permitted &= own
	c.regrouped = c.raised && c.permitted.Has(Of(unix.CAP_SETGID)) && effectiveGroup(0) == nil
	return nil
}

// taken compares what the entry point left with what it has to leave: where it failed it has said nothing, and a filter of
// system calls can say that a call succeeded that was never made.
func (c *Caller) taken(left, own Set) error {
	ruid, euid, suid := entry.IDs()
	switch {
	case left != own:
		return beginAs.failed(unix.ENOEXEC)
	case c.becomesRoot() && (ruid != 0 || euid != 0 || suid != 0):
		return takeUser.failed(unix.EPERM)
	case !c.becomesRoot() && (ruid != c.uid || (euid == 0) != c.raised):
		return takeUser.failed(unix.EPERM)
	case !own.Has(c.permitted):
		return setCaps.failed(unix.EPERM)
	}
	return nil
}

// becomesRoot reports whether the program has to have root's real and saved user id.
func (c *Caller) becomesRoot() bool { return c.raised && c.permitted.Has(Of(unix.CAP_SETUID)) }

// rootGroup makes the effective group id of this thread 0 if it was that before.
func (c Caller) rootGroup() error {
	if !c.regrouped {
		return nil
	}
	return effectiveGroup(0)
}

// Do runs f with the caller's effective user and group ids and no effective capability, on this thread. The
// supplementary groups are always the caller's. Real and saved user ids stay 0, so that the caller cannot signal the
// program during that time, and so that Do can return; where the program was not raised there is nothing to change.
//
// Returns f's error. A thread that cannot get its ids back ends the process with status 1.
func (c Caller) Do(f func() error) error {
	if !c.raised {
		return f()
	}
	if err := c.lower(); err != nil {
		return err
	}
	defer func() {
		if c.raise() != nil {
			unix.Exit(1)
		}
	}()
	return f()
}

// lower makes the effective ids of this thread the caller's, and looks whether they are. The kernel clears the effective capabilities when the user
// id leaves 0 (capabilities(7), "Effect of user ID changes on capabilities"); the group goes first, while there is
// still the right to change it.
func (c Caller) lower() error {
	if err := effectiveGroup(c.gid); unix.Getegid() != int(c.gid) {
		return changeGroup.failed(cmp.Or(err, error(unix.EPERM)))
	}
	if err := effectiveUser(c.uid); unix.Geteuid() != int(c.uid) {
		return changeUser.failed(cmp.Or(err, error(unix.EPERM)))
	}
	return c.fixUp(0)
}

// raise undoes lower: the effective capabilities become the permitted ones when the user id comes back to 0.
func (c Caller) raise() error {
	if err := effectiveUser(0); err != nil && unix.Geteuid() != 0 {
		return changeUser.failed(err)
	}
	if err := c.fixUp(^Set(0)); err != nil {
		return err
	}
	return c.rootGroup()
}

// fixUp makes set the effective capabilities where the kernel was told not to, as far as they are permitted.
func (c Caller) fixUp(set Set) error {
	if !c.unfixed {
		return nil
	}
	return effective(set)
}

// same tells setresuid(2) and setresgid(2) to leave an id as it is.
const same = ^uintptr(0)

// effectiveUser sets the effective user id of this thread, and of no other.
func effectiveUser(uid uint32) error {
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, same, uintptr(uid), same); errno != 0 {
		return errno
	}
	return nil
}

// effectiveGroup sets the effective group id of this thread, and of no other.
func effectiveGroup(gid uint32) error {
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESGID, same, uintptr(gid), same); errno != 0 {
		return errno
	}
	return nil
}
