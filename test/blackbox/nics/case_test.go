//go:build system

package nics

import (
	"iter"
	"maps"
	"slices"

	"userns-helpers/test/blackbox/harness"
)

// The aspects in which an outcome is judged. When exit or late is wrong, nothing else of that call is looked at.
const (
	exit    = "exit"    // granted where it must be refused, or the other way round
	late    = "late"    // the call did not end in time, or delayed somebody else's
	stdout  = "stdout"  // not exactly one write of the documented form
	stderr  = "stderr"  // something was said on success
	message = "message" // the refusal does not name its cause
	links   = "links"   // the interfaces are not as they must be
	rows    = "rows"    // the ledger is not as it must be
	left    = "left"    // a refusal left something behind
	reason  = "reason"  // the record does not name the reason
)

// testCase is one row of the table. Argument lists are words separated by one blank, with these placeholders:
//
//	{pid} {pid:NAME}   process that holds the target namespace of the caller, of NAME
//	{ns} {ns:NAME}     its /proc/PID/ns/net
//	{nic}              host name of the interface that was made last
//	{KEY}              what before or then put into world.values
type testCase struct {
	id      string       // SECTION/WHAT
	differs string       // what the original does instead: "N01 message, N05 left"; see differences
	from    string       // what it is to show, or the bug
	usernet string       // text of lxc-usernet; "": usualUsernet
	file    harness.File // lxc-usernet as a whole, instead
	ledger  string       // text of the ledger; "": there is none, nor its directory
	as      user         // the caller; nobody: alice
	before  func(*world) // what else must stand
	start   harness.Start
	args    string   // arguments after the program's name; "": then makes the calls
	argv    []string // the same, where a word holds a blank

	grant  *nic   // the interface that must be there afterwards
	refuse string // pattern (any case) of the message of a refusal
	why    string // the id that ours records with it; "" where other rows show it
	then   func(*world)
}

const usualUsernet = "alice veth br0 2\nalice veth none 2\nbob veth br0 2\n"

// nic is what must have been made. Zero values: eth0, br0, the caller's name, 1500.
type nic struct {
	name, bridge, owner string
	mtu                 int
}

// sorted walks through a map in the order of its keys.
func sorted[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}

// allCases is the table.
func allCases() []testCase {
	return slices.Concat(
		commandLineCases(), nicNameCases(), targetCases(), namespaceCases(), deleteCases(),
		outputCases(), brokenOutputCases(),
		usernetCases(), slipCases(), numberCases(), groupCases(), trustCases(),
		ledgerCases(), handOverCases(),
		quotaCases(), hostageCases(), oneStepCases(), causeCases(), ownerCases(),
		namingCases(), addressCases(), quietCases(),
		openVSwitchCases(), hostileCases(),
	)
}
