package grant

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/grant/edit"
	"userns-helpers/internal/usernsctl/grant/shadow"
)

// noBridge is the name that lxc-usernet(5) has for an interface on no bridge.
const noBridge = "none"

// mayAllow refuses interfaces that no line can grant.
func mayAllow(nics []NIC, people []person) error {
	if len(nics) == 0 {
		return nil
	}
	for _, nic := range nics {
		if !isBridge(nic.Bridge) {
			return &Refusal{"nic-bridge", quote(nic.Bridge) + " cannot be the name of a bridge", "Write --nics BRIDGE=NUMBER, as in lxcbr0=10."}
		}
	}
	for _, p := range people {
		if rule, ok := netquota.ParseRule([]byte(p.name + " veth " + noBridge + " 1")); !ok || rule.Owner != p.name || strings.HasPrefix(p.name, "@") {
			return &Refusal{"nic-owner", quote(p.name) + " cannot be written into " + paths.Usernet(), "Grant the interfaces to a group of that user's, @GROUP."}
		}
	}
	return writable(paths.Usernet())
}

// isBridge reports whether the kernel takes name for an interface, and lxc-usernet(5) for a bridge.
func isBridge(name string) bool {
	if name == "" || name == "." || name == ".." || len(name) >= unix.IFNAMSIZ || strings.ContainsAny(name, "/: \t\n\v\f\r") {
		return false
	}
	rule, ok := netquota.ParseRule([]byte("user veth " + name + " 1"))
	return ok && rule.Place.Bridge == name
}

// allow writes lxc-usernet(5).
func (j *job) allow(r *Report) error {
	if len(j.order.NICs) == 0 {
		return nil
	}
	before := len(r.Lines)
	err := rewriteUsernet(j.order.DryRun, func(text []byte) []byte {
		for _, p := range j.people {
			for _, nic := range j.order.NICs {
				text = allowed(text, p, nic, r)
			}
		}
		return text
	})
	if err != nil {
		r.Lines = r.Lines[:before]
	}
	return err
}

// allowed is the text with what one person may have on one bridge.
func allowed(text []byte, p person, nic NIC, r *Report) []byte {
	changed, change := edit.Allow(text, p.names, nic.Bridge, nic.Number)
	words := map[edit.Change]string{edit.Same: Kept, edit.Edited: Edited, edit.Appended: Added}
	r.Lines = append(r.Lines, Line{File: paths.Usernet(), Text: p.name + " veth " + nic.Bridge + " " + decimal(uint64(nic.Number)), Change: words[change], User: p.name})
	if nic.Bridge != noBridge && !account.Present("/sys/class/net/"+nic.Bridge) {
		r.remark("There is no interface " + nic.Bridge + " now: no container gets one on it until there is.")
	}
	return changed
}

// rewriteUsernet changes lxc-usernet(5) under a lock, or finds out what would change. Nobody else has a lock for that file;
// this one is taken as the suite's are, lckpwdf(3) first: of two that clear the lock of a dead process at once, one would
// remove the other's.
func rewriteUsernet(dry bool, change func([]byte) []byte) error {
	file := paths.Usernet()
	if !dry {
		if err := unix.Mkdir(path.Dir(file), 0o755); err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("cannot make %s: %w", path.Dir(file), err)
		}
	}
	return rewrite(file, dry, func(text []byte) ([]byte, error) { return change(text), nil })
}

// rewrite changes a file under its lock, or finds out what would change.
func rewrite(file string, dry bool, change func([]byte) ([]byte, error)) error {
	if !dry {
		locks, err := shadow.Suite().Lock(file)
		if err != nil {
			return err
		}
		defer locks.Unlock()
	}
	read, err := shadow.Read(file)
	if err != nil {
		return refusedFile(file, err)
	}
	text, err := change(read.Text)
	if err != nil || dry || string(text) == string(read.Text) {
		return err
	}
	return shadow.Rewrite(shadow.Change{File: read, Text: text})
}
