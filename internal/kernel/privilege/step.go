package privilege

// Step is a protection, or a change of rights, that a program asks the kernel for.
type Step int

// The steps that can be fatal. What is not here is tried, and its failure costs nothing but what it protects the caller's
// own call from. MakeOutput is package exec's.
const (
	stayOnThread Step = iota
	readIDs
	readGroups
	readCaps
	blockSignals
	beginAs
	takeUser
	changeUser
	changeGroup
	hideMemory
	gainNothing
	setCaps
	closePassedOn
	MakeOutput
)

var steps = [...]struct{ verb, call string }{
	stayOnThread:  {"stay on the thread with which the process began", "gettid(2)"},
	readIDs:       {"read the ids with which it was executed", "getauxval(3)"},
	readGroups:    {"read the caller's groups", "getgroups(2)"},
	readCaps:      {"read this program's capabilities", "capget(2)"},
	blockSignals:  {"block signals", "rt_sigprocmask(2)"},
	beginAs:       {"begin, linked with another program's entry point", "execve(2)"},
	takeUser:      {"take root's user id, against the caller's signals", "setresuid(2)"},
	changeUser:    {"change the effective user id", "setresuid(2)"},
	changeGroup:   {"change the effective group id", "setresgid(2)"},
	hideMemory:    {"keep others from looking into this process", "prctl(2), PR_SET_DUMPABLE"},
	gainNothing:   {"keep programs that it executes from gaining privilege", "prctl(2), PR_SET_NO_NEW_PRIVS"},
	setCaps:       {"give capabilities up", "capset(2)"},
	closePassedOn: {"close the descriptors that the caller passed", "close_range(2) and /proc/self/fd"},
	MakeOutput:    {"make a file for what it prints", "memfd_create(2)"},
}

// Verb says what the step does; it can follow "cannot".
func (s Step) Verb() string { return steps[s].verb }

// Call is the system call that does it, as the manual calls it.
func (s Step) Call() string { return steps[s].call }

// StepError is a step without which the program must not go on, and which the kernel, a filter of system calls
// (seccomp(2)) or a container's kernel (gVisor) refused.
type StepError struct {
	Step
	Err error
}

// Error names the step, the system call and the cause.
func (e *StepError) Error() string {
	return "cannot " + e.Verb() + " (" + e.Call() + "): " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *StepError) Unwrap() error { return e.Err }

// failed is s with the cause; nil if there is none.
func (s Step) failed(err error) error {
	if err == nil {
		return nil
	}
	return &StepError{s, err}
}

// OfCapabilities reports whether it is about capabilities, and not about ids, descriptors or flags.
func (e *StepError) OfCapabilities() bool { return e.Step == setCaps || e.Step == readCaps }
