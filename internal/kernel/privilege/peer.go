package privilege

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/raw"
)

// Peer is who connected to a socket, as the kernel noted it at connect(2): SO_PEERCRED, SO_PEERGROUPS, SO_PEERPIDFD of
// unix(7). What a process sends about itself (SCM_CREDENTIALS) never counts: a setuid program whose standard error is the
// socket would send it for whoever ran it.
type Peer struct {
	UID, GID uint32 // effective ids, in this user namespace
	PID      int    // in this PID namespace: a number, for the record
	groups   []uint32
	pidfd    int
}

// PeerError says that a peer is served by nobody.
type PeerError struct {
	Why PeerFault
	Err error // may be nil
}

// PeerFault is what is wrong with a peer.
type PeerFault int

// The faults.
const (
	PeerUnknown   PeerFault = iota // the kernel does not say who it is
	PeerUnmapped                   // its user or group id may be one that this user namespace does not contain
	PeerGone                       // its process has ended: nobody can say where it was
	PeerElsewhere                  // it is in another PID namespace
)

// Error names the fault.
func (e *PeerError) Error() string {
	return [...]string{"the peer is not known", "the peer has no id here", "the peer has ended", "the peer is in another PID namespace"}[e.Why]
}

// Unwrap returns the cause.
func (e *PeerError) Unwrap() error { return e.Err }

// Serve is Begin for a process that root started for one connection: it makes a Caller of the peer's credentials. The ids
// with which the process was executed are root's, and never those of a caller: where they are others, the process was not
// started by the service, and nobody is served.
//
// The supplementary groups of this thread become the peer's. The other threads run nothing of the program's.
//
// Passed is a pidfd of the peer's process that was opened when the connection was taken, or -1: it counts before Linux 6.5,
// which keeps none. There a number alone would be worth nothing: root in a container could have the process of a peer end, and
// wait until one of the host has its number.
//
// Elsewhere allows a peer in another PID namespace below this one: uid 1000 of a container without a user namespace looks
// like uid 1000 of the host.
//
// Errors: *PeerError, and those of Begin. The Caller with an error is nobody's, and allowed nothing.
func Serve(connection, passed int, own Set, elsewhere bool) (Caller, Peer, error) {
	none := Caller{uid: nobodys, gid: nobodys}
	limitTime()
	root, err := rootAlone(own)
	if err != nil {
		return none, Peer{}, err
	}
	if passed >= 0 {
		unix.CloseOnExec(passed) // and so not among the inherited
	}
	if err := CloseInherited(connection); err != nil {
		return none, Peer{}, err
	}
	peer, err := peerOf(connection, passed)
	if err == nil && !elsewhere {
		err = peer.here()
	}
	if err != nil {
		return none, peer, err
	}
	groups := make([]int, 0, len(peer.groups))
	for _, g := range peer.groups {
		groups = append(groups, int(g))
	}
	if err := unix.Setgroups(groups); err != nil {
		return none, peer, changeGroup.failed(err)
	}
	caller := root
	caller.uid, caller.gid, caller.groups, caller.peer = peer.UID, peer.GID, peer.groups, true
	return caller, peer, nil
}

// Attend is Begin for the part of the service that starts others, which has no end and no caller: root, and nobody else, may
// have executed it. What is in keep stays permitted, for those that this thread executes; nothing is effective, and nothing
// can be gained any more (no_new_privs).
func Attend(own, keep Set) error {
	root, err := rootAlone(own)
	if err != nil {
		return err
	}
	spreadOthers() // with the capabilities that they have, too
	if err := noMoreByExecuting(); err != nil {
		return err
	}
	kept := exactly(keep & root.permitted)
	kept[0].Effective, kept[1].Effective = 0, 0
	return kept.set()
}

// rootAlone begins a process that root, and nobody else, may have executed.
func rootAlone(own Set) (Caller, error) {
	if err := Locked.on(); err != nil {
		return Caller{}, err
	}
	root, err := begin(own)
	switch {
	case err != nil:
		return Caller{}, err
	case root.uid != 0 || root.gid != 0 || !root.raised || !isRoot():
		return Caller{}, beginAs.failed(unix.EPERM)
	}
	return root, nil
}

