package guard

import (
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/net/bpf"
)

// machine runs a filter as the kernel does. The library's has no VLAN tags besides the frame: one is made for each case.
type machine struct{ untagged, tagged *bpf.VM }

func newMachine(t testing.TB, n Nic) machine {
	t.Helper()
	return machineOf(t, n.Filter())
}

func machineOf(t testing.TB, filter Filter) machine {
	t.Helper()
	tagged := func(tag uint32) *bpf.VM {
		var program []bpf.Instruction
		for _, i := range filter {
			instruction := bpf.RawInstruction{Op: i.Op, Jt: i.JT, Jf: i.JF, K: i.K}.Disassemble()
			switch extension, is := instruction.(bpf.LoadExtension); {
			case is && extension.Num == bpf.ExtVLANTagPresent:
				instruction = bpf.LoadConstant{Dst: bpf.RegA, Val: tag}
			default:
				if _, raw := instruction.(bpf.RawInstruction); raw {
					t.Fatalf("%+v is no instruction", i)
				}
			}
			program = append(program, instruction)
		}
		vm, err := bpf.NewVM(program)
		if err != nil {
			t.Fatal(err)
		}
		return vm
	}
	return machine{tagged(0), tagged(1)}
}

func (m machine) lets(t *testing.T, f frame) bool {
	t.Helper()
	vm := m.untagged
	if f.tagged {
		vm = m.tagged
	}
	verdict, err := vm.Run(f.bytes)
	if err != nil || verdict != pass && verdict != drop {
		t.Fatal(verdict, err)
	}
	return verdict == pass
}

// guards are all combinations, with addresses of the bridge and without.
func guards() []Nic {
	var all []Nic
	for bits := range 128 {
		n := Nic{MAC: ownMAC, Frames: bits&1 != 0, Routers: bits&2 != 0, Groups: bits&4 != 0, Queries: bits&8 != 0}
		n.STP = bits&32 != 0
		if bits&16 != 0 {
			n.IPv4, n.IPv6 = bridge4, bridge6
		}
		if bits&64 != 0 {
			n = n.Owning(mine4, mine6)
		}
		all = append(all, n)
	}
	homeless := Nic{MAC: ownMAC, Addresses: true} // no address at all: it may look for one
	return append(all, crowded(), crowded().Owning(mine4, nil), homeless)
}

// crowded is the longest filter, which has jumps that are too far for a conditional one.
func crowded() Nic {
	n := Nic{MAC: ownMAC, Frames: true, Routers: true, Groups: true, Queries: true}
	for i := range MostAddresses - 1 {
		n.IPv4 = append(n.IPv4, [4]byte{172, 16, 0, byte(i)})
		n.IPv6 = append(n.IPv6, [16]byte{0xfd, 1, 15: byte(i)})
	}
	n.IPv4, n.IPv6 = append(n.IPv4, bridge4[0]), append(n.IPv6, bridge6[0])
	return n
}

// TestLongest: the kernel takes 4096 instructions (BPF_MAXINSNS).
func TestLongest(t *testing.T) {
	if n := len(crowded().Filter()); n > 1500 {
		t.Error(n)
	}
}

// TestModel: filters and the plain model say the same of 100,000 random frames. Each filter both drops and lets pass.
func TestModel(t *testing.T) {
	m := maker{Rand: rand.New(rand.NewPCG(1, 2))}
	all := guards()
	machines := make([]machine, len(all))
	for i, n := range all {
		machines[i] = newMachine(t, n)
	}
	tried, passed := make([]int, len(all)), make([]int, len(all))
	const frames, each = 100_000, 4
	for range frames {
		f := m.frame()
		for range each {
			i := m.IntN(len(all))
			want := all[i].lets(f)
			if got := machines[i].lets(t, f); got != want {
				t.Fatalf("%+v\n%s tagged %v\npasses: %v, the model says %v", all[i], hex.EncodeToString(f.bytes), f.tagged, got, want)
			}
			tried[i]++
			if want {
				passed[i]++
			}
		}
	}
	for i, n := range all {
		if passed[i] < tried[i]/100 || passed[i] > tried[i]*99/100 && n.Needed() {
			t.Errorf("%+v: of %d frames %d passed", n, tried[i], passed[i])
		}
	}
}

// TestEachInstruction: none is there for nothing, and the random frames reach each: whichever is changed, some frame is
// judged otherwise. Where two guards do the same, the filter with both has instructions that do nothing; so each filter
// here has what can be had without that.
func TestEachInstruction(t *testing.T) {
	m := maker{Rand: rand.New(rand.NewPCG(5, 6))}
	var frames []frame
	for range 300_000 {
		frames = append(frames, m.frame())
	}
	for name, n := range map[string]Nic{
		"frames": {MAC: ownMAC, Frames: true}, "groups": {Groups: true}, "STP": {Groups: true, STP: true}, "queries": {Queries: true},
		"routers": {Routers: true, IPv4: bridge4, IPv6: bridge6}, "addresses": Nic{MAC: ownMAC}.Owning(mine4, mine6),
	} {
		program := n.Filter()
		right := make([]bool, len(frames))
		for i, machine := 0, machineOf(t, program); i < len(frames); i++ {
			right[i] = machine.lets(t, frames[i])
		}
		for i := range program {
			for _, wrong := range mutants(program, i) {
				if same(t, right, machineOf(t, wrong), frames) {
					t.Errorf("%s: instruction %d: %+v could be %+v", name, i, program[i], wrong[i])
				}
			}
		}
	}
}

// mutants are programs that are wrong in one instruction.
func mutants(program Filter, i int) []Filter {
	var all []Filter
	change := func(to Instruction) {
		wrong := slices.Clone(program)
		wrong[i].Instruction = to
		all = append(all, wrong)
	}
	switch now := program[i].Instruction; {
	case now.Op == opReturn:
		now.K = pass + drop - now.K
		change(now)
	case now.Op == opJump|jumpAlways:
	case now.Op&7 == opJump:
		now.JT, now.JF = now.JF, now.JT
		change(now)
		now = program[i].Instruction
		now.K++
		change(now)
	case now.K != TagPresent && now.Op&0xe0 == modeAbs || now.Op&0xe0 == modeInd:
		now.K++
		change(now)
	}
	return all
}

// same reports whether a machine judges frames as the right one has.
func same(t *testing.T, right []bool, m machine, frames []frame) bool {
	t.Helper()
	for i, f := range frames {
		if m.lets(t, f) != right[i] {
			return false
		}
	}
	return true
}

// FuzzModel is TestModel on frames that the fuzzer makes.
func FuzzModel(f *testing.F) {
	m := maker{Rand: rand.New(rand.NewPCG(3, 4))}
	for range 64 {
		f.Add(m.frame().bytes, false)
	}
	all := guards()
	var machines []machine
	for _, n := range all {
		machines = append(machines, newMachine(f, n))
	}
	f.Fuzz(func(t *testing.T, bytes []byte, tagged bool) {
		for i, n := range all {
			if got, want := machines[i].lets(t, frame{bytes, tagged}), n.lets(frame{bytes, tagged}); got != want {
				t.Errorf("%+v: passes: %v, the model says %v", n, got, want)
			}
		}
	})
}
