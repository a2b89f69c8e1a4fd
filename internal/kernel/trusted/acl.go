package trusted

import (
	"errors"

	"golang.org/x/sys/unix"
)

// accessList is where a file system keeps the access control list of a file, acl(5). Where there is one the bits of the
// group are those of its mask: the most that anybody named in it may do.
const accessList = "system.posix_acl_access"

// The form of the list, struct posix_acl_xattr_header and _entry of the kernel: a version, and entries of tag,
// permissions, id, all little endian.
const (
	aclVersion = 2
	aclHeader  = 4
	aclEntry   = 8
	aclUser    = 0x02 // the tag of a named user
	aclGroup   = 0x08 // and of a named group
	aclWrite   = 0x02
)

// longestList bounds a list: some 500 entries.
const longestList = 4096

// onlyRootWrites reports whether the group of the open file fd is all that its list, if it has one, lets write. It is asked
// only where the group may. What cannot be read is not believed.
func onlyRootWrites(fd int) bool {
	list := make([]byte, longestList)
	n, err := unix.Fgetxattr(fd, accessList, list)
	switch {
	case errors.Is(err, unix.ENODATA), errors.Is(err, unix.EOPNOTSUPP):
		return true
	case err != nil:
		return false
	}
	return rootOnly(list[:n])
}

// rootOnly reports whether a list lets nobody write but the owner, the group, and root by name.
func rootOnly(list []byte) bool {
	if len(list) < aclHeader || (len(list)-aclHeader)%aclEntry != 0 || number(list[:aclHeader]) != aclVersion {
		return false
	}
	for entry := list[aclHeader:]; len(entry) > 0; entry = entry[aclEntry:] {
		tag, permissions := number(entry[:2]), number(entry[2:4])
		named := tag == aclUser || tag == aclGroup
		if named && permissions&aclWrite != 0 && number(entry[4:aclEntry]) != 0 {
			return false
		}
	}
	return true
}

// number reads a little-endian number.
func number(bytes []byte) uint32 {
	var n uint32
	for i, b := range bytes {
		n |= uint32(b) << (8 * i)
	}
	return n
}
