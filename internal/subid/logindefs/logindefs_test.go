package logindefs

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestGrantAux has what Debian 12's newuidmap (shadow 4.13) makes of each file, but where a comment says otherwise.
func TestGrantAux(t *testing.T) {
	const key = "GRANT_AUX_GROUP_SUBIDS"
	for file, want := range map[string]bool{
		key + " yes\n":                   true,
		key + " yes":                     true,
		key + " YES\n":                   true,
		key + " Yes\n":                   true,
		key + " \"yes\"\n":               true,
		key + " \"yes\n":                 true,
		key + " yes\"\n":                 true,
		key + " \"\"yes\n":               true,
		key + "  \"  yes\"\n":            true,
		key + " \"yes\" no\n":            true,
		"  " + key + " yes\n":            true,
		"\t" + key + "\tyes\t\n":         true,
		key + " yes\r\n":                 true,
		key + " no\n" + key + " yes\n":   true, // the last one counts
		key + " yes\n" + key + "\n":      true, // a key without a value does not
		"FOO bar\n" + key + " yes\n":     true,
		"#" + key + "\n" + key + " yes":  true,
		key + " yes\n" + key + " no\n":   false,
		key + " yes\n" + key + " \"\"\n": false,
		"":                               false,
		key + " no\n":                    false,
		key + " true\n":                  false,
		key + " 1\n":                     false,
		key + " y\n":                     false,
		key + " yess\n":                  false,
		key + " ye\n":                    false,
		key + " 'yes'\n":                 false,
		key + " yes no\n":                false,
		key + " yes # c\n":               false,
		key + " \"yes \"\n":              false,
		key + "\n":                       false,
		key + " \n":                      false,
		key + "=yes\n":                   false,
		key + ": yes\n":                  false,
		key + "\nyes\n":                  false,
		"#" + key + " yes\n":             false,
		"# " + key + " yes\n":            false,
		"x" + key + " yes\n":             false,
		"\v" + key + " yes\n":            false,
		"\x00" + key + " yes\n":          false,
		key + "\x00 yes\n":               false,
		key + " yes\x00\n":               false, // yes to the original, which sees the end of a string
		"grant_aux_group_subids yes\n":   false,
		key + " ye\u017f\n":              false, // folds to s in Unicode
		key + " \x19\x05\x13\n":          false, // yes without the bits of lower case
		key + " yes" + strings.Repeat(" ", 1024) + "\n":                false, // too long a line; yes to the original
		key + strings.Repeat(" ", 1000) + "yes\n":                      false,
		strings.Repeat("x", 1023) + key + " yes\n":                     false, // two lines to the original: yes
		strings.Repeat("x", 32*1024) + key + " yes\n":                  false,
		strings.Repeat("x", 1<<20) + "\n" + key + " yes\n":             true,
		strings.Repeat("#\n", 1<<17) + key + " no\n" + key + " YeS \n": true,
	} {
		defs, err := Parse(strings.NewReader(file))
		if err != nil || defs.GrantAuxGroupSubids != want {
			t.Errorf("%.60q: %v, %v", file, defs.GrantAuxGroupSubids, err)
		}
		if !defs.UseSubuid || !defs.UseSubgid {
			t.Errorf("%.60q: %+v", file, defs)
		}
	}
}

func TestCounts(t *testing.T) {
	for value, used := range map[string]bool{
		"0": false, "00": false, "0x0": false, "-0": false, "+0": false, `"0"`: false, "0\r": false, "5\nSUB_UID_COUNT 0": false,
		"1": true, "65536": true, "0x10": true, "": true, `""`: true, "abc": true, "0abc": true, "0 1": true, "0 # c": true,
		"-1": true, "no": true, "08": true, "0x": true, "18446744073709551616": true, "0\x00": true,
		"0\nSUB_UID_COUNT 5": true, "0\nSUB_UID_COUNT abc": true, "0\nSUB_UID_COUNT\n": false, "5\nsub_uid_count 0": true,
	} {
		defs, err := Parse(strings.NewReader("SUB_UID_COUNT " + value + "\n"))
		if err != nil || defs.UseSubuid != used || !defs.UseSubgid || defs.GrantAuxGroupSubids {
			t.Errorf("SUB_UID_COUNT %q: %+v, %v", value, defs, err)
		}
		gids := strings.ReplaceAll("SUB_UID_COUNT "+value+"\n", "UID", "GID")
		defs, err = Parse(strings.NewReader(gids))
		if err != nil || defs.UseSubgid != used || !defs.UseSubuid {
			t.Errorf("%q: %+v, %v", gids, defs, err)
		}
	}
}

func TestErrorsChangeNothing(t *testing.T) {
	broken := errors.New("broken")
	defs, err := Parse(io.MultiReader(strings.NewReader("GRANT_AUX_GROUP_SUBIDS yes\nSUB_UID_COUNT 0\n"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || defs != Default() {
		t.Errorf("%+v, %v", defs, err)
	}
}

// FuzzParse: only a line with the key and a yes in it turns the rule on, and only a 0 turns a file off.
func FuzzParse(f *testing.F) {
	f.Add("GRANT_AUX_GROUP_SUBIDS yes\n")
	f.Add("SUB_UID_COUNT 0\nSUB_GID_COUNT \"0\n")
	f.Fuzz(func(t *testing.T, file string) {
		defs, err := Parse(strings.NewReader(file))
		if slow, slowErr := Parse(iotest.OneByteReader(strings.NewReader(file))); err != nil || slowErr != nil || slow != defs {
			t.Errorf("%+v, %v; byte by byte %+v, %v", defs, err, slow, slowErr)
		}
		says := func(key, value string) bool {
			for _, line := range strings.Split(file, "\n") {
				if _, rest, ok := strings.Cut(line, key); ok && strings.Contains(strings.ToLower(rest), value) {
					return true
				}
			}
			return false
		}
		if defs.GrantAuxGroupSubids && !says("GRANT_AUX_GROUP_SUBIDS", "yes") ||
			!defs.UseSubuid && !says("SUB_UID_COUNT", "0") || !defs.UseSubgid && !says("SUB_GID_COUNT", "0") {
			t.Errorf("%q: %+v", file, defs)
		}
	})
}
