package usernsctl

import (
	"bytes"
	"io"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/trusted"
)

// screen is what an answer is written for: the zero value is a pipe or a file, in which each line stands for itself.
type screen struct {
	columns int // of a terminal; 0: it is not one
	color   bool
}

// Widths of text, in columns: what is read in a narrower or wider window is not easier to read.
const (
	lineWide   = 80 // where nobody says
	leastWide  = 40
	widestText = 120
)

// screenOf looks at where w goes.
func screenOf(w io.Writer) screen {
	file, is := w.(interface{ Fd() uintptr })
	if !is {
		return screen{}
	}
	fd := int(file.Fd())
	if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err != nil {
		return screen{}
	}
	s := screen{columns: lineWide, color: true}
	if size, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ); err == nil && size.Col > 0 {
		s.columns = int(size.Col)
	}
	for _, variable := range variables() {
		if name, value, _ := bytes.Cut(variable, []byte{'='}); string(name) == "NO_COLOR" && len(value) > 0 || string(variable) == "TERM=dumb" {
			s.color = false
		}
	}
	return s
}

// terminal reports whether a person reads at once.
func (s screen) terminal() bool { return s.columns > 0 }

// width is how wide text is.
func (s screen) width() int {
	if !s.terminal() {
		return lineWide
	}
	return min(max(s.columns, leastWide), widestText)
}

// mostVariables bounds what is read of the environment, in bytes.
const mostVariables = 1 << 20

// variables are those that the program was started with. The entry point keeps them from the runtime, so that only the kernel
// has them: nothing but the look of an answer depends on them.
func variables() [][]byte {
	fd, err := unix.Open("/proc/self/environ", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	text, err := io.ReadAll(io.LimitReader(trusted.Descriptor(fd), mostVariables))
	if err != nil {
		return nil
	}
	return bytes.Split(text, []byte{0})
}

// Colors, of which every terminal has these: ECMA-48, 8.3.117.
const (
	red    = "31;1"
	yellow = "33"
	green  = "32"
	cyan   = "36"
)

// in is text in a color, where there are colors.
func (s screen) in(color, text string) string {
	if !s.color || color == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}
