package whynot

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/whynot/install"
)

// notWritten is about a map that the kernel refused, or would have.
func (l Looks) notWritten(e *NotWritten) verdict.Verdict {
	f := writeFacts{
		err: e.Err, mapped: e.Mapped, gone: l.Process.Gone(), caller: l.Facts.User.UID, missing: l.Missing,
		install: install.Observe(need(l.Kind), l.Raised), serves: l.Serves, door: l.door(),
		namespace: observeNamespace(l.Process),
		parent:    idMap(readFile("/proc/self/" + l.Kind.MapFile())),
	}
	v := explainWrite(l.Kind, l.Request.Asked, f)
	v.Headline = "write to " + l.Kind.MapFile() + " failed: " + strerror(e.Err)
	return v
}

// writeFacts is what can be seen after the kernel refused a map. The kernel has one error number, EPERM, for most of
// its reasons; they are told apart in the order in which it checks them (map_write() in kernel/user_namespace.c).
type writeFacts struct {
	err       error
	mapped    bool          // the map has a line
	gone      bool          // the process has ended
	caller    uint32        // the caller's user id
	missing   privilege.Set // of the needed capabilities, those that the program was not given
	install   install.Facts
	namespace namespace
	serves    bool          // this is the service, and the caller its peer
	door      string        // what became of asking the service, in words that end a sentence
	parent    []idmap.Range // the ids that exist in our own namespace, the parent: one range for each line of its map
}

// namespace is what can be seen of the target's user namespace.
type namespace struct {
	closed bool   // the caller may not look at it, which only happens to who did not make it
	known  bool   // the following could be read
	ours   bool   // it is the one of this program
	child  bool   // its parent is
	owner  uint32 // the user who made it
}

// explainWrite says why the kernel refused the map, and what to do about it.
func explainWrite(kind idmap.Kind, asked []idmap.Mapping, f writeFacts) verdict.Verdict {
	switch {
	case f.gone:
		return ended()
	case f.err != unix.EPERM:
		return explainMap(asked, f.err)
	}
	if v := explainNamespace(kind, f); v.ID != "" {
		return v
	}
	if v := explainCapability(kind, f); v.ID != "" {
		return v
	}
	if m, ok := outsideParent(asked, f.parent); ok {
		return verdict.Verdict{
			ID: outside, Advice: "the user namespace that you are in does not contain all of " + m.Lower.String() + ": only IDs that exist here (/proc/self/" +
				kind.MapFile() + ") can be mapped, as one piece; ask for others, or have this namespace (the outer container) given more",
		}
	}
	return verdict.Verdict{
		Advice: "none of the usual reasons applies: a security module (AppArmor, SELinux) or a seccomp filter may forbid it; see the kernel's log",
	}
}

// explainMap is about a map that the kernel does not accept whoever writes it, although it is within the limits.
func explainMap(asked []idmap.Mapping, err error) verdict.Verdict {
	if err == unix.EINVAL && len(asked) > 5 {
		return verdict.Verdict{ID: mapRefused, Advice: "the kernel does not accept the map: before Linux 4.15 it may have 5 ranges at most"}
	}
	return verdict.Verdict{ID: mapRefused, Advice: "the kernel does not accept the map: " + causeText(err)}
}

// explainNamespace is about the namespace whose map it is; no ID: nothing is wrong with it, as far as it can be seen.
func explainNamespace(kind idmap.Kind, f writeFacts) verdict.Verdict {
	n := f.namespace
	switch {
	case n.known && n.ours:
		return verdict.Verdict{
			ID: sameNamespace, Advice: "the process is in the same user namespace as you, whose map is written already: let it make one of its own " +
				"(unshare(CLONE_NEWUSER)) before this program is called",
		}
	case f.mapped:
		return verdict.Verdict{
			ID: alreadyMapped, Advice: "the " + kind.MapFile() + " of the process is written already, and the kernel accepts one write only: start with a new " +
				"user namespace; do not let the process or another program write it first",
		}
	case n.known && !n.child && f.serves:
		return verdict.Verdict{
			ID: notChild, Advice: "the user namespace of the process is not directly below the one of the service, and the kernel takes a map from the " +
				"namespace above alone: call this program where the service's namespace is yours, outside of bubblewrap, a container, PrivateUsers=",
		}
	case n.known && !n.child:
		return verdict.Verdict{
			ID: notChild, Advice: "the user namespace of the process is not directly below yours: call this program from the namespace in which it was made",
		}
	case n.closed:
		return verdict.Verdict{
			ID: otherMaker, Advice: "you may not look at the user namespace of the process, so another user made it: only who made it can have it mapped",
		}
	case n.known && n.owner != f.caller:
		return verdict.Verdict{
			ID: otherMaker, Advice: "the user namespace of the process was made by user " + decimal(n.owner) + " and you are user " + decimal(f.caller) +
				": only who made it can have it mapped",
		}
	}
	return verdict.Verdict{}
}

// explainCapability is about the capabilities that the kernel wants to see; no ID: it sees them.
func explainCapability(kind idmap.Kind, f writeFacts) verdict.Verdict {
	const needs = "mapping host ID 0 needs CAP_SETFCAP since Linux 5.12, and "
	setfcap := privilege.Of(unix.CAP_SETFCAP)
	switch {
	case f.missing != 0 && f.serves:
		return lacking(kind, f.missing)
	case f.missing&^setfcap != 0:
		return verdict.Verdict{ID: noPrivilege, Advice: f.install.Explain(need(kind)) + f.door}
	case f.missing == 0:
		return verdict.Verdict{}
	case !f.install.SetuidRoot:
		return verdict.Verdict{
			ID: noSetfcap, Advice: needs + "this program has the file capability cap_setuid only: setcap cap_setuid,cap_setfcap+ep, or install it setuid root",
		}
	}
	return verdict.Verdict{ID: noSetfcap, Advice: needs + "that is not in the capability bounding set: have it added to this container or service"}
}

// outsideParent returns the first mapping whose lower ids do not lie within one of the ranges of the parent's map.
func outsideParent(asked []idmap.Mapping, parent []idmap.Range) (idmap.Mapping, bool) {
	if len(parent) == 0 {
		return idmap.Mapping{}, false
	}
	for _, m := range asked {
		if !within(m.Lower, parent) {
			return m, true
		}
	}
	return idmap.Mapping{}, false
}

// within reports whether r lies in one of ranges.
func within(r idmap.Range, ranges []idmap.Range) bool {
	for _, whole := range ranges {
		if whole.Intersect(r) == r {
			return true
		}
	}
	return false
}
