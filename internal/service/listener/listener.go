// Package listener is the part of the service that all callers share: it takes connections, and starts a worker for each
// that has sent something.
//
// It never reads a byte of a peer, nor holds anything of a peer's but a connection. It promises that no local user keeps it
// from the others: whose turn it is, and whose connection goes, is package turns' to decide; it waits for nobody; a worker
// that takes too long is killed. What a worker does, it knows by the worker's end alone.
package listener

import (
	"errors"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/exec"
	"userns-helpers/internal/kernel/listening"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/service/turns"
)

// Bounds of what callers can make the service hold.
const (
	waitingOfOne = 64
	runningOfOne = 8
	waitingOfAll = 4096
	workers      = 64
	longest      = 60 * time.Second        // that a worker may take
	fair         = 2500 * time.Millisecond // that one may take whose place belongs to somebody with fewer: longer than for a whole request
	tolerable    = 5 * time.Second         // that one may take which holds up somebody else
	spare        = 2 * grave               // descriptors that connections leave: pidfds, files, those that are to be buried
)

// How many connections are accepted before others are looked at, and how many are buried by one process: that many are not
// kept for a moment either, so that no loop of connects fills the table of descriptors with them.
const (
	batch = 128
	grave = 1024
	mass  = 8 * grave // that are buried at once, of an owner whose burials do not end
)

// service is a listener at work.
type service struct {
	socket int
	poll   *listening.Poll
	turns  *turns.Turns
	ranges ranges
	Commands
	running map[int]work     // by pidfd
	worker  map[int]int      // the pidfd of a connection's
	owner   map[int]string   // whose a connection is
	peers   map[int]int      // pidfds of those who made it, where the kernel does not keep them
	keeps   bool             // it does
	graves  *turns.Graves    // connections that are ended, and that something lies in
	guarded bool             // new connections carry no descriptors before they are taken
	buried  time.Time        // when the last ones were
	crowded bool             // the socket is not looked at: descriptors have run out
	failed  bool             // no worker could be started
	waiting map[int]struct{} // connections in poll
	since   []int            // pidfds of workers that were not killed, the oldest first
	overdue time.Time        // when the next one is to be killed for the others; zero: none
}

// work is a process of the service's.
type work struct {
	child      exec.Child
	connection int    // -1 for one that buries
	owner      string // whose connections it buries
	began      time.Time
}

// Commands are command lines of this program, its name first, and what is said to who has to come again.
type Commands struct {
	Worker []string // gets its connection as descriptor 3
	Passed []string // likewise, where it also gets a pidfd of the peer's process, as 4
	Burier []string // gets a pipe as 3, and any number of connections from 4 on
	Busy   []byte   // a whole message
}

// Run listens on a socket, with Attend's rights, until an error of the kernel's.
func Run(socket int, commands Commands) error {
	// The entry point turns garbage collection off, for programs that end. What the runtime opens for it, on the first
	// timer, it cannot do without, and is to have while there are descriptors.
	debug.SetGCPercent(100)
	time.Sleep(time.Microsecond)
	runtime.GC()
	poll, err := listening.NewPoll()
	if err != nil {
		return err
	}
	s := &service{
		socket: socket, poll: poll, Commands: commands, running: map[int]work{}, worker: map[int]int{}, waiting: map[int]struct{}{}, owner: map[int]string{},
		peers: map[int]int{}, keeps: listening.KeepsPeers(),
		turns:  turns.New(turns.Limits{Waiting: waitingOfOne, Running: runningOfOne, All: room(), Workers: workers}),
		graves: turns.NewGraves(grave, max(1, min(mass, limit()/8))),
	}
	listening.Let(socket, true) // one before may have ended in the meantime
	if err := poll.Add(socket); err != nil {
		return err
	}
	for {
		if err := s.round(); err != nil {
			return err
		}
	}
}

// room is how many connections may wait: what descriptors leave, of which each may have two.
func room() int { return max(waitingOfOne, min(waitingOfAll, (limit()-spare)/2)) }

// limit is how many descriptors this process may have; 0 if that is not known.
func limit() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return int(min(limit.Cur, 1<<30))
}

// round looks at everything once.
func (s *service) round() error {
	var ready []int
	if err := s.poll.Wait(s.patience(), func(fd int) { ready = append(ready, fd) }); err != nil {
		return err
	}
	// New connections come last: one would have the number of another that was ended just now, and be taken for it.
	knock := slices.Contains(ready, s.socket)
	for _, fd := range ready {
		s.look(fd)
	}
	if knock {
		s.accept()
	}
	s.killLate()
	s.serve()
	s.makeWay()
	s.bury()
	s.guard()
	return nil
}

