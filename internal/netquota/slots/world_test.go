package slots

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
)

// world is the kernel that the tests play: the interfaces that live, and what they were charged to.
type world struct {
	folder  string
	mu      sync.Mutex
	living  map[string]netquota.Allotment // by the name that they were made with
	stays   map[string]bool               // of the living: those that cannot be removed
	renamed map[string]string             // of the living: those that have another name now, "" in another network namespace
	index   map[string]int
	macs    map[string]netquota.MAC
	leaving map[string]bool // of the living: those whose container has ended
	limits  netquota.Limits
	broken  []string // promises that were broken
}

func newWorld(t *testing.T) *world {
	return &world{
		folder: t.TempDir(), living: make(map[string]netquota.Allotment), renamed: make(map[string]string),
		index: make(map[string]int), macs: make(map[string]netquota.MAC), leaving: make(map[string]bool),
	}
}

func (w *world) ledger() string { return filepath.Join(w.folder, "lxc", "nics") }
func (w *world) slots() string  { return filepath.Join(w.folder, "lxc", "nics.d") }

// open is a process with the book open.
func (w *world) open(t testing.TB) *process {
	t.Helper()
	book, err := openOwned(w.ledger(), w.slots(), uint32(os.Getuid()))
	if err != nil {
		t.Fatal(err)
	}
	return &process{world: w, book: book}
}

// create makes an interface, and takes note when that breaks the quota of what it is charged to.
func (w *world) create(name string, allotment netquota.Allotment) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, taken := w.living[name]; taken {
		w.broken = append(w.broken, "the name "+name+" was taken")
	}
	w.living[name] = allotment
	w.index[name] = len(w.index) + 1
	if n := w.count(allotment); uint64(n) > allotment.Quota {
		w.broken = append(w.broken, strconv.Itoa(n)+" live, charged to "+allotment.Owner+", whose quota is "+strconv.FormatUint(allotment.Quota, 10))
	}
	uid := userOf(name)
	if n := w.countOf(uid, ""); w.limits.User.Set && uint64(n) > w.limits.User.Most {
		w.broken = append(w.broken, strconv.Itoa(n)+" live of user "+decimal(uid))
	}
	if n := w.countOf(uid, allotment.Owner); w.limits.Member.Set && allotment.Owner[0] == '@' && uint64(n) > w.limits.Member.Most {
		w.broken = append(w.broken, strconv.Itoa(n)+" live of user "+decimal(uid)+", charged to "+allotment.Owner)
	}
}

// userOf is the user of an interface.
func userOf(name string) uint32 {
	for _, who := range []netquota.Account{alice, bob} {
		if netquota.IsOf(name, who.UID) {
			return who.UID
		}
	}
	return 0
}

// countOf is how many live of a user, charged to an owner if one is given; mu is held.
func (w *world) countOf(uid uint32, owner string) int {
	n := 0
	for name, c := range w.living {
		if netquota.IsOf(name, uid) && (owner == "" || c.Owner == owner) {
			n++
		}
	}
	return n
}

// isFull reports whether an error says that a quota or a limit is used up.
func isFull(err error) bool {
	var full *netquota.OverQuota
	var limit *netquota.OverLimit
	return errors.As(err, &full) || errors.As(err, &limit)
}

// count is how many live that are charged to the owner of allotment at its place; mu is held.
func (w *world) count(allotment netquota.Allotment) int {
	n := 0
	for _, c := range w.living {
		if c.Owner == allotment.Owner && c.Place == allotment.Place {
			n++
		}
	}
	return n
}

// alive is count for those who do not hold mu.
func (w *world) alive(allotment netquota.Allotment) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count(allotment)
}

// kill ends an interface, as a container that stops does.
func (w *world) kill(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.living, name)
	delete(w.renamed, name)
}

// nameNow is the present name of an interface; mu is held.
func (w *world) nameNow(name string) string {
	if now, renamed := w.renamed[name]; renamed {
		return now
	}
	return name
}

// called is the interface that has a name now; mu is held.
func (w *world) called(name string) (netquota.Nic, bool) {
	for made := range w.living {
		if w.nameNow(made) == name {
			return netquota.Nic{Name: name, MAC: w.macs[made], Index: w.index[made], Namespace: netquota.NoNamespace}, true
		}
	}
	return netquota.Named(name), false
}

// check fails the test when a promise was broken.
func (w *world) check(t interface {
	Helper()
	Fatalf(string, ...any)
},
) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.broken) > 0 {
		t.Fatalf("broken: %s", strings.Join(w.broken, "; "))
	}
}

// process is Links for one process, which ends at a chosen question to the kernel.
type process struct {
	*world
	book  *Book
	claim *Claim
	asked int
	endAt int // 0: never
	done  int // stages of its work
}

// ended is what a process panics with.
type ended struct{}

func (p *process) step() {
	p.asked++
	if p.asked == p.endAt {
		panic(ended{})
	}
}

func (p *process) Exists(name string) (bool, error) {
	p.step()
	p.mu.Lock()
	defer p.mu.Unlock()
	_, alive := p.called(name)
	return alive, nil
}

func (p *process) Names(prefix string) ([]string, error) {
	p.step()
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	for name := range p.living {
		if now := p.nameNow(name); strings.HasPrefix(now, prefix) {
			names = append(names, now)
		}
	}
	return names, nil
}

func (p *process) NamesAt(place netquota.Place, prefix string) ([]string, error) {
	all, err := p.Names(prefix)
	return slices.DeleteFunc(all, func(name string) bool {
		_, here := p.On(name, place)
		return !here
	}), err
}

