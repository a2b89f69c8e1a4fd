// Package grant gives users ranges of IDs and network interfaces, and takes them back: it writes /etc/subuid, /etc/subgid and
// /etc/lxc/lxc-usernet.
//
// It promises that no two users get the same IDs, nor a user those of an account; that both files say the same; that what is
// asked for twice is done once; and that nothing is changed but lines of the user's. It has the rights of the administrator
// who calls it and no others, and no program with privilege reaches it.
package grant

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/account/nsswitch"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/newidmap/whynot"
	"userns-helpers/internal/policy/forbidden"
	"userns-helpers/internal/subid/source"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/grant/choice"
	"userns-helpers/internal/usernsctl/grant/shadow"
	"userns-helpers/internal/usernsctl/hostcheck"
	"userns-helpers/internal/usernsctl/quietly"
)

// Host is the host on which users are granted something.
type Host struct {
	open      account.Opener
	directory account.Directory
}

// Here is this host.
func Here() Host {
	open := account.Trusted(privilege.Reporter())
	return Host{open, account.Unprivileged(open)}
}

// kinds are the kinds of IDs, each with its file: in the order in which the suite locks them.
func kinds() []idmap.Kind { return []idmap.Kind{idmap.UID, idmap.GID} }

func fileOf(kind idmap.Kind) string {
	if kind == idmap.GID {
		return paths.Subgid()
	}
	return paths.Subuid()
}

// mayWrite refuses where the files of IDs are not what grants IDs on this host, or where they are no files to be written.
func (h Host) mayWrite(d defs) error {
	chosen, err := source.Unprivileged(h.open).Choose(paths.Subuid())
	switch {
	case err != nil:
		return &Refusal{"subid-module", err.Error(), "Grant the IDs where that module has them."}
	case chosen.SSSD:
		return &Refusal{"subid-module", paths.Nsswitch() + " has subid: sss, so that SSSD alone grants IDs", "Grant the IDs in its directory (FreeIPA: ipa subid-generate --owner=USER), or write subid: files."}
	}
	for _, kind := range kinds() {
		if key := d.key(kind, "COUNT"); d.number(key, choice.Unit) == 0 {
			return &Refusal{"subid-off", key + " in " + paths.LoginDefs() + " is 0, so that nothing in " + fileOf(kind) + " is granted", "Set it to 65536, or remove the line."}
		}
		if err := writable(fileOf(kind)); err != nil {
			return err
		}
	}
	return nil
}

// writable refuses a file that is a link, is no file, or is not root's.
func writable(path string) error {
	var stat unix.Stat_t
	if err := unix.Lstat(path, &stat); errors.Is(err, unix.ENOENT) {
		return nil
	} else if err == nil && stat.Mode&unix.S_IFMT == unix.S_IFLNK {
		return refusedFile(path, shadow.ErrLink)
	}
	file, distrust, err := quietly.Open(path)
	if err != nil {
		return refusedFile(path, err)
	}
	_ = file.Close()
	if distrust != nil {
		return &Refusal{"file-trust", path + " " + distrust.Reason(), "The programs refuse such a file, so that a line in it grants nothing. " + finding.Retake(finding.Retaken(path))}
	}
	return nil
}

// refusedFile is the error for a file that is not rewritten, or cannot be read.
func refusedFile(path string, err error) error {
	var untrusted *trusted.UntrustedError
	switch {
	case errors.Is(err, shadow.ErrLink):
		return &Refusal{"file-link", path + " is a symbolic link", "Replace the link by the file: the programs of shadow refuse links too."}
	case errors.Is(err, shadow.ErrKind), errors.As(err, &untrusted):
		return &Refusal{"file-kind", path + " is not a regular file", "Put a regular file there, root's, with mode 644."}
	}
	return fmt.Errorf("cannot read %s: %w", path, err)
}

// forbiddenIDs are the IDs that forbidden-host-IDs(5) lists.
func (h Host) forbiddenIDs() ([]choice.Claim, error) {
	path := paths.Forbidden()
	file, err := h.open(path)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	if err == nil {
		defer file.Close()
		var rows []idmap.Row
		if rows, err = forbidden.Read(file); err == nil {
			return claimsOf(rows, path), nil
		}
	}
	return nil, &Refusal{"forbidden-ids", path + ": " + whynot.Unusable(err), "Until the file is understood nobody can map any IDs: usernsctl check."}
}

// claimsOf are the entries of forbidden-host-IDs(5).
func claimsOf(rows []idmap.Row, path string) []choice.Claim {
	var claims []choice.Claim
	for _, row := range rows {
		claims = append(claims, choice.Claim{Range: row.Range, Rule: choice.Forbidden, File: path, Line: row.Line})
	}
	return claims
}

// accounts are the IDs of this host's users and groups, and those that useradd(8) gives to users later.
func (h Host) accounts(d defs) (byKind [2][]choice.Claim, err error) {
	err = h.eachUser(func(u local) {
		byKind[idmap.UID] = append(byKind[idmap.UID], single(u, choice.Account, paths.Passwd()))
	})
	if err != nil {
		return byKind, err
	}
	err = h.eachGroup(func(g local) {
		byKind[idmap.GID] = append(byKind[idmap.GID], single(g, choice.Group, paths.Group()))
	})
	for _, kind := range kinds() {
		ids, _ := idmap.NewRange(0, d.accountsEnd(kind))
		byKind[kind] = append(byKind[kind], choice.Claim{Range: ids, Rule: choice.Reserved, Who: "accounts of this host, by " + strings.ToUpper(kind.Word()) + "_MAX", File: paths.LoginDefs()})
	}
	return byKind, err
}

// single is the claim of an account.
func single(a local, rule choice.Rule, file string) choice.Claim {
	ids, _ := idmap.NewRange(uint64(a.ID), 1)
	return choice.Claim{Range: ids, Rule: rule, Who: a.Name, File: file, Line: a.line}
}

// each opens a file of this host for read.
func (h Host) each(path string, read func(io.Reader) error) error {
	file, err := h.open(path)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", path, err)
	}
	defer file.Close()
	return read(file)
}

// services are the IDs that name services give to accounts, as their configuration says.
func services() (claims []choice.Claim, unseen []finding.Unseen) {
	known, unseen := hostcheck.Services()
	for _, s := range known {
		claims = append(claims, choice.Claim{Range: s.IDs, Rule: choice.Service, Who: s.Name, File: s.File, Line: s.Line})
	}
	return claims, unseen
}

// beyond reports whether there are accounts that are in no file of this host.
func (h Host) beyond() bool {
	config, err := account.ReadSwitch(h.open)
	several := func(services []string) bool {
		return nsswitch.Others(services) || nsswitch.Lists(services, nsswitch.SSS)
	}
	return err != nil || several(config.Passwd) || several(config.Group) || account.Present(paths.Userdb()) || account.Present(paths.Nscd())
}
