// Package ctl runs usernsctl as administrators and users do, on hosts with planted faults, and compares its answers with
// what newuidmap, newgidmap and lxc-user-nic then do. Its tests have the build tag system; test/run ctl runs them, in a
// private copy of this machine.
package ctl
