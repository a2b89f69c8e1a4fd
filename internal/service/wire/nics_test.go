package wire

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"userns-helpers/internal/text/verdict"
)

const (
	create = `{"method":"org.userns-helpers.Nics.Create","parameters":{"namespace":0,"lxcpath":"/dev/null","container":"c1","target":"fd:3","type":"veth","bridge":"br0","name":"eth%d"}}`
	remove = `{"method":"org.userns-helpers.Nics.Delete","parameters":{"namespace":0,"target":"7","container":"c1","type":"veth","bridge":"br0","name":"veth1_AbCd"}}`
)

// TestParseNic: the words are those of the command line, in its order, and none of another socket's is understood.
func TestParseNic(t *testing.T) {
	for text, want := range map[string]Call{
		create: {Method: Create, Arguments: []string{"create", "/dev/null", "c1", "fd:3", "veth", "br0", "eth%d"}},
		strings.Replace(create, `,"name":"eth%d"`, "", 1):                                {Method: Create, Arguments: []string{"create", "/dev/null", "c1", "fd:3", "veth", "br0"}},
		strings.Replace(create, `"eth%d"`, "null", 1):                                    {Method: Create, Arguments: []string{"create", "/dev/null", "c1", "fd:3", "veth", "br0"}},
		strings.Replace(create, `"namespace":0`, `"namespace":null,"unopened":"why"`, 1): {Method: Create, Arguments: []string{"create", "/dev/null", "c1", "fd:3", "veth", "br0", "eth%d"}, Unopened: "why"},
		strings.Replace(create, `"namespace":0`, `"unopened":"why"`, 1):                  {Method: Create, Arguments: []string{"create", "/dev/null", "c1", "fd:3", "veth", "br0", "eth%d"}, Unopened: "why"},
		strings.Replace(create, `"namespace":0`, `"namespace":0,"unopened":null`, 1):     {Method: Create, Arguments: []string{"create", "/dev/null", "c1", "fd:3", "veth", "br0", "eth%d"}},
		remove: {Method: Delete, Arguments: []string{"delete", "", "c1", "7", "veth", "br0", "veth1_AbCd"}},
	} {
		if got, err := ParseCall(Nics, []byte(text)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		if got, err := ParseCall(Maps, []byte(text)); err == nil || got.Method != NoMethod {
			t.Errorf("the socket for maps understands %s: %+v", text, got)
		}
	}
	for _, text := range []string{
		strings.Replace(create, `"namespace":0,`, "", 1), strings.Replace(create, `"namespace":0`, `"namespace":null`, 1),
		strings.Replace(create, `"namespace":0`, `"namespace":0,"unopened":"why"`, 1), strings.Replace(create, `"namespace":0`, `"unopened":""`, 1),
		strings.Replace(create, `"namespace":0`, `"unopened":7`, 1),
		good, strings.Replace(create, "Create", "create", 1), strings.Replace(create, `"namespace":0`, `"namespace":1`, 1),
		strings.Replace(create, `"namespace":0`, `"namespace":-0`, 1), strings.Replace(create, `"namespace":0`, `"namespace":0,"x":0`, 1),
		strings.Replace(create, `"c1"`, "7", 1), strings.Replace(create, `"container":"c1",`, "", 1), strings.Replace(create, `"target":"fd:3",`, "", 1),
		strings.Replace(create, `"bridge":"br0",`, `"bridge":"br0","bridge":"br1",`, 1), strings.Replace(remove, `,"name":"veth1_AbCd"`, "", 1),
		strings.Replace(remove, `"veth1_AbCd"`, "null", 1), strings.Replace(create, `"veth"`, "null", 1),
		`{"method":"org.userns-helpers.Nics.Create"}`, `{"method":"org.userns-helpers.NicsCreate"}`, `{"method":"Create"}`,
		`{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"org.userns-helpers.Maps"}}`,
	} {
		got, err := ParseCall(Nics, []byte(text))
		var wrong *Wrong
		if !errors.As(err, &wrong) || !reflect.DeepEqual(got, Call{}) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

// TestNicMessage: what cannot be said is not sent.
func TestNicMessage(t *testing.T) {
	words := func(last string) []string { return []string{"create", "/dev/null", "c1", "7", "veth", "br0", last} }
	for _, c := range []Call{
		{Method: Create, Arguments: words("\xff")},
		{Method: Create, Arguments: words(strings.Repeat("x", Longest))},
		{Method: Create, Arguments: words("x")[:5]},
		{Method: Delete, Arguments: append(words("x"), "y")},
	} {
		if text, fits := c.Message(); fits {
			t.Errorf("%q", text)
		}
	}
}

// FuzzParseNic: what is accepted is what encoding/json accepts, and means the same; and is written as it was read.
func FuzzParseNic(f *testing.F) {
	for _, seed := range []string{create, remove, strings.Replace(create, "eth%d", `\u00e9\n`, 1), strings.Replace(create, `:0`, `:null,"unopened":"why"`, 1)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		call, err := ParseCall(Nics, message)
		if err != nil || call.Method != Create && call.Method != Delete {
			if call.Arguments != nil {
				t.Fatalf("%q: %+v, %v", message, call, err)
			}
			return
		}
		var want struct {
			Method     string
			Parameters struct {
				Namespace                                *int
				Unopened                                 string
				LXCPath, Container, Target, Type, Bridge string
				Name                                     *string
			}
		}
		var all map[string]any
		if json.Unmarshal(message, &all) != nil || json.Unmarshal(message, &want) != nil {
			t.Fatalf("%q is accepted", message)
		}
		p := want.Parameters
		words := []string{map[string]string{Nics + ".Create": "create", Nics + ".Delete": "delete"}[want.Method], p.LXCPath, p.Container, p.Target, p.Type, p.Bridge}
		if p.Name != nil {
			words = append(words, *p.Name)
		}
		if !reflect.DeepEqual(words, call.Arguments) || call.Unopened != p.Unopened || (p.Unopened == "") == (p.Namespace == nil) {
			t.Fatalf("%q: %+v, want %q", message, call, words)
		}
		if again, fits := call.Message(); fits {
			if same, err := ParseCall(Nics, again[:len(again)-1]); err != nil || !reflect.DeepEqual(same, call) {
				t.Fatalf("%q is written %q, read as %+v, %v", message, again, same, err)
			}
		}
	})
}

// TestNicAnswers: as TestAnswers, with lines.
func TestNicAnswers(t *testing.T) {
	for _, a := range []Answer{{}, {Line: "eth0:2:veth1001_AbCd:17"}, {Line: "ετη0:2:\":17"}, {Busy: true}, {Why: &verdict.Verdict{ID: "over-quota", Refused: true, Headline: "first", Advice: "second"}}} {
		message := a.Message(Nics)
		if !json.Valid(message[:len(message)-1]) {
			t.Errorf("%q", message)
		}
		if got, err := ParseAnswer(Delete, message[:len(message)-1]); err != nil || !reflect.DeepEqual(got, a) {
			t.Errorf("%+v is read as %+v, %v", a, got, err)
		}
	}
	for _, text := range []string{`{"parameters":{"line":7}}`, `{"parameters":{"line":"a\nb"}}`, `{"parameters":{"line":"\u001b[2J"}}`, `{"error":"org.userns-helpers.Maps.Busy"}`} {
		if got, err := ParseAnswer(Delete, []byte(text)); err == nil || !reflect.DeepEqual(got, Answer{}) {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
	for _, c := range []struct {
		answer Answer
		to     Method
		tells  bool
	}{
		{Answer{}, Delete, true},
		{Answer{}, Create, false},
		{Answer{Busy: true}, Create, true},
		{Answer{Why: &verdict.Verdict{}}, Create, true},
		{Answer{Line: "eth0:2:v:17"}, Create, true},
		{Answer{Line: "a\x1b:2:v:17"}, Create, false},
		{Answer{Line: "a\xc2\x9b:2:v:17"}, Create, false},
		{Answer{Line: "a\xff:2:v:17"}, Create, false},
	} {
		if c.answer.Tells(c.to) != c.tells {
			t.Errorf("%+v to %v: %v", c.answer, c.to, !c.tells)
		}
	}
	if a, err := ParseAnswer(Create, []byte(`{"parameters":{}}`)); err == nil {
		t.Errorf("Create without a line is read as %+v", a)
	}
	if message := (Answer{Line: "e\xff:1:v:2"}).Message(Nics); !json.Valid(message[:len(message)-1]) {
		t.Errorf("%q", message)
	}
}
