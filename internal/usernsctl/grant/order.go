package grant

import (
	"strconv"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/usernsctl/grant/choice"
	"userns-helpers/internal/usernsctl/limits"
)

// Order is what the administrator asks for.
type Order struct {
	User      string // a login name or a user id; "" for all who have no range
	Count     uint64 // of ids, 0 for what login.defs(5) says
	Start     uint64 // where they begin, if Fixed is set
	Fixed     bool
	Pods      uint64 // for how many pods of kubelet, 0 for a user's containers
	NICs      []NIC
	Limits    limits.Bounds // of a user's sessions
	OwnBridge bool          // the user gets a bridge that no other has
	UIDMin    uint64        // of those who have no range, 0 for what login.defs(5) says
	UIDMax    uint64
	DryRun    bool
	Progress  func(done, all int) // is called for each range that name services are asked about
}

// NIC is how many interfaces of type veth a user is to have on a bridge.
type NIC struct {
	Bridge string
	Number uint32
}

// Report is what was done, or would be.
type Report struct {
	Format  int              `json:"format"`
	Result  string           `json:"result"`
	Lines   []Line           `json:"lines"`
	Avoided []choice.Avoided `json:"avoided"` // what lies below the first range that was chosen
	Limits  *Bounds          `json:"limits,omitempty"`
	Paste   []Paste          `json:"paste,omitempty"` // what the administrator has to write
	Remarks []string         `json:"remarks"`
}

// Results of an order.
const (
	Done    = "done"
	Planned = "planned" // by --dry-run
	Nothing = "nothing" // to be done: it is as it was asked for
)

// Line is a line of a file.
type Line struct {
	File   string `json:"file"`
	Text   string `json:"text"`
	Change string `json:"change"`
	User   string `json:"user"`
	First  uint64 `json:"first,omitempty"` // of the ids, where it grants some
	Count  uint64 `json:"count,omitempty"`
}

// What becomes of a line.
const (
	Kept     = "kept" // it was there
	Added    = "added"
	Edited   = "edited"
	Removed  = "removed"
	Reserved = "reserved" // nobody has the ids, and nobody gets them
)

// newReport is a report of nothing so far.
func newReport(dry bool) Report {
	r := Report{Format: 1, Result: Done, Lines: []Line{}, Avoided: []choice.Avoided{}, Remarks: []string{}}
	if dry {
		r.Result = Planned
	}
	return r
}

// finish tells the log what was changed, and the caller where nothing was.
func (r *Report) finish(user string) {
	for _, l := range r.Lines {
		if l.Change != Kept {
			if r.Result == Done {
				record(user, r.Lines)
			}
			return
		}
	}
	r.Result = Nothing
}

func (r *Report) remark(text string) { r.Remarks = append(r.Remarks, text) }

func (r *Report) paste(file string, lines ...string) {
	if len(lines) > 0 {
		r.Paste = append(r.Paste, Paste{file, lines})
	}
}

// lineOf is a line of subuid(5) or subgid(5).
func lineOf(kind idmap.Kind, owner string, p person, ids idmap.Range, change string) Line {
	return Line{fileOf(kind), owner + ":" + decimal(ids.Start()) + ":" + decimal(ids.Count()), change, p.name, ids.Start(), ids.Count()}
}

// longestQuote is how many bytes of an argument a message repeats.
const longestQuote = 64

// quote is text in quotation marks, cut where it is long.
func quote(text string) string {
	if len(text) > longestQuote {
		return strconv.Quote(text[:longestQuote]) + "..."
	}
	return strconv.Quote(text)
}
