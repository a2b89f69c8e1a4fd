// Package nics holds the black-box suite of lxc-user-nic.
//
// One table of cases states what the program must do: what stands in /etc/lxc/lxc-usernet and in the ledger, who calls,
// in which network namespace the interface has to appear, the command line, the descriptors and limits of the caller;
// and what must hold afterwards. Every case runs against our program and against the one of the package lxc, as ordinary
// users in real namespaces, on a private copy of the machine (test/privatehost). Where the package's program fails a
// check, the row of the table says so with an id (N01...) that stands in docs/compatibility.md with the reason: a
// difference that no row declares fails, and so does a declared one that the program does not show.
//
// Run it with test/run nics, as root; with -table it prints the outcome of every row.
// The cases carry the build tag "system".
package nics
