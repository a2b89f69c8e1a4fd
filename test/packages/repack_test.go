//go:build system

package packages

import (
	"crypto/md5" //nolint:gosec // what dpkg -V compares
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// next makes a package of a higher version out of one, whose programs have other bits, and returns where it is.
func next(deb string) (string, error) {
	tree, err := os.MkdirTemp("", "userns-helpers.next.")
	if err != nil {
		return "", err
	}
	if err := command("dpkg-deb", "--raw-extract", deb, tree+"/x"); err != nil {
		return "", err
	}
	if err := raiseVersion(tree + "/x/DEBIAN/control"); err != nil {
		return "", err
	}
	if err := alter(tree + "/x"); err != nil {
		return "", err
	}
	to := tree + "/" + strings.TrimSuffix(filepath.Base(deb), ".deb") + "+next.deb"
	return to, command("dpkg-deb", "--root-owner-group", "-Znone", "--build", tree+"/x", to)
}

// raiseVersion puts "+next" behind the version.
func raiseVersion(control string) error {
	text, err := os.ReadFile(control)
	if err != nil {
		return err
	}
	text = regexp.MustCompile(`(?m)^Version: .*$`).ReplaceAll(text, []byte("$0+next"))
	return os.WriteFile(control, text, 0o644)
}

// alter appends a byte to each program, which none of them minds, and writes new checksums.
func alter(tree string) error {
	var sums strings.Builder
	err := filepath.WalkDir(tree, func(path string, entry fs.DirEntry, err error) error {
		name := strings.TrimPrefix(path, tree+"/")
		if err != nil || !entry.Type().IsRegular() || strings.HasPrefix(name, "DEBIAN/") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(name, "libexec/") || strings.Contains(name, "/bin/") {
			if text, err = append(text, '\n'), appendByte(path); err != nil {
				return err
			}
		}
		fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(text), name) //nolint:gosec // see above
		return nil
	})
	if err != nil {
		return err
	}
	return os.WriteFile(tree+"/DEBIAN/md5sums", []byte(sums.String()), 0o644)
}

// appendByte writes behind a file and keeps its mode: writing takes the setuid bit.
func appendByte(path string) error {
	stat, err := os.Stat(path)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.WriteString("\n"); err != nil {
		return err
	}
	return os.Chmod(path, stat.Mode())
}

func command(argv ...string) error {
	if text, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%q: %w\n%s", argv, err, text)
	}
	return nil
}
