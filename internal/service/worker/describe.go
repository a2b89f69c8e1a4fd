package worker

import (
	"userns-helpers/internal/service/wire"
	"userns-helpers/internal/text/json"
)

// maps and nics are the interfaces in the words of Varlink.
const maps = `# Writes the ID maps of user namespaces, as newuidmap(1) and newgidmap(1) do.
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

` + errs

const nics = `# Makes and deletes network interfaces of containers, as lxc-user-nic(1) does.
interface org.userns-helpers.Nics

# Makes a pair of interfaces, one end in a network namespace of the caller's, the other a port of a bridge of the host.
# namespace: which of the descriptors that come with the call is the network namespace: 0. unopened, in place of it: the caller
# could not open it, and hears what comes first of what speaks against the interface; the name of a reason, see lxc-user-nic(1).
# target: how the caller names the namespace, for messages and the record: a PID, fd: and a number, or a path.
# lxcpath: for the record.
# type: veth. name: in the container; eth%d, the default, is the first that is free.
# line: name and index of the interface in the container, then on the host, with colons between.
# If the answer cannot be sent the interface is deleted again.
method Create(
  namespace: ?int,
  unopened: ?string,
  target: string,
  lxcpath: ?string,
  container: string,
  type: string,
  bridge: string,
  name: ?string
) -> (line: string)

# Deletes one that the caller made. name: on the host.
method Delete(
  namespace: ?int,
  unopened: ?string,
  target: string,
  lxcpath: ?string,
  container: string,
  type: string,
  bridge: string,
  name: string
) -> ()
` + errs

// errs are the errors of both.
const errs = `
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
func (r Role) describe(c wire.Call, version string) []byte {
	if c.Method == wire.GetInfo {
		return wire.Reply(`"vendor":"userns-helpers","product":"userns-helperd","version":` + json.Quote(version) +
			`,"url":"","interfaces":["` + wire.Service + `","` + r.Interface + `"]`)
	}
	text := r.description
	if c.Described == wire.Service {
		text = general
	}
	return wire.Reply(`"description":` + json.Quote(text))
}
