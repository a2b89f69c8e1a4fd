package listener

import (
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/service/charge"
	"userns-helpers/internal/text/paths"
)

// ranges are those of subuid(5), which may change while the service runs.
type ranges struct {
	read   charge.Ranges
	looked time.Time
	seen   unix.Stat_t // of the file that was read
}

// fresh is for how long nobody looks whether the file has changed.
const fresh = time.Second

// now are the ranges that the file has. Of one that cannot be read or believed the ranges before it stay: it grants nothing.
func (r *ranges) now() charge.Ranges {
	if time.Since(r.looked) < fresh {
		return r.read
	}
	r.looked = time.Now()
	var stat unix.Stat_t
	if unix.Stat(paths.Subuid(), &stat) != nil || same(&stat, &r.seen) {
		return r.read
	}
	file, err := trusted.Open(paths.Subuid(), privilege.Standing{})
	if err != nil {
		return r.read
	}
	defer file.Close()
	if read, err := charge.Read(file); err == nil {
		r.read, r.seen = read, stat
	}
	return r.read
}

// same reports whether a file is the one that was seen, unchanged.
func same(a, b *unix.Stat_t) bool {
	return a.Dev == b.Dev && a.Ino == b.Ino && a.Size == b.Size && a.Mtim == b.Mtim && a.Ctim == b.Ctim
}
