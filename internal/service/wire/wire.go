// Package wire is what newuidmap, newgidmap and lxc-user-nic say to the service, and what it answers.
//
// The protocol is Varlink (https://varlink.org): one object of JSON and a NUL each way, and with the request one descriptor
// (SCM_RIGHTS, unix(7)), the pidfd of the process or the network namespace. A socket has one interface, Maps or Nics, and
// org.varlink.service. The package is pure. It promises that a message is understood as a whole or
// refused: no member that nobody knows, none twice, nothing longer than Longest. It trusts nobody, neither the peer of the
// service nor, in the program that asks, the service: an answer is words, which are made printable before they are printed.
package wire

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"userns-helpers/internal/text/json"
)

// Longest is how many bytes a message can have, its NUL not among them: a request that passes the kernel's limit, 340 ranges,
// has less than 25 KiB.
const Longest = 64 << 10

// mostRanges bounds the ranges of a request: more than fit.
const mostRanges = Longest / len(`{"inside":0,"outside":0,"count":1},`)

// Method is what a call asks for.
type Method int

// The methods.
const (
	NoMethod  Method = iota
	WriteMap         // of org.userns-helpers.Maps
	Create           // of org.userns-helpers.Nics
	Delete           // of org.userns-helpers.Nics
	GetInfo          // of org.varlink.service
	Interface        // GetInterfaceDescription of org.varlink.service
)

// Names of the interfaces, and of the methods.
const (
	Maps    = "org.userns-helpers.Maps"
	Nics    = "org.userns-helpers.Nics"
	Service = "org.varlink.service"
)

// Call is a request.
type Call struct {
	Method Method

	// Of WriteMap.
	GID     bool        // the gid map, or else the uid map
	Target  string      // how the caller named the process, for messages and the record: digits, or fd: and digits
	Process uint32      // which descriptor of the message is its pidfd
	Ranges  [][3]uint32 // first id inside the namespace, first one outside, count

	// Of Create and Delete.
	Arguments []string // the command line of lxc-user-nic(1), without the program's name: six words or seven
	Unopened  string   // why the caller could not open the namespace, in place of a descriptor; "" where one comes with the call

	Described string // the interface that Interface asks about
}

// Wrong is a call that cannot be answered with what it asks for: an error of org.varlink.service.
type Wrong struct {
	Name  string // MethodNotFound, InvalidParameter, InterfaceNotFound
	Value string // the method, parameter or interface
}

func (e *Wrong) Error() string { return e.Name }

// ErrNoCall says that bytes are no call of Varlink: there is nothing to answer.
var ErrNoCall = errors.New("it is no call of Varlink")

// ParseCall understands one message, without its NUL, to a socket that has an interface. Errors: *Wrong, ErrNoCall.
func ParseCall(has string, message []byte) (Call, error) {
	if len(message) > Longest {
		return Call{}, ErrNoCall
	}
	top, err := json.Only(message, "method", "parameters", "oneway", "more", "upgrade")
	if err != nil {
		return Call{}, ErrNoCall
	}
	method, ok := json.Text(top[0])
	if !ok {
		return Call{}, ErrNoCall
	}
	for i, name := range []string{"oneway", "more", "upgrade"} {
		if flag := top[2+i]; flag != nil && string(flag) != "false" {
			return Call{}, invalid(name)
		}
	}
	parameters := top[1]
	if parameters == nil || string(parameters) == "null" {
		parameters = []byte("{}")
	}
	switch name, _ := strings.CutPrefix(method, has+"."); {
	case method == Service+".GetInfo":
		_, err := json.Only(parameters)
		return Call{Method: GetInfo}, parameter(err)
	case method == Service+".GetInterfaceDescription":
		return parseInterface(has, parameters)
	case has == Maps && name == "WriteMap":
		return parseWriteMap(parameters)
	case has == Nics && name == "Create":
		return parseNic(Create, parameters)
	case has == Nics && name == "Delete":
		return parseNic(Delete, parameters)
	}
	return Call{}, &Wrong{"MethodNotFound", method[:min(len(method), 200)]}
}

// parseWriteMap reads the parameters of WriteMap. All of them have to be there.
func parseWriteMap(parameters []byte) (Call, error) {
	values, err := json.Only(parameters, "kind", "target", "process", "ranges")
	if err != nil {
		return Call{}, parameter(err)
	}
	c := Call{Method: WriteMap}
	switch kind, _ := json.Text(values[0]); kind {
	case "uid":
	case "gid":
		c.GID = true
	default:
		return Call{}, invalid("kind")
	}
	var ok bool
	if c.Target, ok = json.Text(values[1]); !ok {
		return Call{}, invalid("target")
	}
	if c.Process, ok = json.Integer(values[2]); !ok {
		return Call{}, invalid("process")
	}
	if c.Ranges, err = parseRanges(values[3]); err != nil {
		return Call{}, err
	}
	return c, nil
}

// parseRanges reads an array of objects of three numbers.
func parseRanges(value []byte) ([][3]uint32, error) {
	items, err := json.Array(value, mostRanges)
	if err != nil || len(items) == 0 {
		return nil, invalid("ranges")
	}
	ranges := make([][3]uint32, len(items))
	for i, item := range items {
		numbers, err := json.Only(item, "inside", "outside", "count")
		if err != nil {
			return nil, invalid("ranges")
		}
		for j, number := range numbers {
			var ok bool
			if ranges[i][j], ok = json.Integer(number); !ok {
				return nil, invalid("ranges")
			}
		}
	}
	return ranges, nil
}

func parseInterface(has string, parameters []byte) (Call, error) {
	values, err := json.Only(parameters, "interface")
	if err != nil {
		return Call{}, parameter(err)
	}
	name, ok := json.Text(values[0])
	if !ok {
		return Call{}, invalid("interface")
	}
	if name != has && name != Service {
		return Call{}, &Wrong{"InterfaceNotFound", name[:min(len(name), 200)]}
	}
	return Call{Method: Interface, Described: name}, nil
}

func invalid(name string) error { return &Wrong{"InvalidParameter", name} }

// parameter is the error of parameters that are no object, or have another member.
func parameter(err error) error {
	if err == nil {
		return nil
	}
	return invalid("parameters")
}

// Message writes a call of Maps or Nics with its NUL; false where it is longer than the service takes, or what it says is not
// UTF-8, in which JSON is.
func (c Call) Message() ([]byte, bool) {
	if c.Method != WriteMap {
		return c.nicMessage()
	}
	kind := "uid"
	if c.GID {
		kind = "gid"
	}
	out := append(make([]byte, 0, 512), `{"method":"`+Maps+`.WriteMap","parameters":{"kind":"`+kind+`","target":`...)
	out = append(append(out, json.Quote(c.Target)...), `,"process":`...)
	out = append(strconv.AppendUint(out, uint64(c.Process), 10), `,"ranges":[`...)
	for i, r := range c.Ranges {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendUint(append(out, `{"inside":`...), uint64(r[0]), 10)
		out = strconv.AppendUint(append(out, `,"outside":`...), uint64(r[1]), 10)
		out = append(strconv.AppendUint(append(out, `,"count":`...), uint64(r[2]), 10), '}')
	}
	return ended(append(out, "]}}"...))
}

// ended writes the NUL after a message; false where that is not its only one, or it is too long.
func ended(message []byte) ([]byte, bool) {
	message = append(message, 0)
	return message, len(message) <= Longest+1 && bytes.IndexByte(message, 0) == len(message)-1
}
