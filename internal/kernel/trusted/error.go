package trusted

import "strconv"

// Fault is what is wrong with a file.
type Fault int

// The faults; 0 means no fault.
const (
	NotRegular      Fault = iota + 1
	OtherOwner            // it is another user's than root's
	UnmappedOwner         // its owner has no id in this user namespace
	PerhapsUnmapped       // UnmappedOwner, or the user of this namespace who has the same number
	Writable              // others than its owner may write it
	Listed                // its access control list names others who may write it, or cannot be read
)

// UntrustedError says why a file that exists was not read.
type UntrustedError struct {
	Path  string
	Fault Fault
	UID   uint32 // the owner, as this user namespace shows it
}

// Error names the file and the reason.
func (e *UntrustedError) Error() string { return e.Path + " " + e.Reason() }

// Reason says what is wrong; its subject is the file.
func (e *UntrustedError) Reason() string {
	switch e.Fault {
	case NotRegular:
		return "is not a regular file"
	case OtherOwner:
		return "is owned by uid " + e.uid() + ", not by root"
	case UnmappedOwner:
		return "is owned by an id that this user namespace does not contain"
	case PerhapsUnmapped:
		return "is owned by an id that this user namespace does not contain, or by its uid " + e.uid()
	case Listed:
		return "is writable by others: its access control list says so, or cannot be read"
	case Writable:
	}
	return "is writable by group or others"
}

// Remedy says what has to be so; it can follow "so".
func (e *UntrustedError) Remedy() string {
	switch e.Fault {
	case UnmappedOwner, PerhapsUnmapped:
		return "here it counts only for root of this namespace (unshare -r, buildah unshare), who needs no grant: call this " +
			"program as that root, or from outside of the namespace"
	case NotRegular, OtherOwner, Writable, Listed:
	}
	return "root must own it and nobody else may write to it; " + StaysOpen + ": usernsctl check prints how to put a copy in its place"
}

// StaysOpen is why the owner and the mode of a file that others could write are not changed, but another file is put in its
// place.
const StaysOpen = "whoever has it open can still write to it, after chown and chmod too"

func (e *UntrustedError) uid() string { return strconv.FormatUint(uint64(e.UID), 10) }
