package nics

import (
	"strconv"

	"userns-helpers/internal/policy/plain"
)

// Fault names what is wrong in a policy; package policy/whynot has the words.
type Fault string

// The faults.
const (
	NotPlain     Fault = "not-plain"     // Syntax says why
	OtherFile    Fault = "other-file"    // it is about IDs that are never mapped
	UnknownTable Fault = "unknown-table" // none of the tables
	NotTable     Fault = "not-a-table"
	NotRules     Fault = "not-a-list-of-rules"
	UnknownKey   Fault = "unknown-key" // not one of this table
	NotSwitch    Fault = "not-true-or-false"
	NotRate      Fault = "not-a-rate"
	OutOfRange   Fault = "out-of-range" // not a number from Least to Most
	BadName      Fault = "bad-name"     // no user, group or bridge has it
	NotQuoted    Fault = "not-quoted"
	WithAt       Fault = "with-at"      // users and groups are named without @
	GroupNumber  Fault = "group-number" // a group is meant by its name
	NoSubject    Fault = "no-subject"   // a rule has neither a user nor a group, or both
	SetTwice     Fault = "set-twice"    // by an earlier rule for the same subject

	NotPools      Fault = "not-a-list-of-pools"
	NotPool       Fault = "not-a-pool"        // Name is not of the form ADDRESS/LENGTH
	HostBits      Fault = "host-bits-set"     // in Name; Meant has none
	PoolSize      Fault = "pool-size"         // IPv4 from /8 to /30, IPv6 /64
	PoolMapped    Fault = "pool-mapped"       // IPv4 in the form of IPv6
	PoolMulticast Fault = "pool-multicast"    // of groups
	PoolLoopback  Fault = "pool-loopback"     // of the host itself
	PoolLinkLocal Fault = "pool-link-local"   // without a router
	PoolReserved  Fault = "pool-reserved"     // 0.0.0.0/8, 240.0.0.0/4, ::/8
	PoolsOverlap  Fault = "pools-overlap"     // Name and Meant
	NoAddresses   Fault = "no-addresses"      // address_guard, and no pool can apply with it
	NoGuard       Fault = "no-address-guard"  // dhcp_hosts or address, and no address_guard can apply with it
	NotAddress    Fault = "not-an-address"    // of IPv4, in quotes
	OutsidePools  Fault = "outside-the-pools" // Name is no host's address in any pool that can apply with it
	FixedTwice    Fault = "fixed-twice"       // Name, by an earlier rule for another user or container
	AddressOfUser Fault = "address-of-a-user" // a rule for a group cannot have it
	ContainerOnly Fault = "container-only"    // container is there without address, or with another key
)

// Problem is something wrong in a policy: lxc-user-nic makes no interface then. It is an error.
type Problem struct {
	Line        int // of the file, from 1; 0 is the whole file
	Fault       Fault
	Key         string // the key or the table, as the file has it; BadName: user, group or bridge
	Name        string // NotTable: the header that it has to have; BadName: the name; of pools and addresses: as the file has it
	Meant       string // HostBits: the pool that was meant; PoolsOverlap: the other one
	Least, Most int64
	Syntax      *plain.Error
}

// Error names the line and the fault.
func (p *Problem) Error() string { return "line " + strconv.Itoa(p.Line) + ": " + string(p.Fault) }
