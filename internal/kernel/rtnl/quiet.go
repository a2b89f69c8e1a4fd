package rtnl

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/text/ifname"
)

// SettingError is a setting of the kernel's that is not what it has to be, and cannot be changed.
type SettingError struct {
	Path, Value string
	Err         error
}

// Error names the file, the value and the cause.
func (e *SettingError) Error() string {
	return "cannot write " + e.Value + " to " + e.Path + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *SettingError) Unwrap() error { return e.Err }

// readOnly reports whether the setting is on a file system that lets nobody write it, as in containers. A security module
// that forbids it has to be told of it.
func (e *SettingError) readOnly() bool { return errors.Is(e.Err, unix.EROFS) }

// The values of the settings.
const (
	off = "0"
	on  = "1"
)

// QuietIPv6 keeps the host from believing router advertisements that arrive on an interface, and where it is not to speak
// IPv6 there, from that too (ip-sysctl: accept_ra, disable_ipv6): the other end is a container's, and one advertisement
// of its root would give the host a default route. It is called before the interface is up. A kernel without IPv6 has
// nothing to switch off.
//
// In containers /proc/sys is often read-only. That matters only where the settings that the interface was born with
// (net.ipv6.conf.default) are others; and is let pass where port says that the interface is a port of a bridge of Linux,
// which takes what arrives there, but for frames to the addresses 01:80:c2:00:00:0X: those go on to the port, and an
// advertisement in one would be believed (docs/threat-model.md, "What remains").
//
// Errors: *SettingError, those of access(2).
func QuietIPv6(name string, speak, port bool) error {
	if !ifname.Possible(name) {
		return unix.EINVAL
	}
	if errors.Is(present(ipv6Folder), unix.ENOENT) {
		return nil
	}
	err := quiet(ipv6Folder+"/"+name, speak)
	var setting *SettingError
	if port && errors.As(err, &setting) && setting.readOnly() {
		return nil
	}
	return err
}

// quiet is QuietIPv6 by the settings in a directory. Where IPv6 is off nothing is believed.
func quiet(settings string, speak bool) error {
	disable, advertised := settings+"/disable_ipv6", settings+"/accept_ra"
	if !speak {
		if err := set(disable, on); err != nil {
			return err
		}
		_ = set(advertised, off)
		return nil
	}
	if err := set(disable, off); err != nil {
		return err
	}
	err := set(advertised, off)
	if err != nil && setting(advertised) == on && setting(settings+"/forwarding") == on {
		return nil // a router believes no other unless it is told to, by 2
	}
	return err
}

// set writes a setting, unless it cannot be written and is so already. Errors are *SettingError.
func set(path, value string) error {
	err := write(path, value)
	if err == nil || setting(path) == value {
		return nil
	}
	return &SettingError{path, value, err}
}

func write(path, value string) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	_, err = unix.Write(fd, []byte(value))
	return errors.Join(err, unix.Close(fd))
}

// setting reads a setting of one digit; "" where it cannot be read.
func setting(path string) string {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer func() { _ = unix.Close(fd) }()
	var value [2]byte
	n, err := unix.Read(fd, value[:])
	if err != nil || n == 0 || n == len(value) && value[1] != '\n' {
		return ""
	}
	return string(value[:1])
}
