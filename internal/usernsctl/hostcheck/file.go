package hostcheck

import (
	"errors"
	"io"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
)

// config opens a file that decides what users may do, and reports what is wrong with the file itself. It is nil where
// there is nothing to read.
func (c *check) config(path string) io.ReadCloser {
	c.checkLink(path)
	file, err := c.open(c.root + path)
	var distrusted *Distrusted
	var untrusted *trusted.UntrustedError
	switch {
	case errors.As(err, &distrusted):
		c.distrust(path, distrusted.Reason)
		return file
	case errors.As(err, &untrusted):
		c.distrust(path, untrusted)
		return nil
	case errors.Is(err, unix.ENOENT):
		return nil
	case err != nil:
		c.report.Miss(path, reason(err))
		return nil
	}
	c.checkGroup(path, file)
	c.report.Read(path)
	return file
}

// checkGroup reports a file of root's that root's group may write: the programs believe it.
func (c *check) checkGroup(path string, file io.Reader) {
	if shared, ok := file.(interface{ GroupWritable() bool }); !ok || !shared.GroupWritable() {
		return
	}
	c.report.Add(finding.Finding{
		ID: "file-group", Level: finding.Warning, File: path, Problem: "group 0 may write the file",
		Advice: "The programs trust it anyway, since images for random user IDs need that (chmod g=u): anyone in group 0 can add " +
			"grants. If nobody has to, chmod g-w " + path, Fix: c.edit(path, "chmod g-w "+finding.Word(path)),
	})
}

// distrust reports a file that the programs refuse to read; one of the host's, seen in a user namespace, they refuse to all
// but root of that namespace.
func (c *check) distrust(path string, why *trusted.UntrustedError) {
	if why.Fault == trusted.UnmappedOwner || why.Fault == trusted.PerhapsUnmapped {
		c.report.Add(finding.Finding{
			ID: "file-trust", Level: finding.Warning, File: path, Problem: "the file " + why.Reason(),
			Advice: "Who wrote it cannot be determined here: the programs trust it for root of this namespace, and refuse it for other users.",
		})
		return
	}
	f := finding.Finding{
		ID: "file-trust", Level: finding.Error, File: path, Problem: "the file " + why.Reason(), Fix: c.retaken(path),
		Advice: "The programs refuse it, so nothing in it is granted: anyone who can write to it could grant themselves anything. ",
	}
	f.Advice += retake(f.Fix)
	c.report.Add(f)
}

// retaken are the commands that make a file one of root's alone. There are none for what a link leads to, where others may rule.
func (c *check) retaken(path string) []string { return c.edit(path, finding.Retaken(path)...) }

// retake says what to do about a file that others could write.
func retake(fix []string) string {
	if len(fix) == 0 {
		return "Put a file there that root alone can have written."
	}
	return finding.Retake(fix)
}

// edit are commands about a file by its name; none where that is a link: they would replace it, or change what others have put
// where it leads.
func (c *check) edit(path string, commands ...string) []string {
	var stat unix.Stat_t
	if unix.Lstat(c.root+path, &stat) != nil || stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil
	}
	return commands
}

// Locked are the files that have a lock: the shadow suite's, and usernsctl's own.
func Locked() []string { return []string{paths.Subuid(), paths.Subgid(), paths.Usernet()} }

// edited is the command that changes a file under its lock: see finding.Edited.
func (c *check) edited(path string, line int, texts ...string) []string {
	return c.edit(path, finding.Edited(path, line, texts...))
}

// ended is the command that ends the last line of a file, unless it is ended.
func (c *check) ended(path string) []string {
	if slices.Contains(Locked(), path) {
		return c.edited(path, 0)
	}
	return []string{`[ -z "$(tail -c 1 ` + finding.Word(path) + `)" ] || echo >>` + finding.Word(path)}
}

// checkLink reports a symbolic link. That it is one is fine; that nothing is there is not.
func (c *check) checkLink(path string) {
	buffer := make([]byte, unix.PathMax)
	n, err := unix.Readlink(c.root+path, buffer)
	if err != nil {
		return
	}
	target := printable(string(buffer[:n]))
	f := finding.Finding{
		ID: "file-link", Level: finding.Note, File: path, Problem: "the file is a symbolic link to " + target,
		Advice: "These programs follow it and check what it leads to; shadow's refuse it (shadow#1253).",
	}
	var stat unix.Stat_t
	if errors.Is(unix.Stat(c.root+path, &stat), unix.ENOENT) {
		f = finding.Finding{
			ID: "file-link-dangling", Level: finding.Error, File: path, Problem: "the file is a symbolic link to " + target + ", and nothing is there",
			Advice: "Nothing in it is granted. Restore the file that it leads to, or replace the link with a file.",
		}
	}
	c.report.Add(f)
}

// longestText bounds what is read of a file that is read as a whole: a setting of the kernel, a configuration.
const longestText = 1 << 20

// text returns a small file as a whole; "" where there is none. What cannot be looked at is reported.
func (c *check) text(path string) string {
	file, err := c.open(c.root + path)
	var distrusted *Distrusted
	switch {
	case errors.As(err, &distrusted):
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return ""
	case err != nil:
		c.report.Miss(path, reason(err))
		return ""
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, longestText))
	if err != nil {
		c.report.Miss(path, reason(err))
		return ""
	}
	return string(content)
}

// failed reports that a file could not be read to its end.
func (c *check) failed(path string, err error) {
	if err != nil {
		c.report.Miss(path, reason(err))
	}
}

// reason is the text of an error, with what to do about it.
func reason(err error) string {
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		return strings.TrimSpace(err.Error()) + ": run as root"
	}
	return err.Error()
}
