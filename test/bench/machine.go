package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Machine is what the measurements were made on.
type Machine struct {
	Processor  string // model
	Processors int    // how many are online
	Memory     string
	Kernel     string
	System     string // name of the distribution
	Debian     string // versions of the packages of Debian's programs
	Go         string
	Date       string
	Load       string // of the last minute, when it began
	Fault      string // time of a page fault
	SystemCall string
	Quick      bool
}

// describe looks at the machine. Names of the machine and paths are left out.
func describe(quick bool) (Machine, error) {
	m := Machine{Processors: runtime.NumCPU(), Go: runtime.Version(), Date: time.Now().UTC().Format(time.DateOnly), Quick: quick}
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return m, fmt.Errorf("uname: %w", err)
	}
	m.Kernel = unix.ByteSliceToString(name.Release[:])
	for _, fact := range []struct {
		into      *string
		path, key string
	}{
		{&m.Processor, "/proc/cpuinfo", "model name"},
		{&m.Memory, "/proc/meminfo", "MemTotal"},
		{&m.System, "/etc/os-release", "PRETTY_NAME"},
	} {
		text, err := os.ReadFile(fact.path)
		if err != nil {
			return m, err
		}
		*fact.into = valueOf(text, fact.key)
	}
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return m, err
	}
	m.Load, _, _ = strings.Cut(string(load), " ")
	versions, err := exec.Command("dpkg-query", "-W", "-f", "${Package} ${Version}, ", "uidmap", "lxc").Output()
	if err != nil {
		return m, fmt.Errorf("dpkg-query: %w", err)
	}
	m.Debian = strings.TrimSuffix(string(versions), ", ")
	fault, systemCall, err := faultCost()
	m.Fault, m.SystemCall = fault.String(), systemCall.String()
	return m, err
}

// valueOf returns the value of "key: value" or "key=value", "" if there is none.
func valueOf(text []byte, key string) string {
	for line := range bytes.Lines(text) {
		rest, found := bytes.CutPrefix(line, []byte(key))
		if rest = bytes.TrimLeft(rest, " \t"); found && len(rest) > 0 && (rest[0] == ':' || rest[0] == '=') {
			return strings.Trim(string(rest[1:]), " \t\n\"")
		}
	}
	return ""
}
