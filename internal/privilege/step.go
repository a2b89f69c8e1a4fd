package privilege

// Step is a protection, or a change of rights, that this package asks the kernel for.
type Step struct {
	Verb string // "set no_new_privs"
	Call string // the system call, "prctl(2)"
}

// StepError is a step without which the program must not go on, and which the kernel, a filter of system calls
// (seccomp(2)) or a container's kernel (gVisor) refused.
type StepError struct {
	Step
	Err error
}

// Error names the step, the system call and the cause.
func (e *StepError) Error() string { return "cannot " + e.Verb + " (" + e.Call + "): " + e.Err.Error() }

// Unwrap returns the cause.
func (e *StepError) Unwrap() error { return e.Err }

// The steps that can be fatal. What is not here is tried, and its failure costs nothing but what it protects the caller's
// own call from.
var (
	readGroups    = Step{"read the caller's groups", "getgroups(2)"}
	readCaps      = Step{"read this program's capabilities", "capget(2)"}
	blockSignals  = Step{"block signals", "rt_sigprocmask(2)"}
	signalThread  = Step{"signal its own threads", "tgkill(2)"}
	takeUser      = Step{"take root's user id, against the caller's signals", "setresuid(2)"}
	changeUser    = Step{"change the effective user id", "setresuid(2)"}
	changeGroup   = Step{"change the effective group id", "setresgid(2)"}
	hideMemory    = Step{"keep others from looking into this process", "prctl(2), PR_SET_DUMPABLE"}
	gainNothing   = Step{"keep programs that it executes from gaining privilege", "prctl(2), PR_SET_NO_NEW_PRIVS"}
	setCaps       = Step{"give capabilities up", "capset(2)"}
	closePassedOn = Step{"close the descriptors that the caller passed", "close_range(2) and /proc/self/fd"}
)

// failed is s with the cause; nil if there is none.
func (s Step) failed(err error) error {
	if err == nil {
		return nil
	}
	return &StepError{s, err}
}

// OfCapabilities reports whether it is about capabilities, and not about ids, descriptors or flags.
func (e *StepError) OfCapabilities() bool { return e.Step == setCaps || e.Step == readCaps }
