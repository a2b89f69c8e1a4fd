package rtnl

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// MissingError says that the kernel does not have what Guard needs.
type MissingError struct {
	Discipline bool // not even the queueing discipline, clsact; else the filter
	Err        error
}

// Error says what is missing.
func (e *MissingError) Error() string {
	if e.Discipline {
		return "no clsact: " + e.Err.Error()
	}
	return "no cls_bpf: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *MissingError) Unwrap() error { return e.Err }

// Of linux/pkt_sched.h, linux/pkt_cls.h and linux/if_ether.h.
const (
	clsactHandle  = 0xffff0000 // TC_H_CLSACT without its minor number
	clsactParent  = 0xfffffff1 // TC_H_CLSACT
	ingressParent = 0xfffffff2 // TC_H_CLSACT and TC_H_MIN_INGRESS: what comes in
	everyProtocol = unix.ETH_P_ALL
	onlyPriority  = 1
	onlyHandle    = 1 // which the kernel gives to the first filter of a priority
	sizeofFilter  = 8 // struct sock_filter
)

// Guard puts a program of classic BPF on what comes in at an interface, from the Ethernet header on; what the program
// returns is done (TC_ACT_OK, TC_ACT_SHOT). It is there for as long as the device is, whatever bridge that is a port of,
// and nobody but root of this network namespace can take it away. Afterwards the kernel is asked what it has.
//
// It takes no bpf(2), and so works where that is for root alone (kernel.unprivileged_bpf_disabled). Most kernels have
// both parts as modules, and load them.
//
// Errors: *MissingError.
func (c *Conn) Guard(index int, program []unix.SockFilter) error {
	return c.guard(index, program, unix.NLM_F_EXCL)
}

// Reguard is Guard for an interface that may have a program, which the new one replaces: no frame passes between the two.
func (c *Conn) Reguard(index int, program []unix.SockFilter) error {
	return c.guard(index, program, unix.NLM_F_REPLACE)
}

func (c *Conn) guard(index int, program []unix.SockFilter, how int) error {
	err := c.change(unix.RTM_NEWQDISC, unix.NLM_F_CREATE|unix.NLM_F_EXCL,
		traffic{index: index, handle: clsactHandle, parent: clsactParent}, nl.NewRtAttr(nl.TCA_KIND, nl.ZeroTerminated("clsact")))
	if err != nil && !errors.Is(err, unix.EEXIST) { // a daemon may have been there first: its filters come later than this one
		return missing(err, true)
	}
	err = c.change(unix.RTM_NEWTFILTER, unix.NLM_F_CREATE|how,
		traffic{index: index, handle: onlyHandle, parent: ingressParent, info: onlyPriority<<16 | uint32(bigEndian(everyProtocol))},
		nl.NewRtAttr(nl.TCA_KIND, nl.ZeroTerminated("bpf")), programOptions(program))
	if err != nil {
		return missing(err, false)
	}
	got, err := c.Guarded(index)
	if err == nil && !slices.Equal(got, program) {
		err = &MissingError{Err: unix.EBADMSG}
	}
	return err
}

// missing is an error of a kernel that does not know a kind of discipline or filter, or neither.
func missing(err error, discipline bool) error {
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EOPNOTSUPP) {
		return &MissingError{discipline, err}
	}
	return err
}

// Guarded returns the program that Guard has put on an interface; none if there is none, or another, or one whose verdict
// is not done.
func (c *Conn) Guarded(index int) ([]unix.SockFilter, error) {
	var found []unix.SockFilter
	var bad error
	err := c.dump(unix.RTM_GETTFILTER, unix.RTM_NEWTFILTER, func(body []byte) {
		program, err := parseProgram(body, index)
		if program != nil && found == nil {
			found = program
		}
		bad = errors.Join(bad, err)
	}, traffic{index: index, parent: ingressParent})
	return found, errors.Join(err, bad)
}

// parseProgram understands an RTM_NEWTFILTER message about what comes in at an interface.
func parseProgram(message []byte, index int) ([]unix.SockFilter, error) {
	if len(message) < nl.SizeofTcMsg {
		return nil, unix.EBADMSG
	}
	if int(int32(binary.NativeEndian.Uint32(message[4:8]))) != index || binary.NativeEndian.Uint32(message[12:16]) != ingressParent {
		return nil, nil
	}
	var program []unix.SockFilter
	isBPF, direct := false, false
	err := each(message[nl.SizeofTcMsg:], func(kind uint16, value []byte) error {
		switch {
		case kind == nl.TCA_KIND:
			isBPF = cString(value) == "bpf"
		case kind == nl.TCA_OPTIONS && isBPF: // the kind comes first
			return each(value, func(kind uint16, value []byte) error {
				switch {
				case kind == nl.TCA_BPF_OPS:
					program = programOf(value)
				case kind == nl.TCA_BPF_FLAGS && len(value) == 4:
					direct = binary.NativeEndian.Uint32(value)&nl.TCA_BPF_FLAG_ACT_DIRECT != 0
				}
				return nil
			})
		}
		return nil
	})
	if !direct {
		program = nil
	}
	return program, err
}

// programOptions are the attributes of a filter that is such a program.
func programOptions(program []unix.SockFilter) *nl.RtAttr {
	options := nl.NewRtAttr(nl.TCA_OPTIONS, nil)
	options.AddRtAttr(nl.TCA_BPF_OPS_LEN, nl.Uint16Attr(uint16(len(program))))
	options.AddRtAttr(nl.TCA_BPF_OPS, programBytes(program))
	options.AddRtAttr(nl.TCA_BPF_FLAGS, nl.Uint32Attr(nl.TCA_BPF_FLAG_ACT_DIRECT))
	return options
}

// programBytes is an array of struct sock_filter, linux/filter.h.
func programBytes(program []unix.SockFilter) []byte {
	bytes := make([]byte, 0, len(program)*sizeofFilter)
	for _, i := range program {
		bytes = binary.NativeEndian.AppendUint16(bytes, i.Code)
		bytes = append(bytes, i.Jt, i.Jf)
		bytes = binary.NativeEndian.AppendUint32(bytes, i.K)
	}
	return bytes
}

func programOf(bytes []byte) []unix.SockFilter {
	program := make([]unix.SockFilter, 0, len(bytes)/sizeofFilter)
	for ; len(bytes) >= sizeofFilter; bytes = bytes[sizeofFilter:] {
		program = append(program, unix.SockFilter{
			Code: binary.NativeEndian.Uint16(bytes), Jt: bytes[2], Jf: bytes[3], K: binary.NativeEndian.Uint32(bytes[4:]),
		})
	}
	return program
}

// bigEndian is a number in the order of the network, as struct tcmsg has a protocol.
func bigEndian(n uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, n))
}
