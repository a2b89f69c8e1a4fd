package grant

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/idmap"
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
		if onNFS(h.home(name)) {
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

// onNFS reports whether a directory is on a network file system of that kind.
func onNFS(path string) bool {
	var stat unix.Statfs_t
	return path != "" && unix.Statfs(path, &stat) == nil && stat.Type == unix.NFS_SUPER_MAGIC
}
