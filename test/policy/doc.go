// Package policy attacks a bridge with real frames from inside containers, and compares what reaches others: with the
// interfaces of Debian's lxc-user-nic, with ours without a policy, and with ours under one. It also keeps the limits busy
// with 200 callers at once.
//
// Run it with test/run policy.
package policy