// peerOf asks the kernel.
func peerOf(connection, passed int) (Peer, error) {
	credentials, err := unix.GetsockoptUcred(connection, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return Peer{}, &PeerError{PeerUnknown, err}
	}
	p := Peer{UID: credentials.Uid, GID: credentials.Gid, PID: int(credentials.Pid), pidfd: -1}
	// What has no id here is shown by the overflow ids, so that whoever has those is not told apart from it: user nobody, too.
	if nobody := overflow(); max(p.UID, p.GID) == nobodys || p.UID == nobody || p.GID == overflowGroup() {
		return p, &PeerError{PeerUnmapped, nil}
	}
	if p.groups, err = peerGroups(connection); err != nil {
		return p, &PeerError{PeerUnknown, err}
	}
	unmapped := overflowGroup()
	p.groups = slices.DeleteFunc(p.groups, func(g uint32) bool { return g == unmapped })
	p.pidfd, err = peerPidfd(connection, passed, p.PID)
	return p, err
}

// mostGroups is NGROUPS_MAX of the kernel.
const mostGroups = 1 << 16

// peerGroups are the supplementary groups of the peer.
func peerGroups(connection int) ([]uint32, error) {
	groups := make([]uint32, 64)
	for {
		n, err := raw.PeerGroups(connection, groups)
		switch {
		case err == nil:
			return groups[:n], nil
		case !errors.Is(err, unix.ERANGE) || len(groups) == mostGroups:
			return nil, err
		}
		groups = make([]uint32, mostGroups)
	}
}

// peerPidfd is a pidfd of the peer. Before Linux 6.5 the kernel gives none for a socket, and it is the one that was passed.
func peerPidfd(connection, passed, pid int) (int, error) {
	fd, err := unix.GetsockoptInt(connection, unix.SOL_SOCKET, unix.SO_PEERPIDFD)
	switch {
	case err == nil:
		unix.CloseOnExec(fd)
		return fd, nil
	case pid <= 0:
		return -1, &PeerError{PeerElsewhere, nil}
	case errors.Is(err, unix.ENOPROTOOPT) && passed >= 0:
		return passed, nil
	}
	return -1, &PeerError{PeerGone, err}
}

// here refuses a peer that is in another PID namespace than this process. What the kernel says of a pidfd (fdinfo, NSpid)
// needs no permission, as /proc/PID/status does where /proc is mounted with hidepid: the numbers that the process has in the
// PID namespace of this procfs, and in those below that it is in.
func (p Peer) here() error {
	text, err := readShort("/proc/self/fdinfo/" + decimal(p.pidfd))
	if err != nil {
		return &PeerError{PeerUnknown, err}
	}
	for line := range strings.Lines(text) {
		numbers, found := strings.CutPrefix(line, "NSpid:")
		if !found {
			continue
		}
		switch fields := strings.Fields(numbers); {
		case len(fields) == 1 && fields[0] == "-1":
			return &PeerError{PeerGone, nil}
		case len(fields) == 1 && fields[0] != "0":
			return nil
		}
		return &PeerError{PeerElsewhere, nil}
	}
	return &PeerError{PeerGone, nil}
}

// Login are the login's user id and the session id of the peer's process for the audit (proc_pid_loginuid(5)), as the
// service's own are nobody's; false where they cannot be read any more, or another process has the number by now.
func (p Peer) Login() (uid, session uint32, ok bool) {
	directory := "/proc/" + decimal(p.PID) + "/"
	uid, known := readNumber(directory + "loginuid")
	session, ok = readNumber(directory + "sessionid")
	return uid, session, known && ok && p.pidfd >= 0 && unix.PidfdSendSignal(p.pidfd, 0, nil, 0) != unix.ESRCH
}

// Plain makes this thread the caller's own, for a program without the privilege that it needs, and perhaps with some other, as an
// executable that is setuid and not root's has, or one with a file capability. It gives up every capability, so that what it opens
// from here on is what the caller can open (CVE-2018-6556), and makes all ids the real ones: a socket shows its peer the effective
// ones. Where they are the same
// already nothing is changed, which the kernel would refuse to ids that this user namespace does not contain.
func (c Caller) Plain() error {
	if c.permitted != 0 {
		if err := exactly(0).set(); err != nil {
			return err
		}
	}
	if r, e, s := unix.Getresgid(); r != e || e != s {
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESGID, uintptr(c.gid), uintptr(c.gid), uintptr(c.gid)); errno != 0 {
			return changeGroup.failed(errno)
		}
	}
	if r, e, s := unix.Getresuid(); r != e || e != s {
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(c.uid), uintptr(c.uid), uintptr(c.uid)); errno != 0 {
			return changeUser.failed(errno)
		}
	}
	return nil
}
