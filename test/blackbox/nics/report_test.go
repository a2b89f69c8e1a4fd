//go:build system

package nics

import (
	"fmt"
	"strings"
)

// report remembers the outcome of each case against each program: the aspects that failed, "" for none.
type report struct{ outcome map[string]string }

func newReport() *report { return &report{outcome: map[string]string{}} }

func (r *report) set(program, id string, faults map[string][]string) {
	text := strings.Join(union(nil, faults), ",")
	if text == "" {
		text = "ok"
	}
	r.outcome[program+" "+id] = text
}

// print writes one row for each case: its name, what the original did, what ours did, the declared differences.
func (r *report) print(cases []testCase) {
	const columns = "%-44s %-24s %-16s %s\n"
	fmt.Printf(columns, "case", "original fails", "ours fails", "listed as")
	for _, c := range cases {
		fmt.Printf(columns, c.id, r.get("peer", c.id), r.get("ours", c.id), c.listed())
	}
	fmt.Printf("%d cases\n", len(cases))
}

func (r *report) get(program, id string) string {
	if text, ran := r.outcome[program+" "+id]; ran {
		return text
	}
	return "not run"
}
