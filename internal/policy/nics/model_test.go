package nics

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// plainRule is a table of a random policy, with one key.
type plainRule struct {
	user, group, bridge string
	value               uint64
}

// TestPrecedence compares For and Where with a model that reads the documentation word by word.
func TestPrecedence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"a", "b", "7"})
		bridge := rapid.SampledFrom([]string{"", "x", "y"})
		var all []plainRule
		seen := make(map[plainRule]bool)
		for range rapid.IntRange(0, 12).Draw(t, "rules") {
			r := plainRule{bridge: bridge.Draw(t, "bridge"), value: uint64(rapid.IntRange(1, 4094).Draw(t, "value"))}
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0, 1:
				r.user = name.Draw(t, "user")
			case 2:
				r.group = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "group")
			}
			same := r
			same.value = 0
			if !seen[same] {
				all = append(all, r)
			}
			seen[same] = true
		}
		text, lines := written(all)
		p, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err, text)
		}
		s := Subject{
			UID: uint32(rapid.SampledFrom([]int{7, 8}).Draw(t, "uid")), Bridge: rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "on"),
			Names: rapid.SliceOfN(name, 1, 2).Draw(t, "names"), Groups: rapid.SliceOfN(name, 0, 2).Draw(t, "groups"),
		}
		value, line := modelled(all, lines, s)
		if got := p.For(s).VLAN; uint64(got) != value {
			t.Fatalf("%d, want %d: %+v\n%s", got, value, s, text)
		}
		if got := p.Where(s, VLAN).Line; got != line {
			t.Fatalf("line %d, want %d: %+v\n%s", got, line, s, text)
		}
	})
}

// written is the policy as text, and the line of each rule's value.
func written(all []plainRule) (string, []int) {
	var text strings.Builder
	var lines []int
	for _, r := range all {
		switch {
		case r.user == "" && r.group == "" && r.bridge == "":
			text.WriteString("[defaults]\n")
		case r.user == "" && r.group == "":
			fmt.Fprintf(&text, "[bridge.%s]\n", r.bridge)
		default:
			text.WriteString("[[rule]]\n")
			for key, value := range map[string]string{"user": r.user, "group": r.group, "bridge": r.bridge} {
				if value != "" {
					fmt.Fprintf(&text, "%s = %q\n", key, value)
				}
			}
		}
		fmt.Fprintf(&text, "vlan = %d\n", r.value)
		lines = append(lines, strings.Count(text.String(), "\n"))
	}
	return text.String(), lines
}

// modelled is the value that the documentation promises, and its line.
func modelled(all []plainRule, lines []int, s Subject) (uint64, int) {
	has := func(list []string, name string) bool {
		return strings.Contains("|"+strings.Join(list, "|")+"|", "|"+name+"|")
	}
	isUser := func(r plainRule) bool {
		if r.user == "7" {
			return s.UID == 7
		}
		return r.user != "" && has(s.Names, r.user)
	}
	isGroup := func(r plainRule) bool { return r.group != "" && has(s.Groups, r.group) }
	everybody := func(r plainRule) bool { return r.user == "" && r.group == "" }
	for _, level := range []func(plainRule) bool{
		func(r plainRule) bool { return isUser(r) && r.bridge == s.Bridge },
		func(r plainRule) bool { return isUser(r) && r.bridge == "" },
		func(r plainRule) bool { return isGroup(r) && r.bridge == s.Bridge },
		func(r plainRule) bool { return isGroup(r) && r.bridge == "" },
		func(r plainRule) bool { return everybody(r) && r.bridge == s.Bridge },
		func(r plainRule) bool { return everybody(r) && r.bridge == "" },
	} {
		for i, r := range all {
			if level(r) {
				return r.value, lines[i]
			}
		}
	}
	return 0, 0
}
