package defsview

import (
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/subid/logindefs"
)

func TestInspect(t *testing.T) {
	var got []Setting
	err := Inspect(strings.NewReader("# SUB_UID_COUNT 0\n\n SUB_UID_COUNT 0\nUMASK 022 # x\nlonely\nENV_PATH \"PATH=/bin\"\n"), func(s Setting) { got = append(got, s) })
	want := []Setting{{3, "SUB_UID_COUNT", "0"}, {4, "UMASK", "022 # x"}, {6, "ENV_PATH", "PATH=/bin"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestObeyed(t *testing.T) {
	for _, c := range []struct {
		key, value    string
		obeyed, plain bool
	}{
		{"SUB_UID_COUNT", "0", true, true},
		{"SUB_GID_COUNT", "0x10000", true, true},
		{"SUB_UID_COUNT", "0 # off", true, false},
		{"SUB_UID_COUNT", "none", true, false},
		{"SUB_UID_COUNT", "-1", true, false},
		{"GRANT_AUX_GROUP_SUBIDS", "YES", true, true},
		{"GRANT_AUX_GROUP_SUBIDS", "no", true, true},
		{"GRANT_AUX_GROUP_SUBIDS", "yes # for newgrp", true, false},
		{"GRANT_AUX_GROUP_SUBIDS", "1", true, false},
		{"sub_uid_count", "0", false, false},
		{"UID_MAX", "60000", false, false},
	} {
		if obeyed, plain := (Setting{1, c.key, c.value}).Obeyed(); obeyed != c.obeyed || plain != c.plain {
			t.Errorf("%s %q: obeyed %v, plain %v", c.key, c.value, obeyed, plain)
		}
	}
}

// FuzzInspect: the last plain value of a key is what Parse obeys.
func FuzzInspect(f *testing.F) {
	f.Add("SUB_UID_COUNT 0\nSUB_UID_COUNT 5\n")
	f.Add("GRANT_AUX_GROUP_SUBIDS \"yes\"")
	f.Fuzz(func(t *testing.T, text string) {
		defs, err := logindefs.Parse(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		want := logindefs.Default()
		if err := Inspect(strings.NewReader(text), func(s Setting) {
			switch _, plain := s.Obeyed(); s.Key {
			case "GRANT_AUX_GROUP_SUBIDS":
				want.GrantAuxGroupSubids = plain && len(s.Value) == 3
			case "SUB_UID_COUNT":
				want.UseSubuid = !plain || strings.Trim(s.Value, "0xX+- \t\v\f\r") != ""
			case "SUB_GID_COUNT":
				want.UseSubgid = !plain || strings.Trim(s.Value, "0xX+- \t\v\f\r") != ""
			}
		}); err != nil || defs != want {
			t.Fatalf("%+v, Inspect says %+v, %v", defs, want, err)
		}
	})
}
