// Package whynot says in words what is wrong with a policy, for lxc-user-nic(1) and usernsctl(8).
package whynot

import (
	"strconv"

	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/policy/plain"
	"userns-helpers/internal/text/paths"
)

// Words says what is wrong.
func Words(p nics.Problem) string {
	switch p.Fault {
	case nics.NotPlain:
		return syntax(p.Syntax)
	case nics.OtherFile:
		return p.Key + " is not for this file: IDs that are never mapped are listed in " + paths.Forbidden() +
			", one ID or range a line (forbidden-host-ids(5))"
	case nics.UnknownTable:
		return "unknown table or key " + strconv.Quote(p.Key) + "; the tables are [defaults], [bridge.NAME], [[rule]] and [limits]"
	case nics.NotTable:
		return p.Key + " must be a table, " + p.Name
	case nics.NotRules:
		return "rule must be a list of tables, [[rule]]"
	case nics.UnknownKey:
		return p.Key + " is not a key of this table"
	case nics.NotSwitch:
		return p.Key + " must be true or false"
	case nics.NotRate:
		return p.Key + ` must be a rate in quotes, like "100mbit": 8kbit to 1000gbit`
	case nics.OutOfRange:
		return p.Key + " must be a number from " + strconv.FormatInt(p.Least, 10) + " to " + strconv.FormatInt(p.Most, 10)
	case nics.NotQuoted:
		return p.Key + " must be a name in quotes"
	case nics.SetTwice:
		return p.Key + " is set by an earlier rule for the same user or group and bridge"
	case nics.BadName:
		return strconv.Quote(p.Name) + " cannot be the name of a " + p.Key
	case nics.WithAt:
		return "write users and groups without @: user = and group = distinguish them"
	case nics.GroupNumber:
		return "name the group: a number is not accepted"
	case nics.NoSubject:
		return "a rule needs either a user or a group; settings for a whole bridge belong in a table [bridge.NAME]"
	default:
		return ofAddresses(p)
	}
}

// ofAddresses says what is wrong with pools and with addresses that are fixed.
func ofAddresses(p nics.Problem) string {
	name := strconv.Quote(p.Name)
	words, known := map[nics.Fault]string{
		nics.NotPools:      p.Key + ` must be a list of pools in quotes, like ["10.0.3.0/24", "fd00:3::/64"]: 1 to ` + strconv.FormatInt(p.Most, 10),
		nics.NotPool:       name + " is not a pool: write ADDRESS/LENGTH",
		nics.HostBits:      name + " has bits set behind its length: write " + strconv.Quote(p.Meant),
		nics.PoolSize:      name + " is not of a size that a pool can have: IPv4 /8 to /30, IPv6 /64",
		nics.PoolMapped:    name + " is IPv4 in the form of IPv6: write it as IPv4",
		nics.PoolMulticast: name + " has addresses of groups (multicast): no interface has one as its own",
		nics.PoolLoopback:  name + " has addresses of the loopback interface: no other has one",
		nics.PoolLinkLocal: name + " has link-local addresses: an interface has one without a pool",
		nics.PoolReserved:  name + " has reserved addresses: no interface has one",
		nics.PoolsOverlap:  name + " has addresses of " + strconv.Quote(p.Meant) + " too",
		nics.NoAddresses:   p.Key + " needs pools: write addresses = [...] in this table, or in one that applies as well",
		nics.NoGuard:       p.Key + " needs address_guard = true in this table, or in one that applies as well",
		nics.NotAddress:    p.Key + ` must be an IPv4 address in quotes, like "10.0.3.50"`,
		nics.OutsidePools:  name + " is no host's address in any pool of addresses that applies here",
		nics.FixedTwice:    name + " is fixed by an earlier rule for somebody on the same bridge",
		nics.AddressOfUser: p.Key + " is for one user: a group shares no address",
		nics.ContainerOnly: p.Key + " says whose address is fixed: a rule with it has address and no other protection",
	}[p.Fault]
	if !known {
		return string(p.Fault)
	}
	return words
}

// syntax says why a text is not in the plain form.
func syntax(e *plain.Error) string {
	switch e.Fault {
	case plain.TooLarge:
		return "the file is larger than " + strconv.Itoa(plain.LongestFile) + " bytes"
	case plain.NotUTF8:
		return "the file is not UTF-8"
	case plain.ControlCharacter:
		return "control character"
	case plain.UnterminatedString:
		return "unterminated string"
	case plain.UnterminatedList:
		return "unterminated list"
	case plain.NotStatement:
		return "not of the form key = value"
	case plain.NotValue:
		return "not a plain value: true, false, a number, a string on one line without a backslash, or a list of such strings"
	case plain.NotList:
		return "not a list of strings separated by commas"
	case plain.NotHeader:
		return "not a table header: [name], [name.name] or [[name]]"
	case plain.Duplicate:
		return "duplicate key " + e.Name
	case plain.DuplicateTable:
		return "duplicate table " + e.Name
	case plain.NotTable:
		return e.Name + " already exists and is not a table"
	case plain.NotTables:
		return e.Name + " already exists and is not a list of tables"
	}
	return string(e.Fault)
}