// patience is how long nothing has to be done if nothing happens.
func (s *service) patience() time.Duration {
	switch {
	case s.graves.Due() || s.crowded || s.failed:
		return pause
	case !s.overdue.IsZero():
		return max(time.Until(s.overdue), time.Millisecond)
	case len(s.since) > 0:
		return max(time.Until(s.running[s.since[0]].began.Add(longest)), pause)
	}
	return time.Hour
}

// pause is between two tries of what did not succeed, and between two burials.
const pause = 50 * time.Millisecond

// look sees to a descriptor that is ready.
func (s *service) look(fd int) {
	switch _, waits := s.waiting[fd]; {
	case !waits:
		s.reap(fd)
	case listening.Sent(fd):
		s.forget(fd)
		s.turns.Due(fd)
	default: // the peer went away
		s.forget(fd)
		s.turns.Left(fd)
		s.end(fd)
	}
}

// forget waits for a connection no more.
func (s *service) forget(connection int) {
	s.poll.Remove(connection)
	delete(s.waiting, connection)
}

// accept takes connections that wait.
func (s *service) accept() {
	for range batch {
		connection, uid, pid, err := listening.Accept(s.socket)
		switch {
		case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE), errors.Is(err, unix.ENOMEM), errors.Is(err, unix.ENOBUFS):
			s.makeRoom()
			return
		case connection < 0 && (errors.Is(err, unix.EAGAIN) || err == nil):
			return
		case connection < 0: // one that was ended before
			continue
		}
		s.owner[connection] = s.ranges.now().To(uid, func() bool { return privilege.SharesUsers(pid) })
		if s.bar(connection) {
			continue
		}
		if !s.keeps {
			s.peers[connection] = listening.OpenPeer(pid)
		}
		if err != nil || s.poll.Add(connection) != nil {
			s.end(connection)
			continue
		}
		s.waiting[connection] = struct{}{}
		if drop, full := s.turns.Come(connection, s.owner[connection]); full {
			s.drop(drop)
		}
	}
}

// bar ends a connection of somebody whose burials do not end. Bytes alone lie in it, which nobody has to wait for. So they do not
// have ever more buriers. Others may send descriptors from here on.
func (s *service) bar(connection int) bool {
	switch {
	case listening.Lets(connection):
		return false // it was made before they were barred
	case !s.graves.Barred(s.owner[connection]):
		listening.Let(connection, true)
		return false
	}
	listening.Tell(connection, s.Busy)
	_ = unix.Close(connection)
	delete(s.owner, connection)
	return true
}

// guard has connections carry no descriptors before it is known whose they are, as long as the burials of somebody's do not
// end.
func (s *service) guard() {
	if barred := s.graves.AnyBarred(); barred != s.guarded && listening.Let(s.socket, !barred) {
		s.guarded = barred
	}
}

// makeRoom drops a connection where descriptors have run out; where none waits, the socket is left alone for a moment.
func (s *service) makeRoom() {
	if drop, ok := s.turns.Shed(); ok {
		s.drop(drop)
		return
	}
	if !s.crowded {
		s.poll.Remove(s.socket)
		s.crowded = true
	}
}

// drop ends a connection that waited; who sent something is told to come again.
func (s *service) drop(d turns.Drop) {
	if _, waits := s.waiting[d.Connection]; waits {
		s.forget(d.Connection)
	}
	listening.Tell(d.Connection, s.Busy)
	s.end(d.Connection)
}

// end ends a connection.
func (s *service) end(connection int) {
	if !listening.Close(connection) {
		s.graves.Add(connection, s.owner[connection])
	}
	delete(s.owner, connection)
	if process, ours := s.peers[connection]; ours {
		_ = unix.Close(process)
		delete(s.peers, connection)
	}
}

// serve starts workers for those whose turn it is.
func (s *service) serve() {
	for s.failed = false; ; {
		connection, ok := s.turns.Next()
		if !ok {
			return
		}
		if child, err := s.begin(connection); err != nil || !s.started(child, work{connection: connection}) {
			listening.Tell(connection, s.Busy)
			s.turns.Ended(connection)
			s.end(connection)
			s.failed = true // the others' turn comes in a moment
			return
		}
	}
}

// begin starts a worker for a connection.
func (s *service) begin(connection int) (exec.Child, error) {
	if process, ours := s.peers[connection]; ours && process >= 0 {
		return exec.Again(s.Passed, connection, process)
	}
	return exec.Again(s.Worker, connection)
}

