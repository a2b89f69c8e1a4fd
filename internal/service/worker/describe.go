package worker

import (
	"userns-helpers/internal/service/wire"
	"userns-helpers/internal/text/json"
)

// description is the interface in the words of Varlink.
const description = `# Writes the ID maps of user namespaces, as newuidmap(1) and newgidmap(1) do.
interface org.userns-helpers.Maps

type Range (
  inside: int,
  outside: int,
  count: int
)

# Writes the uid or gid map ("uid", "gid") of the user namespace of a process of the caller's.
# process: which of the descriptors that come with the call is its pidfd: 0.
# target: how the caller names the process, for messages and the record: a PID, or fd: and a number.
# notes: lines for the caller, about what did not stop the call.
method WriteMap(kind: string, target: string, process: int, ranges: []Range) -> (notes: []string)

# A rule forbids it. usage: the command line of the program would be wrong.
error Refused (id: string, headline: string, advice: string, usage: bool, notes: []string)

# Something that had to be done could not be.
error Failed (id: string, headline: string, advice: string, usage: bool, notes: []string)

# The caller has too many calls under way; nothing was done. after: milliseconds.
error Busy (after: int)
`

// general is org.varlink.service, as https://varlink.org/Service has it.
const general = `# The Varlink Service Interface is provided by every varlink service. It
# describes the service and the interfaces it implements.
interface org.varlink.service

method GetInfo() -> (
  vendor: string,
  product: string,
  version: string,
  url: string,
  interfaces: []string
)

method GetInterfaceDescription(interface: string) -> (description: string)

error InterfaceNotFound (interface: string)
error MethodNotFound (method: string)
error MethodNotImplemented (method: string)
error InvalidParameter (parameter: string)
`

// describe answers GetInfo and Interface, with the NUL. version is that of the program.
func describe(c wire.Call, version string) []byte {
	if c.Method == wire.GetInfo {
		return wire.Reply(`"vendor":"userns-helpers","product":"userns-helperd","version":` + json.Quote(version) +
			`,"url":"","interfaces":["` + wire.Service + `","` + wire.Maps + `"]`)
	}
	text := description
	if c.Described == wire.Service {
		text = general
	}
	return wire.Reply(`"description":` + json.Quote(text))
}
