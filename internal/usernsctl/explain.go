package usernsctl

import (
	"slices"
	"strconv"
	"strings"

	"userns-helpers/internal/subid"
	"userns-helpers/internal/text/verdict"
)

// reply is the answer to explain, for people and as JSON.
type reply struct {
	Format   int          `json:"format"`
	Kind     string       `json:"kind"`   // "uid", "gid" or "nic"
	Answer   string       `json:"answer"` // "yes", "no" or "unknown"
	Question string       `json:"question"`
	ID       verdict.ID   `json:"id,omitempty"`       // of the reason why not; it never changes
	Reason   string       `json:"reason,omitempty"`   // why not: the first line that the program would print
	Advice   string       `json:"advice,omitempty"`   // what to do: the second
	Others   []obstructed `json:"obstacles"`          // all that is in the way: the first is the reason, and each further one would be, once those before it are not
	By       []by         `json:"by"`                 // what decides, in words
	Grants   []granted    `json:"grants"`             // the lines that grant something here
	Quota    *quota       `json:"quota,omitempty"`    // of interfaces, of all lines together
	Overlaps []overlap    `json:"overlaps,omitempty"` // who else has some of the IDs
	Slips    []slip       `json:"slips,omitempty"`    // lines that seem to be meant for the user, and are of no use
	Settings []setting    `json:"protections,omitempty"`
	Guard    string       `json:"guard,omitempty"` // the filter, in words and instructions
	Remarks  []string     `json:"remarks,omitempty"`
}

// by is a line of a file that decides, or another rule.
type by struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Rule string `json:"rule"`           // what it says
	Left uint64 `json:"left,omitempty"` // of a quota
}

// obstructed is something that is in the way.
type obstructed struct {
	ID      verdict.ID `json:"id"`
	Problem string     `json:"problem"`
	Advice  string     `json:"advice,omitempty"`
}

// granted is a line that grants something: IDs, or interfaces.
type granted struct {
	File  string `json:"file"`
	Line  int    `json:"line,omitempty"` // 0: the file is a name service
	Owner string `json:"owner,omitempty"`
	First uint64 `json:"first,omitempty"`
	Count uint64 `json:"count,omitempty"`
	Quota uint64 `json:"quota,omitempty"`
	Live  uint64 `json:"live,omitempty"`
}

// quota is how many interfaces there can be.
type quota struct {
	Granted uint64 `json:"granted"`
	Live    uint64 `json:"live"`
	Left    uint64 `json:"left"`
}

// overlap is somebody else who has IDs of an answer.
type overlap struct {
	ids
	File  string `json:"file"`
	Line  int    `json:"line,omitempty"`
	Owner string `json:"owner"`
}

// slip is a line that seems to be meant for the user, and is of no use. Kind is a word that never changes.
type slip struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Kind string `json:"kind"`
	Text string `json:"text"` // the line, or its beginning
	Why  string `json:"why"`
}

// setting is a protection and where it comes from.
type setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	From  string `json:"from"`
}

// The answers.
const (
	yes     = "yes"
	no      = "no"
	unknown = "unknown"
)

// status is the exit status for an answer.
func (r reply) status() int {
	switch r.Answer {
	case yes:
		return fine
	case no:
		return found
	}
	return unseen
}

// explain is the command explain.
func (a asker) explain(words []string) int {
	const wanted = "explain needs uid USER [LOWER COUNT], gid USER [LOWER COUNT], or nic USER BRIDGE"
	if len(words) == 0 {
		return a.wrong(wanted)
	}
	what, words := words[0], words[1:]
	switch {
	case isKind(what) && (len(words) == 1 || len(words) == 3):
		r, err := a.explainIDs(what, words)
		return a.reply(r.meant(words[0]), err)
	case what == "nic" && len(words) == 2:
		return a.reply(a.explainNIC(words[0], words[1]).meant(words[0]), nil)
	}
	return a.wrong(wanted)
}

// reply prints an answer.
func (a asker) reply(r reply, err error) int {
	switch {
	case err != nil:
		return a.wrong(err.Error())
	case a.json:
		return a.answer(r, r.status())
	}
	return a.say([]byte(r.text()), r.status())
}

// text is the answer for people: the answer and what was asked, then what decides.
func (r reply) text() string {
	var out strings.Builder
	out.WriteString(wrap(printable(r.Answer+": "+r.Question), ""))
	for _, line := range []string{r.Reason, r.Advice} {
		out.WriteString(wrap(printable(line), "    "))
	}
	for _, o := range r.Others[min(1, len(r.Others)):] {
		out.WriteString(wrap(printable("and: "+o.Problem), ""))
		out.WriteString(wrap(printable(o.Advice), "    "))
	}
	for _, b := range r.By {
		where := b.File
		if b.Line > 0 {
			where += ":" + strconv.Itoa(b.Line)
		}
		if where != "" {
			where += ": "
		}
		out.WriteString("    " + printable(where+b.Rule) + "\n")
	}
	if len(r.Settings) > 0 {
		rows := [][]string{}
		for _, s := range r.Settings {
			rows = append(rows, []string{"    " + s.Key, s.Value, printable(s.From)})
		}
		out.WriteString("protections:\n" + columns(rows))
	}
	if r.Guard != "" {
		out.WriteString("filter:\n" + r.Guard)
	}
	for _, line := range r.Remarks {
		out.WriteString(wrap(printable(line), ""))
	}
	return out.String()
}

// meant adds who could have been meant by a user who is not known.
func (r reply) meant(user string) reply {
	if r.Answer != no {
		return r
	}
	if text := meantUser(user); text != "" && !subid.IsUID(user) {
		r.Remarks = append(r.Remarks, text)
	}
	return r
}

// refuse takes why not out of a verdict.
func (r *reply) refuse(v verdict.Verdict) {
	if r.Answer == yes {
		r.Answer, r.ID, r.Reason, r.Advice = no, v.ID, v.Headline, v.Advice
	}
	o := obstructed{v.ID, v.Headline, v.Advice}
	if !slices.Contains(r.Others, o) {
		r.Others = append(r.Others, o)
	}
}

// replyAbout is an answer without an obstacle.
func replyAbout(kind, question string) reply {
	return reply{Format: format, Kind: kind, Answer: yes, Question: question, Others: []obstructed{}, By: []by{}, Grants: []granted{}}
}
