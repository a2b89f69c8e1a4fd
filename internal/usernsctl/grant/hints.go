package grant

import (
	"io"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/lines"
)

// hints says what is left for one user to do, with what is installed here.
func (h Host) hints(r *Report, name string) {
	uids, gids := rangesOf(r.Lines, idmap.UID), rangesOf(r.Lines, idmap.GID)
	if len(uids) == 0 || len(gids) == 0 {
		return
	}
	if account.Present("/usr/bin/lxc-start") {
		r.remark("LXC: in ~" + name + "/.config/lxc/default.conf, lxc.idmap = u 0 " + decimal(uids[0].First) + " " + decimal(uids[0].Count) +
			" and lxc.idmap = g 0 " + decimal(gids[0].First) + " " + decimal(gids[0].Count))
	}
	if account.Present("/usr/bin/podman") {
		r.remark("Podman: where " + name + " has used it before, run podman system migrate as " + name + ".")
		if h.onNFS(h.home(name)) {
			r.remark("Podman: the home directory of " + name + " is on NFS, which cannot hold files of these IDs: set graphroot in " +
				"~" + name + "/.config/containers/storage.conf to a local directory.")
		}
	}
}

// home is the home directory of an account of this host's files, "" for others.
func (h Host) home(name string) (home string) {
	_ = h.eachUser(func(u local) {
		if u.Name == name {
			home = u.field(homeField)
		}
	})
	return home
}

// onNFS reports whether a directory is on a network file system of that kind. It asks the table of mounts: statfs(2) waits for
// a server that is gone.
func (h Host) onNFS(path string) (is bool) {
	_ = h.each("/proc/self/mounts", func(file io.Reader) error {
		is = strings.HasPrefix(fileSystem(file, path), "nfs")
		return nil
	})
	return is
}

// fileSystem is the kind of the file system that a path is on, by a table of mounts: of several in one place the last.
func fileSystem(mounts io.Reader, path string) (kind string) {
	longest := 0
	r := lines.New(mounts, 4*unix.PathMax)
	for line, ok := r.Next(); ok; line, ok = r.Next() {
		fields := strings.Fields(string(line))
		if len(fields) > 2 && within(path, fields[1]) && len(fields[1]) >= longest {
			longest, kind = len(fields[1]), fields[2]
		}
	}
	return kind
}

// within reports whether a path is that of a mount, or below it.
func within(path, mount string) bool {
	mount = strings.TrimSuffix(mount, "/")
	return path == mount || strings.HasPrefix(path, mount+"/")
}
