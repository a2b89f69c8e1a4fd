// Package hostile attacks the installed programs as their callers can: with the environment, signals, descriptors,
// limits and cgroups that a caller chooses, by freezing and killing them at every system call, and by racing them. Each
// test is named for the threat that it covers; docs/threat-model.md cites the names. The script run starts the suite.
//
// What happens "at a system call" is exact: the programs run under ptrace(2) with root as the tracer, which leaves the
// setuid bit in force and can hold or kill the program between any two system calls of any of its threads.
package hostile