// started has the end of a process waited for. Where the kernel cannot, it is ended at once, and nobody waits for that here.
func (s *service) started(child exec.Child, w work) bool {
	if s.poll.Add(child.Pidfd) != nil {
		child.Kill()
		go child.Reap()
		return false
	}
	w.child, w.began = child, time.Now()
	s.running[child.Pidfd] = w
	s.since = append(s.since, child.Pidfd)
	if w.connection >= 0 {
		s.worker[w.connection] = child.Pidfd
	}
	return true
}

// reap sees to a process that has ended. The connection is closed only now: while the worker lived, this process's descriptor
// was not the last one, and what lies in the connection was the worker's to close.
func (s *service) reap(pidfd int) {
	w, ours := s.running[pidfd]
	if !ours {
		return
	}
	s.poll.Remove(pidfd)
	delete(s.running, pidfd)
	s.since = slices.DeleteFunc(s.since, func(fd int) bool { return fd == pidfd })
	ended := w.child.Reap()
	if w.connection >= 0 {
		// A worker reads all of a call before it does anything: one that was killed before that has done nothing.
		if !ended && listening.Sent(w.connection) {
			listening.Tell(w.connection, s.Busy)
		}
		delete(s.worker, w.connection)
		s.turns.Ended(w.connection)
		s.end(w.connection)
	} else {
		s.graves.Ended(w.owner)
	}
}

// killLate kills those that have taken too long.
func (s *service) killLate() {
	for len(s.since) > 0 && time.Since(s.running[s.since[0]].began) >= longest {
		s.kill(s.since[0])
	}
}

// kill kills a process, once. One that no signal ends, as it waits for a file system in user space, counts against its caller until
// it does end.
func (s *service) kill(pidfd int) {
	w := s.running[pidfd]
	w.child.Kill()
	s.turns.Stuck(w.connection)
	s.since = slices.DeleteFunc(s.since, func(fd int) bool { return fd == pidfd })
}

// makeWay kills workers for whoever waits and has fewer, where there are no others: few owners could keep all of them, with
// calls that do not come to their end. A call that is killed has done all that it should or nothing; its caller asks again, or is told.
func (s *service) makeWay() {
	for {
		s.overdue = time.Time{}
		connection, unequal, ok := s.turns.Overdue()
		if !ok {
			return
		}
		patience := tolerable
		if unequal {
			patience = fair
		}
		pidfd := s.worker[connection]
		if end := s.running[pidfd].began.Add(patience); time.Now().Before(end) {
			s.overdue = end
			return
		}
		s.kill(pidfd)
		s.serve()
	}
}

// bury has connections closed by a process that may wait for it: to exit is all that it does, when this one has closed its own
// descriptors of them and the pipe. Each owner's are closed by processes of their own: some never end, as a file of a file
// system in user space may be among what lies in a connection.
func (s *service) bury() {
	if s.crowded && s.poll.Add(s.socket) == nil {
		s.crowded = false
	}
	for hasty := time.Since(s.buried) < pause; ; {
		owner, some := s.graves.Next(hasty)
		if len(some) == 0 || !s.buryThese(owner, some) {
			return // later
		}
	}
}

// buryThese starts such a process for connections of one owner's.
func (s *service) buryThese(owner string, some []int) bool {
	s.buried = time.Now()
	var pipe [2]int
	if unix.Pipe2(pipe[:], unix.O_CLOEXEC) != nil {
		return false
	}
	child, err := exec.Again(s.Burier, append([]int{pipe[0]}, some...)...)
	if err == nil {
		for _, connection := range some {
			_ = unix.Close(connection)
		}
		s.graves.Began(owner, len(some))
		if !s.started(child, work{connection: -1, owner: owner}) {
			s.graves.Ended(owner)
		}
	}
	_, _ = unix.Close(pipe[0]), unix.Close(pipe[1])
	return err == nil
}

// Bury is what such a process does. When the pipe is closed the listener has no descriptor of the connections any more; but a worker
// that was started just before may be in the middle of execve(2), where the kernel closes the copies that it has of them: it is
// not to be the last one. So this one waits until that is over.
func Bury() {
	var scrap [1]byte
	for {
		if _, err := unix.Read(3, scrap[:]); !errors.Is(err, unix.EINTR) {
			time.Sleep(executed)
			return
		}
	}
}

// executed is longer than execve(2) takes on a busy machine.
const executed = time.Second
