//go:build system

package nics

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"userns-helpers/test/blackbox/harness"
)

// most is how many interfaces a generated case makes at most.
const most = 4

// TestGenerated runs random lxc-usernet files and random ledgers against ours and a plain model of the quota: alice, a
// member of lan, makes interfaces on br0 until she is refused. Debian's program has to come to the same number where the
// files have nothing that it is known to take otherwise.
func TestGenerated(t *testing.T) {
	fmt.Println(harness.Generated(24))
	compared, refusals := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		g := generate(r)
		want := g.model()
		if got := g.made(t, *ours, *peer); got != want {
			r.Fatalf("ours makes %d, the model %d, with\n%s\nand the ledger\n%s\n%d of its interfaces live", got, want, g.usernet, g.ledger, g.living)
		}
		if want < most {
			refusals++
		}
		if !g.clean || *peerVersion == "" {
			return
		}
		compared++
		if got := g.made(t, *peer, *ours); got != want {
			r.Fatalf("Debian's makes %d, ours and the model %d, with\n%s\nand the ledger\n%s", got, want, g.usernet, g.ledger)
		}
	})
	fmt.Printf("generated: %d cases end in a refusal, %d were compared with Debian's too\n", refusals, compared)
	if refusals == 0 || compared == 0 {
		t.Error("the generator makes nothing of interest any more")
	}
}

// generated is a drawn case. Interfaces of the ledger are veth1001_g0, veth1001_g1, ...; the first ones live.
type generated struct {
	usernet, ledger string
	living, listed  int
	clean           bool // Debian's program understands it as ours does
}

// generate draws the files.
func generate(r *rapid.T) generated {
	g := generated{clean: rapid.Bool().Draw(r, "clean")}
	lines := []string{"bob veth br0 5", "alice veth br1 5", "alice veth none 5", "alice macvlan br0 5", "alicex veth br0 5", "# alice veth br0 5", "", "@lab veth br0 5"}
	if !g.clean {
		lines = append(lines, "alice veth br0", "alice veth br0 x", "alice veth br0 -1", "alice veth br0 0x5", "alice veth br0 2 3", "alice\x00veth br0 5", strings.Repeat("y ", 3000),
			"@lan veth br0 1", "@lan veth br0 2", " alice\tveth br0 1", "alice veth br0 1 # one", "alice veth br0 1#one", "alice veth br0 1\r", "@lan veth br0 1 \r")
	}
	drawn := rapid.SliceOfN(rapid.SampledFrom(lines), 0, 6).Draw(r, "lines")
	mine := fmt.Sprintf("alice veth br0 %d", rapid.IntRange(0, 3).Draw(r, "quota"))
	at := rapid.IntRange(0, len(drawn)).Draw(r, "place")
	drawn = append(drawn[:at:at], append([]string{mine}, drawn[at:]...)...)
	g.usernet = strings.Join(drawn, "\n") + "\n"

	g.listed = rapid.IntRange(0, 3).Draw(r, "rows")
	g.living = g.listed
	if !g.clean {
		g.living = rapid.IntRange(0, g.listed).Draw(r, "living")
	}
	var rows []string
	for i := range g.listed {
		rows = append(rows, "alice veth br0 "+listedName(i))
	}
	if !g.clean { // a dead row of another user among them makes Debian's program lose rows: N21
		rows = append(rows, rapid.SliceOfN(rapid.SampledFrom([]string{"bob veth br0 veth1002_zzzz", "alice veth br1 veth1001_zzzz", "carol veth br0 vethXXXX"}), 0, 3).Draw(r, "others")...)
	}
	g.ledger = strings.Join(rapid.Permutation(rows).Draw(r, "order"), "\n")
	if g.ledger != "" {
		g.ledger += "\n"
	}
	return g
}

func listedName(i int) string { return fmt.Sprintf("veth1001_g%d", i) }

// model is how many interfaces alice may make: what the lines grant, charge by charge, without what lives.
func (g generated) model() int {
	quota := map[string]int{}
	for _, line := range strings.Split(g.usernet, "\n") {
		if strings.Contains(line, "\x00") || len(line) > 4000 {
			continue
		}
		words := strings.Fields(strings.Split(line, "#")[0])
		if len(words) != 4 || words[1] != "veth" || words[2] != "br0" || len(words[3]) != 1 || words[3] < "0" || words[3] > "9" {
			continue
		}
		quota[words[0]] += int(words[3][0] - '0')
	}
	return min(max(quota["alice"]-g.living, 0)+quota["@lan"], most)
}

// made is how many interfaces a program makes.
func (g generated) made(t *testing.T, program, other string) int {
	made := 0
	c := testCase{
		id: "generated", usernet: g.usernet, ledger: g.ledger, as: alice.in(lan),
		before: func(w *world) {
			for i := range g.living {
				w.plug(listedName(i), "br0")
			}
		},
		then: func(w *world) {
			for made < most {
				a := w.call(alice.in(lan), strings.Fields(fmt.Sprintf("create /dev/null c1 {pid:alice} veth br0 eth%d", made))...)
				if a.status != 0 {
					return
				}
				made++
			}
		},
	}
	for aspect, faults := range play(t, c, program, other) {
		t.Errorf("%s: %s", aspect, indent(faults))
	}
	return made
}
