package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
)

// known are those that a call may have, by where they are.
var known = map[string]bool{
	".method": true, ".parameters": true, ".oneway": true, ".more": true, ".upgrade": true, ".parameters.interface": true,
	".parameters.kind": true, ".parameters.target": true, ".parameters.process": true, ".parameters.ranges": true,
	".parameters.ranges[].inside": true, ".parameters.ranges[].outside": true, ".parameters.ranges[].count": true,
}

// walk reads a value with encoding/json, and says what a strict reader refuses in it.
func walk(d *json.Decoder, at string) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for d.More() && (token == json.Delim('{') || token == json.Delim('[')) {
		below := at + "[]"
		if token == json.Delim('{') {
			name, err := d.Token()
			if err != nil {
				return err
			}
			below = at + "." + fmt.Sprint(name)
			if seen[below] || !known[below] {
				return errors.New(below)
			}
			seen[below] = true
		}
		if err := walk(d, below); err != nil {
			return err
		}
	}
	if token == json.Delim('{') || token == json.Delim('[') {
		_, err = d.Token()
	}
	return err
}

// FuzzStrict: what is accepted has no member that nobody knows, and none twice, by encoding/json's account, and nothing behind.
func FuzzStrict(f *testing.F) {
	for _, seed := range []string{
		good, `{"method":"org.varlink.service.GetInfo","parameters":{}}`, `{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"org.varlink.service"}}`,
		strings.Replace(good, `"kind"`, `"Kind"`, 1), strings.Replace(good, `"kind"`, `"k\u0069nd"`, 1), strings.Replace(good, `{"inside"`, `{"inside":0,"inside"`, 1),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		if _, err := ParseCall(Maps, message); err != nil {
			return
		}
		d := json.NewDecoder(bytes.NewReader(message))
		d.UseNumber()
		if err := walk(d, ""); err != nil {
			t.Fatalf("%q is accepted: %v", message, err)
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			t.Fatalf("%q is accepted, and goes on: %v", message, err)
		}
	})
}

// FuzzWritten: a call that encoding/json writes is understood as it was meant.
func FuzzWritten(f *testing.F) {
	f.Add(false, "4711", uint32(0), uint32(0), uint32(100000), uint32(65536), uint8(1))
	f.Add(true, "fd:3\n\"\\\u2028\x00", uint32(1<<32-1), uint32(1), uint32(1<<32-1), uint32(0), uint8(200))
	f.Fuzz(func(t *testing.T, gid bool, target string, process, inside, outside, count uint32, n uint8) {
		type one struct {
			Inside  uint32 `json:"inside"`
			Outside uint32 `json:"outside"`
			Count   uint32 `json:"count"`
		}
		want := Call{Method: WriteMap, GID: gid, Target: strings.ToValidUTF8(target, "\ufffd"), Process: process}
		ranges := make([]one, int(n)+1)
		for i := range ranges {
			ranges[i] = one{inside + uint32(i), outside - uint32(i), count}
			want.Ranges = append(want.Ranges, [3]uint32{inside + uint32(i), outside - uint32(i), count})
		}
		kind := map[bool]string{false: "uid", true: "gid"}[gid]
		message, err := json.MarshalIndent(map[string]any{
			"method": Maps + ".WriteMap", "more": false, "parameters": map[string]any{"kind": kind, "target": want.Target, "process": process, "ranges": ranges},
		}, "", "\t")
		if err != nil || len(message) > Longest {
			return
		}
		if got, err := ParseCall(Maps, message); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: %+v, %v, want %+v", message, got, err, want)
		}
	})
}
