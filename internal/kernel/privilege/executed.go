package privilege

import "golang.org/x/sys/unix"

// ids are those with which the kernel executed this program.
type ids struct{ uid, euid, gid uint32 }

// The entries of the auxiliary vector that tell of them, getauxval(3).
const (
	atUID  = 11
	atEUID = 12
	atGID  = 13
)

// executed reads the ids with which the kernel executed this program, from the auxiliary vector: the real ones are those
// of the caller, whatever the entry point has made of them since. The kernel wrote it, into memory of this process alone;
// no filter of system calls can answer in its place.
func executed() (ids, error) {
	vector, err := unix.Auxv()
	if err != nil {
		return ids{}, err
	}
	var found ids
	missing := 3
	for _, entry := range vector {
		switch value := uint32(entry[1]); entry[0] {
		case atUID:
			found.uid = value
		case atEUID:
			found.euid = value
		case atGID:
			found.gid = value
		default:
			missing++
		}
		missing--
	}
	if missing != 0 {
		return ids{}, unix.ENOENT
	}
	return found, nil
}
