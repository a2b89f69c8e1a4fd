package account

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account/getent"
	"userns-helpers/internal/account/nsswitch"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/text/paths"
)

// machine is how the sources of this machine are reached.
type machine struct {
	open   Opener                   // opens files
	rights func(func() error) error // the rights with which daemons are spoken to
	names  getent.Switch
}

// For is the directory of this machine for a privileged program, whose caller has that standing: files that only root can have written; behind them,
// where the caller is in none, what nsswitch.conf(5) and the sockets of daemons say there is.
//
// Daemons are spoken to with the caller's effective ids, so that they send what they would send the caller: no password
// hashes. Getent is executed as root, or not at all: as the caller, the caller could trace it and answer in its place.
func For(caller privilege.Caller, standing privilege.Standing) Directory {
	return machine{Trusted(standing), caller.Do, getent.AsRoot(standing)}.directory()
}

// Unprivileged is the directory of this machine for a program without privilege that only reports: it does not matter
// who may write the files, which open opens, and getent is executed as the user of the program.
func Unprivileged(open Opener) Directory {
	return machine{open, func(f func() error) error { return f() }, getent.AsSelf()}.directory()
}

func (m machine) directory() Directory {
	d := FromFiles(m.open)
	d.beyond = m.beyond
	return d
}

// beyond are the sources behind the files. systemd-userdbd and nscd are asked where they are, since both stand for all
// of the name service switch; getent where the switch has services that none of the others speaks for.
func (m machine) beyond(about database) ([]Source, error) {
	config, err := ReadSwitch(m.open)
	if err != nil {
		return nil, err
	}
	services := config.Passwd
	if about == groups {
		services = config.Group
	}
	var sources []Source
	if nsswitch.Lists(services, nsswitch.SSS) {
		sources = append(sources, directoryDaemon{TrustedSSSD(m.open), m.rights})
	}
	if exists(paths.Userdb()) {
		sources = append(sources, recordDaemon{m.rights})
	}
	if exists(paths.Nscd()) {
		sources = append(sources, cacheDaemon{m.rights})
	}
	if nsswitch.Others(services) {
		sources = append(sources, nameSwitch{m.names})
	}
	return sources, nil
}

// SwitchError says that nsswitch.conf(5) is there and could not be read.
type SwitchError struct{ Err error }

// Error names the file and the cause.
func (e *SwitchError) Error() string { return "cannot read " + paths.Nsswitch() + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *SwitchError) Unwrap() error { return e.Err }

// ReadSwitch reads nsswitch.conf(5); without it there is nothing but files.
func ReadSwitch(open Opener) (nsswitch.Config, error) {
	file, err := open(paths.Nsswitch())
	if errors.Is(err, unix.ENOENT) {
		return nsswitch.Config{}, nil
	}
	if err != nil {
		return nsswitch.Config{}, &SwitchError{err}
	}
	defer file.Close()
	config, err := nsswitch.Parse(file)
	if err != nil {
		return nsswitch.Config{}, &SwitchError{err}
	}
	return config, nil
}

// exists reports whether there is something at path.
func exists(path string) bool {
	var stat unix.Stat_t
	return unix.Stat(path, &stat) == nil
}

// sssdUser is the user as whom SSSD's responders run, where not as root.
const sssdUser = "sssd"

// TrustedSSSD says which users may listen on SSSD's socket besides root: the one called sssd in /etc/passwd.
func TrustedSSSD(open Opener) func(uid uint32) bool {
	return func(uid uint32) bool {
		user, err := FromFiles(open).User(sssdUser)
		return err == nil && user.UID == uid
	}
}
