package account

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account/getent"
	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/account/nscd"
	"userns-helpers/internal/account/nsswitch"
	"userns-helpers/internal/account/passwd"
	"userns-helpers/internal/account/sssd"
	"userns-helpers/internal/account/userdb"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/text/paths"
)

// Opener opens a file for reading.
type Opener func(path string) (io.ReadCloser, error)

// Trusted opens files that only root can have written, of being who they decide for. Errors: those of trusted.Open.
func Trusted(of privilege.Standing) Opener {
	return func(path string) (io.ReadCloser, error) {
		file, err := trusted.Open(path, of)
		if err != nil {
			return nil, err
		}
		return file, nil
	}
}

// files is the directory of this machine's files.
func files(open Opener) Directory {
	return Directory{local: []lookup.Source{passwd.Files{Users: paths.Passwd(), Groups: paths.Group(), Open: open}}}
}

// machine is how the sources of this machine are reached.
type machine struct {
	open   Opener                   // opens files
	rights func(func() error) error // the rights with which daemons are spoken to
	names  getent.Switch
}

// For is the directory of this machine for a privileged program, whose caller has that standing: files that only root can
// have written; behind them, where the caller is in none, what nsswitch.conf(5) and the sockets of daemons say there is.
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
	d := files(m.open)
	d.beyond = m.beyond
	return d
}

// beyond are the sources after the files. systemd-userdbd and nscd are asked where they are, since both stand for all
// of the name service switch; getent where the switch has services that none of the others speaks for.
func (m machine) beyond(groups bool) ([]lookup.Source, error) {
	config, err := ReadSwitch(m.open)
	if err != nil {
		return nil, err
	}
	services := config.Passwd
	if groups {
		services = config.Group
	}
	var sources []lookup.Source
	if nsswitch.Lists(services, nsswitch.SSS) {
		sources = append(sources, daemon{sssd.New(TrustedSSSD(m.open)), m.rights})
	}
	if Present(paths.Userdb()) {
		sources = append(sources, daemon{userdb.New(), m.rights})
	}
	if Present(paths.Nscd()) {
		sources = append(sources, daemon{nscd.New(), m.rights})
	}
	if nsswitch.Others(services) {
		sources = append(sources, m.names)
	}
	return sources, nil
}

// daemon is a source that is spoken to with the rights of the caller.
type daemon struct {
	lookup.Source
	rights func(func() error) error
}

// Find is Source.Find, with these rights.
func (d daemon) Find(keys []lookup.Key) (found []Account, err error) {
	err = d.rights(func() (err error) {
		found, err = d.Source.Find(keys)
		return err
	})
	return found, err
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

// Present reports whether there is something at path, or may be: what cannot be looked at is not absent.
func Present(path string) bool {
	var stat unix.Stat_t
	err := unix.Stat(path, &stat)
	return !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENOTDIR)
}

// sssdUser is the user as whom SSSD's responders run, where not as root.
const sssdUser = "sssd"

// TrustedSSSD says which users may listen on SSSD's socket besides root: the one called sssd in /etc/passwd.
func TrustedSSSD(open Opener) func(uid uint32) bool {
	return func(uid uint32) bool {
		user, err := files(open).User(sssdUser)
		return err == nil && user.ID == uid
	}
}
