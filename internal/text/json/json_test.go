package json

import (
	std "encoding/json"
	"strconv"
	"strings"
	"testing"
)

// oracle reads the one object that text is with encoding/std.
func oracle(text []byte) (map[string]std.RawMessage, bool) {
	var members map[string]std.RawMessage
	err := std.Unmarshal(text, &members)
	return members, err == nil && members != nil
}

// FuzzObject: what is accepted is what encoding/json accepts, and means the same.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		`{"userName":"alice","uid":7}`, `{"uid":7,"userName":"a\u00e9\ud83d\ude00\n","x":[1,-2.5e+3,true,false,null,{}]}`, ` { "uid" : 0 } `, `{"uid":01}`, `{"u\u0069d":7}`,
		`{"userName":"\ud800x"}`, `{"UID":1}`, `{"uid":1,"uid":2}`, "{\"userName\":\"\xff\"}", "{\"\x00\":1}", `{"":1}`, `{"uid":[}`, `{"uid":-0}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		values, err := Object(document, "uid", "userName")
		members, valid := oracle(document)
		if err != nil {
			return
		}
		if !valid {
			t.Fatalf("%q is accepted, and encoding/json refuses it", document)
		}
		for i, name := range []string{"uid", "userName"} {
			if want := members[name]; string(values[i]) != strings.Trim(string(want), " \t\r\n") || (want == nil) != (values[i] == nil) {
				t.Fatalf("%q: %s is %q, want %q", document, name, values[i], want)
			}
		}
		var n uint32
		if id, ok := Integer(values[0]); ok && (std.Unmarshal(values[0], &n) != nil || n != id) {
			t.Fatalf("%q is %d, want %d", values[0], id, n)
		}
		var s string
		if name, ok := Text(values[1]); ok && (std.Unmarshal(values[1], &s) != nil || s != name) {
			t.Fatalf("%q is %q, want %q", values[1], name, s)
		}
	})
}

// FuzzAccepts: what encoding/json writes is accepted, and read back as it was.
func FuzzAccepts(f *testing.F) {
	f.Add("alice", uint32(7), "x", 1.5)
	f.Add("a\"\\\x01\u2028é", uint32(1<<32-1), "", -1e300)
	f.Fuzz(func(t *testing.T, name string, id uint32, other string, number float64) {
		document, err := std.MarshalIndent(map[string]any{"userName": name, "uid": id, "other": []any{other, number, nil, map[string]any{other: true}}}, "", "\t")
		if err != nil {
			return // NaN
		}
		values, err := Object(document, "userName", "uid")
		if err != nil {
			t.Fatalf("%q: %v", document, err)
		}
		got, named := Text(values[0])
		n, numbered := Integer(values[1])
		if !named || !numbered || got != strings.ToValidUTF8(name, "\ufffd") && !strings.Contains(got, "\ufffd") || n != id {
			t.Fatalf("%q, %d of %q", got, n, document)
		}
		if s, ok := Text([]byte(Quote(got))); !ok || s != got {
			t.Fatalf("%q is quoted %s", got, Quote(got))
		}
	})
}

// FuzzArray: what is accepted is what encoding/json accepts, item for item.
func FuzzArray(f *testing.F) {
	for _, seed := range []string{`[]`, `[1]`, ` [ 1 , {"a":[2]} ] `, `[1,]`, `[,]`, `[1 2]`, `[[[]]]`, `{}`, `[1]x`, `["a","b","c","d","e"]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		const most = 4
		items, err := Array(document, most)
		if err != nil {
			return
		}
		var want []std.RawMessage
		if std.Unmarshal(document, &want) != nil || len(want) != len(items) || len(items) > most {
			t.Fatalf("%q is accepted as %d items", document, len(items))
		}
		for i := range items {
			if string(items[i]) != strings.Trim(string(want[i]), " \t\r\n") {
				t.Fatalf("%q: item %d is %q", document, i, items[i])
			}
		}
	})
}

// TestBounds: depth, number of items, and members that nobody knows have an end.
func TestBounds(t *testing.T) {
	if _, err := Array([]byte("["+strings.Repeat("1,", 9)+"1]"), 9); err == nil {
		t.Error("ten items of nine are accepted")
	}
	if _, err := Object([]byte(strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40))); err == nil {
		t.Error("forty levels are accepted")
	}
	for document, want := range map[string]error{
		`{"a":1}`: nil, `{}`: nil, `{"a":1,"b":2}`: ErrUnknown, `{"a":1,"a":1}`: ErrMalformed, `[]`: ErrMalformed, `{"a":1,"b":2`: ErrMalformed, ``: ErrMalformed,
	} {
		if _, err := Only([]byte(document), "a"); err != want {
			t.Errorf("%s: %v, want %v", document, err, want)
		}
	}
	if _, ok := Integer([]byte(strconv.Itoa(1 << 32))); ok {
		t.Error("2^32 is read")
	}
}
