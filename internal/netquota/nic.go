package netquota

// MAC is an EUI-48 address; the zero value stands for none.
type MAC [6]byte

// Nic is an interface as it was when it was made. Its name is how rows of the ledger and its user know it, and not what it
// is: root, or a rule of udev's, may give it another, or move it to another network namespace.
type Nic struct {
	Name      string // of the host's end
	MAC       MAC    // of the container's end
	Index     int    // of the host's end; 0: not known
	Namespace int    // id by which this network namespace knows the container's; NoNamespace: not known
	Peer      int    // index of the container's end there; 0: not known
}

// NoNamespace is the Namespace of an interface of which it is not known.
const NoNamespace = -1

// Named is an interface of which nothing but the name is known.
func Named(name string) Nic { return Nic{Name: name, Namespace: NoNamespace} }

// IsNameOnly reports whether nothing but the name is known, as of an interface in a row that is in no slot.
func (n Nic) IsNameOnly() bool { return n.Index == 0 && n.MAC == MAC{} }

// Is reports whether two descriptions are of one interface: an index, or an address, that both know is the same.
func (n Nic) Is(other Nic) bool {
	return n.Index != 0 && n.Index == other.Index || n.MAC != MAC{} && n.MAC == other.MAC
}
