package addresses

import (
	"errors"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/pool"
)

// world is the kernel that the tests play: which interface lives with which address.
type world struct {
	folder string
	mu     sync.Mutex
	living map[string]netip.Addr
	now    uint64
	broken string
}

func newWorld(t *testing.T) *world {
	return &world{folder: t.TempDir(), living: make(map[string]netip.Addr), now: 1000 * second}
}

// open is a process with the book open.
func (w *world) open(t interface{ Fatal(...any) }) *Book {
	fd, err := unix.Open(w.folder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer lockfile.Close(fd)
	b, err := Open(Place{
		Directory: fd, Path: w.folder, Owner: uint32(os.Getuid()), Lives: w.lives, Wait: func() bool { return false }, Now: func() uint64 { return w.now },
	}, "br0")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *world) lives(n netquota.Nic) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, alive := w.living[n.Name]
	return alive, nil
}

// born makes an interface, and takes note when another one has its address.
func (w *world) born(name string, a netip.Addr) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for other, has := range w.living {
		if has == a {
			w.broken = name + " and " + other + " have " + a.String()
		}
	}
	w.living[name] = a
}

func (w *world) kill(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.living, name)
}

var small = pool.Space{Pools: []netip.Prefix{netip.MustParsePrefix("10.0.3.64/26")}, Bridge: []netip.Prefix{netip.MustParsePrefix("10.0.3.1/24")}}

func nicOf(n int) netquota.Nic {
	nic := netquota.Named("veth1_" + strconv.Itoa(n))
	nic.MAC = netquota.MAC{2, 0, 0, 0, byte(n >> 8), byte(n)}
	return nic
}

