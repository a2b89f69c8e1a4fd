// Package e2e runs real LXC containers, and other callers, as ordinary users on the installed setuid programs.
//
// The suite takes the set of programs as a parameter, so that it is itself tried on Debian's (packages uidmap and lxc):
// what fails there and not here is named in the cases. The script run starts it in a private copy of the machine.
package e2e