func (p *process) NameOf(index int) (string, error) {
	p.step()
	p.mu.Lock()
	defer p.mu.Unlock()
	for name := range p.living {
		if p.index[name] == index {
			return p.nameNow(name), nil
		}
	}
	return "", nil
}

// Survives finds an interface by its address, or where it has gone.
func (p *process) Survives(nic netquota.Nic) bool {
	p.step()
	p.mu.Lock()
	defer p.mu.Unlock()
	_, alive := p.living[nic.Name]
	return alive && (nic.Index != 0 || nic.MAC != netquota.MAC{})
}

// IsHere is Survives: nothing moves in this world.
func (p *process) IsHere(nic netquota.Nic) bool { return p.Survives(nic) }

func (p *process) On(name string, place netquota.Place) (netquota.Nic, bool) {
	p.step()
	p.mu.Lock()
	defer p.mu.Unlock()
	for made, allotment := range p.living {
		if p.nameNow(made) == name && allotment.Place == place {
			nic, _ := p.called(name)
			return nic, true
		}
	}
	return netquota.Nic{}, false
}

func (p *process) Describe(name string) netquota.Nic {
	p.step()
	p.mu.Lock()
	defer p.mu.Unlock()
	nic, _ := p.called(name)
	return nic
}

// Leaving is when an interface ends that was marked: the kernel cleans up while somebody waits.
func (p *process) Leaving(nic netquota.Nic) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.leaving[nic.Name] {
		delete(p.leaving, nic.Name)
		delete(p.living, nic.Name)
		return true
	}
	return false
}

func (p *process) Remove(nic netquota.Nic, _ netquota.Place) error {
	p.step()
	if p.stays[nic.Name] {
		return errors.New("it stays")
	}
	p.kill(nic.Name)
	p.step()
	return nil
}

func (p *process) RemovePort(netquota.Nic, netquota.Place) error {
	p.step()
	return nil
}

// born makes the interface of the claim, and learns its index.
func (p *process) born() {
	p.create(p.claim.Name, p.claim.Allotment)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.macs[p.claim.Name] = p.claim.MAC
	p.claim.Index = p.index[p.claim.Name]
}

// make is what the program does: it stops after so many of its steps, 6 being all.
func (p *process) make(who netquota.Account, allotments []netquota.Allotment, mac netquota.MAC, steps int) (err error) {
	if p.claim, err = p.book.Claim(who, allotments, p.limits, p); err != nil || steps < 2 {
		return err
	}
	if _, err := p.claim.Reserve(mac); err != nil || steps < 3 {
		return err
	}
	if err := p.claim.Record(); err != nil || steps < 4 {
		return err
	}
	p.born()
	if steps < 5 {
		return nil
	}
	return p.claim.Complete()
}

// exit closes what the process has open, which frees its locks.
func (p *process) exit() {
	for _, fd := range []int{p.book.dir, p.book.claims} {
		_ = unix.Close(fd)
	}
	if p.claim != nil {
		for _, file := range p.claim.look.files {
			_ = unix.Close(file.fd)
		}
		lockfile.Close(p.claim.look.rate)
	}
}

// begin begins an interface of a user's, as Claim does.
func (p *process) begin(uid uint32, limit netquota.Limit) (err error) {
	l := &look{book: p.book}
	l.UID, l.PerMinute = uid, limit
	if err := l.openRate(); err != nil {
		return err
	}
	defer lockfile.Close(l.rate)
	if l.Begun, err = p.book.begun(l.rate); err != nil {
		return err
	}
	return l.begin()
}

// openFiles are the descriptors of this process, but for the one that is needed to ask.
func openFiles(t interface{ Fatal(...any) }) map[int]bool {
	folder, err := os.Open("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	names, err := folder.Readdirnames(-1)
	if err != nil {
		t.Fatal(err)
	}
	open := make(map[int]bool)
	for _, name := range names {
		fd, err := strconv.Atoi(name)
		if err != nil {
			t.Fatal(err)
		}
		open[fd] = true
	}
	delete(open, int(folder.Fd()))
	return open
}

// closeSince closes the descriptors on files of the book that were not open before, as the end of a process does.
func (w *world) closeSince(t interface{ Fatal(...any) }, before map[int]bool) {
	for fd := range openFiles(t) {
		if before[fd] {
			continue
		}
		target, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
		if err == nil && strings.HasPrefix(target, w.folder) {
			_ = unix.Close(fd)
		}
	}
}

// rows are the lines of the ledger.
func (w *world) rows(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile(w.ledger())
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
}

// size is that of the ledger, in bytes.
func (w *world) size(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile(w.ledger())
	if err != nil {
		t.Fatal(err)
	}
	return len(text)
}

var (
	lan      = netquota.Place{Type: "veth", Bridge: "lxcbr0"}
	alice    = netquota.Account{UID: 2001, Names: []string{"alice"}, Groups: []string{"students"}}
	bob      = netquota.Account{UID: 2002, Names: []string{"bob"}, Groups: []string{"students"}}
	ofAlice  = netquota.Allotment{Owner: "alice", Place: lan, Quota: 2, Line: 1}
	students = netquota.Allotment{Owner: "@students", Place: lan, Quota: 2, Line: 2}
)

// room is how many more can be made of the allotments, each by a process of its own that exits.
func (w *world) room(t testing.TB, who netquota.Account, allotments ...netquota.Allotment) int {
	t.Helper()
	for n := 0; ; n++ {
		p := w.open(t)
		err := p.make(who, allotments, netquota.MAC{2, byte(n)}, 6)
		p.exit()
		switch {
		case err == nil:
		case isFull(err):
			return n
		default:
			t.Fatal(err)
		}
	}
}
