//go:build system

package nics

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// link is an interface as ip(8) shows it: another reader of the kernel than the program under test.
type link struct {
	Index    int      `json:"ifindex"`
	Other    int      `json:"link_index"` // of a veth: the index of its other end
	Name     string   `json:"ifname"`
	Flags    []string `json:"flags"`
	MTU      int      `json:"mtu"`
	Master   string   `json:"master"`
	Address  string   `json:"address"`
	Altnames []string `json:"altnames"`
	Info     struct {
		Kind string `json:"info_kind"`
	} `json:"linkinfo"`
}

func (l link) up() bool { return slices.Contains(l.Flags, "UP") }

// linksOf returns the interfaces in the network namespace of process pid, by name; 0 is the machine's own.
func linksOf(pid int) (map[string]link, error) {
	argv := []string{"ip", "-json", "-details", "link", "show"}
	if pid != 0 {
		argv = append([]string{"nsenter", fmt.Sprintf("--net=/proc/%d/ns/net", pid)}, argv...)
	}
	text, err := exec.Command(argv[0], argv[1:]...).Output()
	if err != nil {
		return nil, fmt.Errorf("%v: %w", argv, err)
	}
	var all []link
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%v: %w", argv, err)
	}
	out := map[string]link{}
	for _, l := range all {
		out[l.Name] = l
	}
	return out, nil
}

func names(all map[string]link) []string {
	var out []string
	for name := range all {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// ip runs one ip(8) for several lines of its batch language.
func ip(lines ...string) error {
	command := exec.Command("ip", "-force", "-batch", "-")
	command.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("ip %q: %w: %s", lines, err, text)
	}
	return nil
}

// setting returns a value of /proc/sys/net/ipv6/conf/NAME, "" where there is none.
func setting(name, key string) string {
	text, err := os.ReadFile("/proc/sys/net/ipv6/conf/" + name + "/" + key)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
