package harness

import (
	"flag"
	"fmt"
)

// seed is that of all generated cases, so that every run of a suite has the same ones: -rapid.seed chooses others.
const seed = 20261125

// Generated prepares the flags of rapid for so many generated cases, unless the command line says otherwise, and returns
// the line that says what runs.
func Generated(cases int) string {
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range map[string]string{
		"rapid.seed": fmt.Sprint(seed), "rapid.checks": fmt.Sprint(cases), "rapid.nofailfile": "true", "rapid.shrinktime": "10s",
	} {
		if !given[name] {
			_ = flag.Set(name, value)
		}
	}
	return fmt.Sprintf("%s generated cases with seed %s", flag.Lookup("rapid.checks").Value, flag.Lookup("rapid.seed").Value)
}
