package entry

import "testing"

func TestClean(t *testing.T) {
	for _, c := range []struct {
		name      string
		variables []string
		want      bool
	}{
		{"empty", nil, true},
		{"as the entry point leaves it", []string{"GOMAXPROCS=1", "GOGC=off"}, true},
		{"with what the runtime adds to a setuid program", []string{"GOMAXPROCS=1", "GOGC=off", "GOTRACEBACK=none"}, true},
		{"another value", []string{"GOMAXPROCS=1000", "GOGC=off"}, false},
		{"another variable", []string{"GOMAXPROCS=1", "GOGC=off", "TZ=/home/alice/fifo"}, false},
		{"the runtime's, not its value", []string{"GOTRACEBACK=system"}, false},
		{"no variable at all", []string{"nonsense"}, false},
	} {
		if got := clean(c.variables); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
