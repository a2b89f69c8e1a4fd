package picture

import (
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"userns-helpers/internal/idmap"
)

var update = flag.Bool("update", false, "write testdata/*.svg")

func ids(start, count uint64) idmap.Range {
	r, ok := idmap.NewRange(start, count)
	if !ok {
		panic(fmt.Sprint(start, count))
	}
	return r
}

func sample() []Chart {
	bands := []Band{
		{ids(0, 1200), "accounts", "users of this host"},
		{ids(61_184, 4336), "systemd", "dynamic users of systemd"},
		{ids(524_288, 1_878_523_904), "systemd", "containers of systemd"},
		{ids(200_000, 2_000_000_000), "service", "SSSD's domain example.test"},
	}
	return []Chart{
		{Title: "/etc/subuid", Text: "4 ranges of 4 users, 1 overlap.", Bands: bands, Rows: []Row{
			{ids(100_000, 65_536), "alice", false},
			{ids(165_536, 65_536), "bob, also carol", true},
			{ids(198_304, 65_536), "carol, also bob", true},
			{ids(4_294_900_000, 60_000), "</text><script>\x1b\u202ealert(1)</script> & a very long name", false},
		}, Left: 3},
		{Title: "/etc/subgid", Text: "Nothing is granted."},
	}
}

// elements reads a picture as XML, and returns its elements and all its text.
func elements(t *testing.T, svg string) (names map[string]int, text string, widest float64) {
	t.Helper()
	names = make(map[string]int)
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return names, text, widest
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			names[token.Name.Local]++
			edge := 0.0
			for _, a := range token.Attr {
				if strings.Contains(a.Value, "://") && a.Name.Local != "xmlns" || strings.HasPrefix(a.Name.Local, "on") {
					t.Errorf("%s refers outside or acts: %v", token.Name.Local, a)
				}
				if n, err := strconv.ParseFloat(a.Value, 64); err == nil && (a.Name.Local == "x" || a.Name.Local == "width") {
					edge += n
				}
			}
			widest = max(widest, edge)
		case xml.CharData:
			text += string(token)
		}
	}
}

func TestSVG(t *testing.T) {
	svg := SVG(sample()...)
	if *update {
		if err := os.WriteFile("testdata/ranges.svg", []byte(svg), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/ranges.svg")
	if err != nil || string(want) != svg {
		t.Errorf("testdata/ranges.svg is not what is drawn: %v", err)
	}
	names, text, widest := elements(t, svg)
	if names["script"] > 0 || names["image"] > 0 || names["title"] != 1+4+4 || names["desc"] != 1 || widest > width {
		t.Errorf("%v, %v units wide", names, widest)
	}
	for _, want := range []string{"100000–165535", "bob, also carol", "and 3 more", "nothing is granted", "containers of systemd", `<script>\x1b\u202ealert(1)</script>`, "/etc/subuid: 4 ranges"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the text", want)
		}
	}
	if SVG(sample()...) != svg {
		t.Error("the same chart is another picture")
	}
}

// FuzzSVG: whatever names and ranges there are, the picture is well-formed, nothing in a name is markup, and no bar is outside.
func FuzzSVG(f *testing.F) {
	f.Add("a\"'<>&\x00\xff", uint64(0), uint64(1), true)
	f.Add("]]>", uint64(1<<32-2), uint64(1), false)
	f.Fuzz(func(t *testing.T, name string, start, count uint64, clashes bool) {
		r, ok := idmap.NewRange(start%(1<<32), count%(1<<32)+1)
		if !ok {
			return
		}
		svg := SVG(Chart{Title: name, Text: name, Rows: []Row{{r, name, clashes}, {ids(5, 10), name, !clashes}}, Bands: []Band{{r, "systemd", name}}})
		names, _, widest := elements(t, svg)
		if names["rect"] != 1+2+5+1+2 || widest > width {
			t.Fatalf("%v, %v units wide", names, widest)
		}
	})
}
