package wire

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"userns-helpers/internal/text/json"
	"userns-helpers/internal/text/verdict"
)

// Answer is what the service says to a call of Maps or Nics. The zero Answer says that it was done.
type Answer struct {
	Notes []string         // about what did not stop the call: a line each
	Why   *verdict.Verdict // nil: it was done. Its Err is nil, and its texts are printable
	Busy  bool             // come again: nothing was done, and Why is nil
	Line  string           // what Create is to print, without its newline
}

// Tells reports whether an answer can be one to a call, and told as it is. Who asked Create, and has it done, needs a line; and the
// container's root has a say in a name that is in it.
func (a Answer) Tells(m Method) bool {
	needs := m == Create && a.Why == nil && !a.Busy
	return utf8.ValidString(a.Line) && !strings.ContainsFunc(a.Line, unicode.IsControl) && (a.Line != "" || !needs)
}

// How many bytes of a headline or an advice, and of a note, an answer has, as JSON: more than any that is not a caller's
// invention. And how many notes.
const (
	longestText = 20 << 10
	longestNote = 1 << 10
	mostNotes   = 16
)

// Message writes the answer of a socket that has an interface, with its NUL.
func (a Answer) Message(has string) []byte {
	switch {
	case a.Busy:
		return Error(has+".Busy", `"after":`+strconv.Itoa(BusyAfter))
	case a.Why == nil && has == Maps:
		return Reply(`"notes":` + list(a.Notes))
	case a.Why == nil && a.Line == "":
		return Reply("")
	case a.Why == nil:
		return Reply(`"line":` + json.Quote(strings.ToValidUTF8(a.Line, "?")))
	}
	name := has + ".Failed"
	if a.Why.Refused {
		name = has + ".Refused"
	}
	return Error(name, `"id":`+json.Quote(string(a.Why.ID))+`,"headline":`+quote(a.Why.Headline, longestText)+`,"advice":`+quote(a.Why.Advice, longestText)+
		`,"usage":`+strconv.FormatBool(a.Why.Usage)+`,"notes":`+list(a.Notes))
}

// BusyAfter is after how many milliseconds whoever was told Busy may ask again.
const BusyAfter = 100

// How long a program waits for the service: for an answer, longer than the service gives itself; and while that has too much to do
// for this caller, or is being replaced by a newer one.
const (
	Patience  = 65 * time.Second
	Insisting = 5 * time.Second
)

// Unserved is the answer to a call that was not done, for the reason in a verdict; the error behind that stays here.
func Unserved(why verdict.Verdict) Answer {
	why.Err = nil
	return Answer{Why: &why}
}

// Reply writes a reply with its NUL; parameters are members of JSON.
func Reply(parameters string) []byte { return []byte(`{"parameters":{` + parameters + "}}\x00") }

// Error writes an error with its NUL; parameters are members of JSON.
func Error(name, parameters string) []byte {
	return []byte(`{"error":"` + name + `","parameters":{` + parameters + "}}\x00")
}

// Message writes the error of org.varlink.service with its NUL.
func (e *Wrong) Message() []byte {
	member := map[string]string{"MethodNotFound": "method", "InvalidParameter": "parameter", "InterfaceNotFound": "interface"}[e.Name]
	return Error(Service+"."+e.Name, `"`+member+`":`+quote(e.Value, longestNote))
}

// quote writes what is left of a text when it is made printable, and cut so that it has at most so many bytes of JSON.
func quote(text string, most int) string {
	printable := string(verdict.Printable(nil, text[:min(len(text), most)]))
	for quoted, end := json.Quote(printable), ""; ; quoted, end = json.Quote(printable+end), "..." {
		if len(quoted) <= most {
			return quoted
		}
		printable = strings.ToValidUTF8(printable[:len(printable)/8*7], "")
	}
}

func list(texts []string) string {
	var quoted []string
	for _, text := range texts[:min(len(texts), mostNotes)] {
		quoted = append(quoted, quote(text, longestNote))
	}
	return "[" + strings.Join(quoted, ",") + "]"
}

// ParseAnswer understands an answer to a call, without its NUL. Members that are not known are passed
// over: the service may be newer than the program. Errors: json.ErrMalformed.
func ParseAnswer(to Method, message []byte) (Answer, error) {
	has := Nics
	if to == WriteMap {
		has = Maps
	}
	a, err := parseAnswer(has, message)
	switch {
	case err != nil:
		return Answer{}, err
	case !a.Tells(to):
		return Answer{}, json.ErrMalformed
	}
	return a, nil
}

func parseAnswer(has string, message []byte) (Answer, error) {
	top, err := json.Object(message, "error", "parameters")
	if err != nil {
		return Answer{}, err
	}
	if top[1] == nil {
		top[1] = []byte("{}")
	}
	if top[0] == nil {
		return parseDone(top[1])
	}
	switch name, _ := json.Text(top[0]); name {
	case has + ".Busy":
		return Answer{Busy: true}, nil
	case has + ".Refused", has + ".Failed":
		return parseRefusal(top[1], name == has+".Refused")
	}
	return Answer{}, json.ErrMalformed
}

func parseDone(parameters []byte) (Answer, error) {
	values, err := json.Object(parameters, "notes", "line")
	if err != nil {
		return Answer{}, err
	}
	line, ok := "", values[1] == nil
	if !ok {
		line, ok = json.Text(values[1])
	}
	if !ok {
		return Answer{}, json.ErrMalformed
	}
	notes, err := parseNotes(values[0])
	if err != nil {
		return Answer{}, err
	}
	return Answer{Notes: notes, Line: line}, nil
}

func parseRefusal(parameters []byte, refused bool) (Answer, error) {
	values, err := json.Object(parameters, "id", "headline", "advice", "usage", "notes")
	if err != nil {
		return Answer{}, err
	}
	var texts [3]string
	for i := range texts {
		var ok bool
		if texts[i], ok = json.Text(values[i]); !ok {
			return Answer{}, json.ErrMalformed
		}
	}
	notes, err := parseNotes(values[4])
	return Answer{Notes: notes, Why: &verdict.Verdict{
		ID: verdict.ID(texts[0]), Refused: refused, Headline: texts[1], Advice: texts[2], Usage: string(values[3]) == "true",
	}}, err
}

func parseNotes(value []byte) ([]string, error) {
	if value == nil {
		return nil, nil
	}
	items, err := json.Array(value, mostNotes)
	if err != nil {
		return nil, err
	}
	var notes []string
	for _, item := range items {
		note, ok := json.Text(item)
		if !ok {
			return nil, json.ErrMalformed
		}
		notes = append(notes, note)
	}
	return notes, nil
}
