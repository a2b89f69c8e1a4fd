package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"userns-helpers/internal/text/verdict"
)

const good = `{"method":"org.userns-helpers.Maps.WriteMap","parameters":{"kind":"gid","target":"fd:3","process":0,"ranges":[{"inside":0,"outside":100000,"count":65536}]}}`

func TestParseCall(t *testing.T) {
	call, err := ParseCall(Maps, []byte(good))
	if want := (Call{Method: WriteMap, GID: true, Target: "fd:3", Ranges: [][3]uint32{{0, 100000, 65536}}}); err != nil || !reflect.DeepEqual(call, want) {
		t.Errorf("%+v, %v", call, err)
	}
	for change, want := range map[string]string{
		`"kind":"gid"`: "kind", `"target":"fd:3"`: "target", `"process":0`: "process", `"inside":0,`: "ranges",
	} {
		for _, instead := range []string{"", strings.Replace(change, ":", ":-", 1), `"kind":null`, `"x":1`} {
			text := strings.Replace(strings.Replace(good, change, instead, 1), ",,", ",", 1)
			if call, err := ParseCall(Maps, []byte(text)); err == nil || call.Method != NoMethod || call.Ranges != nil {
				t.Errorf("%s (%s) is accepted: %+v", text, want, call)
			}
		}
	}
	for text, want := range map[string]string{
		`{"method":"x"}`: "MethodNotFound", `{"method":"org.userns-helpers.Maps.WriteMap"}`: "InvalidParameter",
		`{"method":"org.varlink.service.GetInfo","parameters":{"a":1}}`: "InvalidParameter", `{"method":"org.varlink.service.GetInfo","more":true}`: "InvalidParameter",
		`{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"x"}}`: "InterfaceNotFound", `{"method":"org.varlink.service.GetInterfaceDescription"}`: "InvalidParameter",
		`{"method":"org.varlink.service.GetInfo","parameters":null,"more":false}`: "",
	} {
		_, err := ParseCall(Maps, []byte(text))
		var wrong *Wrong
		if errors.As(err, &wrong) && wrong.Name != want || err == nil != (want == "") {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{"", "null", "[]", "{}", `{"method":7}`, `{"method":"x","uid":0}`, good + good, good + " x", strings.Repeat(" ", Longest) + good} {
		if _, err := ParseCall(Maps, []byte(text)); !errors.Is(err, ErrNoCall) {
			t.Errorf("%.100s: %v", text, err)
		}
	}
}

// FuzzParseCall: what is accepted is what encoding/json accepts, and means the same; and is written as it was read.
func FuzzParseCall(f *testing.F) {
	for _, seed := range []string{good, `{"method":"org.varlink.service.GetInfo"}`, strings.Replace(good, "}]", `},{"count":1,"outside":4294967295,"inside":7}]`, 1), `{"method":"x","parameters":{}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		call, err := ParseCall(Maps, message)
		if err != nil {
			if call.Method != NoMethod || call.Ranges != nil {
				t.Fatalf("%q: %+v with %v", message, call, err)
			}
			return
		}
		var want struct {
			Method     string
			Parameters struct {
				Kind, Target string
				Process      uint32
				Ranges       []struct{ Inside, Outside, Count uint32 }
			}
		}
		decoder := json.NewDecoder(bytes.NewReader(message))
		decoder.DisallowUnknownFields()
		if call.Method != WriteMap {
			if !json.Valid(message) {
				t.Fatalf("%q is accepted", message)
			}
			return
		}
		var all map[string]any
		if json.Unmarshal(message, &all) != nil || json.Unmarshal(message, &want) != nil {
			t.Fatalf("%q is accepted", message)
		}
		got := want
		got.Parameters.Target, got.Parameters.Process, got.Parameters.Ranges = call.Target, call.Process, nil
		for _, r := range call.Ranges {
			got.Parameters.Ranges = append(got.Parameters.Ranges, struct{ Inside, Outside, Count uint32 }{r[0], r[1], r[2]})
		}
		if !reflect.DeepEqual(got, want) || (want.Parameters.Kind == "gid") != call.GID {
			t.Fatalf("%q: %+v, want %+v", message, call, want)
		}
		if again, fits := call.Message(); fits {
			if same, err := ParseCall(Maps, again[:len(again)-1]); err != nil || !reflect.DeepEqual(same, call) {
				t.Fatalf("%q is written %q, read as %+v, %v", message, again, same, err)
			}
		}
	})
}

// TestAnswers: what is written is read, by encoding/json too, and ends in its only NUL.
func TestAnswers(t *testing.T) {
	for _, a := range []Answer{
		{},
		{Notes: []string{"a \"note\"", "é"}},
		{Busy: true},
		{Why: &verdict.Verdict{ID: "not-granted", Refused: true, Headline: "first", Advice: "second \\"}},
		{Why: &verdict.Verdict{ID: "x", Usage: true, Advice: "why"}, Notes: []string{"n"}},
	} {
		message := a.Message(Maps)
		if bytes.IndexByte(message, 0) != len(message)-1 || !json.Valid(message[:len(message)-1]) {
			t.Errorf("%q", message)
		}
		if got, err := ParseAnswer(WriteMap, message[:len(message)-1]); err != nil || !reflect.DeepEqual(got, a) {
			t.Errorf("%+v is read as %+v, %v", a, got, err)
		}
	}
	for _, text := range []string{"", "[]", `{"error":"x"}`, `{"error":"org.userns-helpers.Maps.Refused"}`, `{"parameters":{"notes":[1]}}`, `{"parameters":[]}`} {
		if got, err := ParseAnswer(WriteMap, []byte(text)); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

// TestAnswerIsBounded: whatever a refusal says fits, and nothing of it reaches a terminal.
func TestAnswerIsBounded(t *testing.T) {
	long := strings.Repeat("\"\\é\x1b\xff", 10_000)
	notes := make([]string, 100)
	for i := range notes {
		notes[i] = long
	}
	message := Answer{Notes: notes, Why: &verdict.Verdict{ID: "x", Headline: long, Advice: long}}.Message(Maps)
	if len(message) > Longest || !json.Valid(message[:len(message)-1]) || bytes.ContainsAny(message[:len(message)-1], "\x1b\x00\n") {
		t.Errorf("%d bytes", len(message))
	}
	if _, err := ParseAnswer(WriteMap, message[:len(message)-1]); err != nil {
		t.Error(err)
	}
}

// FuzzParseAnswer: no words with an error.
func FuzzParseAnswer(f *testing.F) {
	f.Add(Answer{Notes: []string{"a"}}.Message(Maps))
	f.Fuzz(func(t *testing.T, message []byte) {
		if a, err := ParseAnswer(WriteMap, message); err == nil && !json.Valid(message) {
			t.Errorf("%q is %+v", message, a)
		}
	})
}