// TestManyAtOnce: of 200 processes 62 get an address of 62, each another one.
func TestManyAtOnce(t *testing.T) {
	w := newWorld(t)
	granted := 0
	var group sync.WaitGroup
	for i := range 200 {
		group.Add(1)
		go func() {
			defer group.Done()
			b := w.open(t)
			defer b.Close()
			nic := nicOf(i)
			held, err := b.Take(small, pool.Wanted{MAC: nic.MAC, Owner: 1, Quota: 200, Seed: uint64(i % 3)}, nic)
			var full *pool.Exhausted
			if errors.As(err, &full) {
				if full.Of != 62 || full.InUse != 62 {
					t.Errorf("%+v", full)
				}
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			w.born(nic.Name, held.Address)
			if err := held.Complete(nic); err != nil {
				t.Error(err)
			}
			w.mu.Lock()
			granted++
			w.mu.Unlock()
		}()
	}
	group.Wait()
	if granted != 62 || w.broken != "" {
		t.Errorf("%d granted, want 62; %s", granted, w.broken)
	}
}

// TestRestart: a hardware address gets its address again, however often the file is opened; and another one gets it only once
// none is free and a DHCP server cannot have it.
func TestRestart(t *testing.T) {
	w := newWorld(t)
	take := func(n, incarnation int) (netip.Addr, error) {
		b := w.open(t)
		defer b.Close()
		nic := nicOf(n)
		nic.Name += "_" + strconv.Itoa(incarnation)
		held, err := b.Take(small, pool.Wanted{MAC: nic.MAC, Owner: uint32(n), Quota: 1, Seed: 7}, nic)
		if err != nil {
			return netip.Addr{}, err
		}
		w.born(nic.Name, held.Address)
		return held.Address, held.Complete(nic)
	}
	first, err := take(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	w.kill("veth1_0_0")
	for n := 1; n < 62; n++ {
		if a, err := take(n, 0); err != nil || a == first {
			t.Fatal(n, a, err)
		}
	}
	if _, err := take(99, 0); err == nil {
		t.Fatal("an address that is leased was given away")
	}
	if again, err := take(0, 1); err != nil || again != first {
		t.Fatal(again, err)
	}
	w.kill("veth1_0_1")
	if _, err := take(99, 0); err == nil {
		t.Fatal("an address that is leased was given away")
	}
	w.now += (Lease + 1) * second
	if a, err := take(99, 0); err != nil || a != first {
		t.Fatal(a, err)
	}
	if a, err := take(0, 2); err == nil {
		t.Fatal(a)
	}
	if w.broken != "" {
		t.Error(w.broken)
	}
}

// TestAbandon: what is given back is as it was, blank or another's.
func TestAbandon(t *testing.T) {
	w := newWorld(t)
	b := w.open(t)
	defer b.Close()
	nic := nicOf(1)
	held, err := b.Take(small, pool.Wanted{MAC: nic.MAC, Owner: 1, Quota: 1}, nic)
	if err != nil {
		t.Fatal(err)
	}
	if err := held.Abandon(); err != nil {
		t.Fatal(err)
	}
	if found, err := b.Records(); len(found) != 0 || err != nil {
		t.Error(found, err)
	}
	one := pool.Space{Pools: []netip.Prefix{netip.MustParsePrefix("10.0.3.0/30")}, Bridge: []netip.Prefix{netip.MustParsePrefix("10.0.3.1/30")}}
	if held, err = b.Take(one, pool.Wanted{MAC: nic.MAC, Owner: 1, Quota: 1}, nic); err != nil {
		t.Fatal(err)
	}
	if err := held.Complete(nic); err != nil {
		t.Fatal(err)
	}
	other := nicOf(2)
	if held, err = b.Take(one, pool.Wanted{MAC: other.MAC, Owner: 1, Quota: 1}, other); err != nil {
		t.Fatal(err)
	}
	if err := held.Abandon(); err != nil {
		t.Fatal(err)
	}
	if found, err := b.Records(); len(found) != 1 || found[0].Nic != nic || err != nil {
		t.Error(found, err)
	}
}

// TestFrozen: a process that stops with an address holds that one, and nobody else's.
func TestFrozen(t *testing.T) {
	w := newWorld(t)
	frozen := w.open(t)
	defer frozen.Close()
	held, err := frozen.Take(small, pool.Wanted{MAC: nicOf(1).MAC, Owner: 1, Quota: 1, Seed: 9}, nicOf(1))
	if err != nil {
		t.Fatal(err)
	}
	b := w.open(t)
	defer b.Close()
	other, err := b.Take(small, pool.Wanted{MAC: nicOf(2).MAC, Owner: 2, Quota: 1, Seed: 9}, nicOf(2))
	if err != nil || other.Address == held.Address {
		t.Fatal(other, err)
	}
	fixed := small
	fixed.Fixed = []netip.Addr{held.Address}
	var taken *pool.Taken
	if _, err := b.Take(fixed, pool.Wanted{MAC: nicOf(3).MAC, Owner: 3, Quota: 1, Fixed: held.Address}, nicOf(3)); !errors.As(err, &taken) {
		t.Error(err)
	}
}

// TestLateNote: a note about an older interface of the same name takes no address from one that lives.
func TestLateNote(t *testing.T) {
	w := newWorld(t)
	one := pool.Space{Pools: []netip.Prefix{netip.MustParsePrefix("10.0.3.0/30")}, Bridge: []netip.Prefix{netip.MustParsePrefix("10.0.3.1/30")}}
	b := w.open(t)
	defer b.Close()
	held, err := b.Take(one, pool.Wanted{MAC: nicOf(1).MAC, Owner: 1, Quota: 1}, nicOf(1))
	if err != nil {
		t.Fatal(err)
	}
	w.born(nicOf(1).Name, held.Address)
	if err := held.Complete(nicOf(1)); err != nil {
		t.Fatal(err)
	}
	late := note{nicOf(1).Name, 1}
	if err := lockfile.WriteAt(b.fd, late.text(), noteAt); err != nil {
		t.Fatal(err)
	}
	other, err := b.Take(one, pool.Wanted{MAC: nicOf(2).MAC, Owner: 2, Quota: 1}, nicOf(2))
	var full *pool.Exhausted
	if !errors.As(err, &full) {
		t.Errorf("%v, %v", other, err)
	}
}

// TestHistories: random histories of containers that start, stop, are killed at work and left frozen: no two that live have one
// address, and nobody keeps more than twice their quota from others.
func TestHistories(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		w.folder = must(os.MkdirTemp(w.folder, ""))
		quota := []int{1, 3}
		live, atWork := make(map[int][]string), make(map[int][]*Book)
		serial := 0
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			owner := rapid.IntRange(0, 1).Draw(r, "owner")
			w.now += rapid.Uint64Range(0, Lease/2).Draw(r, "later") * second
			switch rapid.SampledFrom([]string{"start", "start", "stop", "die", "freeze", "end"}).Draw(r, "step") {
			case "stop":
				if len(live[owner]) > 0 {
					w.kill(live[owner][0])
					live[owner] = live[owner][1:]
				}
				continue
			case "end":
				for _, b := range atWork[owner] {
					b.Close()
				}
				atWork[owner] = nil
				continue
			case "start":
				if len(live[owner])+len(atWork[owner]) >= quota[owner] {
					continue
				}
				b := w.open(r)
				nic := nicOf(serial)
				serial++
				nic.MAC = netquota.MAC{2, byte(owner), byte(rapid.IntRange(0, 9).Draw(r, "container"))}
				held, err := b.Take(small, pool.Wanted{MAC: nic.MAC, Owner: uint32(owner), Quota: uint64(quota[owner])}, nic)
				if err != nil {
					r.Fatal(err)
				}
				w.born(nic.Name, held.Address)
				if err := held.Complete(nic); err != nil {
					r.Fatal(err)
				}
				b.Close()
				live[owner] = append(live[owner], nic.Name)
			case "die", "freeze":
				if len(live[owner])+len(atWork[owner]) >= quota[owner] {
					continue
				}
				b := w.open(r)
				nic := nicOf(serial)
				nic.MAC = netquota.MAC{2, 9, byte(serial)}
				serial++
				if _, err := b.Take(small, pool.Wanted{MAC: nic.MAC, Owner: uint32(owner), Quota: uint64(quota[owner])}, nic); err != nil {
					r.Fatal(err)
				}
				atWork[owner] = append(atWork[owner], b)
			}
			if w.broken != "" {
				r.Fatal(w.broken)
			}
			b := w.open(r)
			found, err := b.Records()
			b.Close()
			if err != nil {
				r.Fatal(err)
			}
			held := make(map[uint32]int)
			seen := make(map[netip.Addr]bool)
			for _, record := range found {
				held[record.Owner]++
				if seen[record.Address] {
					r.Fatal("twice in the file: ", record.Address)
				}
				seen[record.Address] = true
			}
			if held[0] > 2*quota[0] || held[1] > 2*quota[1] {
				r.Fatal("more than a share: ", held)
			}
		}
		for _, all := range atWork {
			for _, b := range all {
				b.Close()
			}
		}
	})
}

