package hostcheck

import (
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/kernel/exec"
	"userns-helpers/internal/text/paths"
)

// TestByName: owners that only a service without a daemon knows are looked up by name; what it does not know is a finding, what it
// does not say is not.
func TestByName(t *testing.T) {
	const dave, staff = "dave:x:5000:5000::/:/bin/sh\n", "staff:x:5000:dave\n"
	for _, c := range []struct {
		name          string
		user, group   exec.Result
		err           error
		want          []string
		unseen, asked int
	}{
		{"known", exec.Result{Output: []byte(dave)}, exec.Result{Output: []byte(staff)}, nil, nil, 0, 3},
		{
			"unknown",
			exec.Result{Status: 2},
			exec.Result{Status: 2},
			nil,
			[]string{"warning usernet-owner /etc/lxc/lxc-usernet:3", "warning subid-owner /etc/subgid:4", "warning subid-owner /etc/subuid:6"},
			0, 3,
		},
		{
			"another's answer",
			exec.Result{Output: []byte(strings.Replace(dave, "dave", "eve", 1))},
			exec.Result{Output: []byte(dave)},
			nil,
			[]string{"note usernet-owner /etc/lxc/lxc-usernet:3"},
			2, 3,
		},
		{"hangs", exec.Result{}, exec.Result{}, exec.ErrTimeout, []string{"note usernet-owner /etc/lxc/lxc-usernet:3"}, 2, 1},
	} {
		f := clean(t)
		f.write(t, paths.Nsswitch(), "passwd: files ldap\ngroup: files ldap\n")
		f.add(t, "/etc/subuid", "dave:300000:10\n")
		f.add(t, "/etc/subgid", "dave:300000:10\n")
		f.add(t, "/etc/lxc/lxc-usernet", "@staff veth lxcbr0 1\n")
		asked := 0
		host := f.host()
		host.getent = func(p exec.Program) (exec.Result, error) {
			asked++
			if p.Path != paths.Getent() || len(p.Arguments) != 3 || p.Arguments[1] != "--" {
				t.Errorf("%+v", p)
			}
			if p.Arguments[0] == "group" {
				return c.group, c.err
			}
			return c.user, c.err
		}
		report := Check(host)
		got := slices.DeleteFunc(found(report), func(short string) bool {
			return strings.Contains(short, "program-") || strings.Contains(short, "limits-")
		})
		if known := c.name == "known"; known && asked == 2 {
			asked = 3 // once known, the user is not asked for again
		}
		if !slices.Equal(got, c.want) || len(report.Unseen) != c.unseen || asked != c.asked {
			t.Errorf("%s: %q, %v, asked %d times", c.name, got, report.Unseen, asked)
		}
	}
}
