package rtnl

import (
	"encoding/binary"
	"math"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// bucket is a token bucket filter, tc-tbf(8): what is sent on a device waits in a queue until there are tokens for it.
type bucket struct {
	rate  uint64 // bytes a second
	burst uint32 // bytes that may go at once
	queue uint32 // bytes that may wait
}

const (
	burstsASecond = 100 // a burst is what the rate yields in 10 ms
	queuesASecond = 10  // a queue is what it yields in 100 ms
	leastBurst    = 2   // in frames, so that one is always sent as a whole
	leastQueue    = 20  // in frames, so that TCP can fill the rate
	ethernetHead  = 18  // with a VLAN tag
)

// bucketOf is the filter for a rate in bits a second on a device whose packets have at most mtu bytes.
func bucketOf(bits uint64, mtu int) bucket {
	frame := uint64(mtu) + ethernetHead
	rate := bits / 8
	return bucket{
		rate:  rate,
		burst: uint32(min(max(rate/burstsASecond, leastBurst*frame), math.MaxUint32)),
		queue: uint32(min(max(rate/queuesASecond, leastQueue*frame), math.MaxUint32)),
	}
}

// Limit limits what is sent on a device to a rate in bits a second. It goes with the device. Errors: unix.ENOENT if the
// kernel has no token bucket filter (CONFIG_NET_SCH_TBF).
func (c *Conn) Limit(index int, bits uint64, mtu int) error {
	b := bucketOf(bits, mtu)
	options := nl.NewRtAttr(nl.TCA_OPTIONS, nil)
	options.AddRtAttr(nl.TCA_TBF_PARMS, b.parameters())
	options.AddRtAttr(nl.TCA_TBF_RATE64, nl.Uint64Attr(b.rate))
	options.AddRtAttr(nl.TCA_TBF_BURST, nl.Uint32Attr(b.burst))
	return c.change(unix.RTM_NEWQDISC, unix.NLM_F_CREATE|unix.NLM_F_REPLACE,
		discipline(index), nl.NewRtAttr(nl.TCA_KIND, nl.ZeroTerminated("tbf")), options)
}

// Sizes and numbers of linux/pkt_sched.h and linux/rtnetlink.h.
const (
	sizeofRate       = 12 // struct tc_ratespec
	sizeofBucket     = 2*sizeofRate + 12
	linkIsEthernet   = 1 // TC_LINKLAYER_ETHERNET: the kernel computes times itself, without a table
	offsetRate       = 8 // rate, within struct tc_ratespec
	offsetLinkLayer  = 1
	offsetQueueLimit = 2 * sizeofRate
	sizeofDiscipline = nl.SizeofTcMsg
	root             = math.MaxUint32 // TC_H_ROOT
)

// parameters is struct tc_tbf_qopt. A rate that does not fit is in TCA_TBF_RATE64 alone; the burst is in TCA_TBF_BURST.
func (b bucket) parameters() []byte {
	p := make([]byte, sizeofBucket)
	p[offsetLinkLayer] = linkIsEthernet
	binary.NativeEndian.PutUint32(p[offsetRate:], uint32(min(b.rate, math.MaxUint32)))
	binary.NativeEndian.PutUint32(p[offsetQueueLimit:], b.queue)
	return p
}

// traffic is the fixed part of a message about what a device does with traffic, struct tcmsg of rtnetlink(7).
type traffic struct {
	index  int
	handle uint32
	parent uint32
	info   uint32 // of a filter: its priority and protocol
}

// discipline is the fixed part of a message about the queueing discipline of what is sent on a device.
func discipline(index int) traffic { return traffic{index: index, parent: root} }

// Len is the length of the part in bytes.
func (traffic) Len() int { return sizeofDiscipline }

// Serialize is the part as the kernel reads it.
func (t traffic) Serialize() []byte {
	b := make([]byte, sizeofDiscipline)
	binary.NativeEndian.PutUint32(b[4:8], uint32(t.index))
	binary.NativeEndian.PutUint32(b[8:12], t.handle)
	binary.NativeEndian.PutUint32(b[12:16], t.parent)
	binary.NativeEndian.PutUint32(b[16:20], t.info)
	return b
}