func must(s string, err error) string {
	if err != nil {
		panic(err)
	}
	return s
}

// TestRecords: what is written is read again, and what is no record holds nothing.
func TestRecords(t *testing.T) {
	whole := Record{Address: netip.MustParseAddr("255.255.255.254"), Owner: 1<<32 - 1, Nic: netquota.Nic{
		Name: "veth1234567_AbC", MAC: netquota.MAC{2, 255, 255, 255, 255, 255}, Index: 1<<31 - 1, Namespace: 1<<31 - 1, Peer: 1<<31 - 1,
	}, note: note{"veth1234567_AbC", 1 << 40}}
	text := append(whole.text(), whole.note.text()...)
	if len(text) != recordSize || parse(text) != whole {
		t.Errorf("%q: %+v", text, parse(text))
	}
	without := whole
	without.note = note{}
	if got := parse(text[:noteAt]); got != without {
		t.Errorf("%+v", got)
	}
	for _, bad := range []string{"", strings.Repeat(" ", recordSize), string(text[:noteAt-1]), strings.Replace(string(text), "255.255.255.254", "fd00::1", 1), strings.Repeat("\x00", recordSize)} {
		if got := parse([]byte(bad)); got.Address.IsValid() {
			t.Errorf("%q: %+v", bad, got)
		}
	}
	for name, want := range map[string]string{FileName("lxcbr0"): "lxcbr0", "veth:lxcbr0:alice+1": "", "address.x": "", "claims": ""} {
		if got := BridgeOf(name); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}

// FuzzParse: no panic, and what is read is written the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte(strings.Repeat(" ", recordSize)))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := parse(text)
		r.note = note{}
		if r.Address.IsValid() && parse(r.text()) != r {
			t.Fatalf("%q: %+v", text, r)
		}
	})
}
