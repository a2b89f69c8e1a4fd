package usernsctl

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/usernsctl/apply"
	"userns-helpers/internal/usernsctl/drift"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/grant"
	"userns-helpers/internal/usernsctl/grant/choice"
	"userns-helpers/internal/usernsctl/hostcheck"
	"userns-helpers/internal/usernsctl/limits"
	"userns-helpers/internal/usernsctl/nicview"
	"userns-helpers/internal/usernsctl/records"
)

// example is an answer of a chapter of docs/usernsctl-json.md.
type example struct {
	chapter string
	value   any
}

// examples have a value for each key that there is.
func examples(t *testing.T) []example {
	report := &finding.Report{}
	report.Add(finding.Finding{
		ID: "policy", Level: finding.Error, File: "/etc/userns-helpers/policy.toml", Line: 3, Problem: "not of the form key = value", Advice: "Write it as",
		Write: "[defaults]\nmac_lock = true\n", Fix: []string{"systemctl reload example"}, Users: []string{"alice"}, Accepted: "ops-12",
	})
	report.Miss("/etc/sssd/sssd.conf", "permission denied: run as root")
	report.Read("/etc/subuid")
	report.Finish()
	uid := int64(1001)
	bounds := limits.Bounds{}
	fill(reflect.ValueOf(&bounds).Elem())
	explained := reply{
		Format: format, Kind: "uid", Answer: no, Question: "alice (uid 1000): map uids of the host with newuidmap", ID: "not-granted",
		Reason: "uid range [0-1) -> [0-1) not allowed", Advice: "/etc/subuid has nothing for alice",
		Others:   []obstructed{{ID: "not-granted", Problem: "uid range [0-1) -> [0-1) not allowed", Advice: "/etc/subuid has nothing for alice"}},
		By:       []by{{File: "/etc/subuid", Line: 3, Rule: "grants 100000-165535", Left: 3}},
		Grants:   []granted{{File: "/etc/subuid", Line: 3, Owner: "alice", First: 100000, Count: 65536, Quota: 5, Live: 2}},
		Quota:    &quota{Granted: 5, Live: 2, Left: 3},
		Overlaps: []overlap{{ids: ids{165535, 1}, File: "/etc/subuid", Line: 7, Owner: "bob"}},
		Slips:    []slip{{File: "/etc/subuid", Line: 4, Kind: "blank", Text: "alice:1:1 ", Why: "a blank follows the count"}},
		Settings: []setting{{"mac_lock", "true", "/etc/userns-helpers/policy.toml:9 [bridge.lxcbr0]"}}, Guard: "drop the rest\n", Remarks: []string{"Did you mean bob?"},
	}
	return []example{
		{"check", checkAnswer{format, report}},
		{"explain", explained},
		{"user", person{
			Format: format, Answer: no, User: "alice", UID: 1000, Names: []string{"alice"}, Groups: []string{"staff"}, Obstacles: explained.Others, Maps: []reply{},
			Networks: []reply{}, Bridges: []string{"lxcbr0"}, Containers: []container{{Name: "web", PID: 4711, Processes: 9}}, Interfaces: []nicview.NIC{}, Limits: &bounds, Problems: []finding.Finding{},
		}},
		{"suggest", suggestion{
			Format: format, Answer: no, User: "alice", ID: "too-few-ids", Reason: "alice has 10 IDs", Advice: "usernsctl grant alice",
			Containers: []carvedInto{{Name: "web", UIDs: ids{100000, 65536}, GIDs: ids{100000, 65536}, Lines: []string{"lxc.idmap = u 0 100000 65536"}}}, Remarks: []string{"A remark."},
		}},
		{"nics", nicsAnswer{format, nicview.View{NICs: []nicview.NIC{{
			Name: "veth1000_AbCd", UID: 1000, User: "alice", Charged: "alice", Bridge: "lxcbr0", Container: "web", PID: 4711, Since: 1_764_000_000, FromInside: 12, ToInside: 9,
			MadeOn: "lxcbr1", Address: "10.0.3.77", Protections: []string{"mac_lock"},
			Oddities: []nicview.Oddity{{ID: nicview.OtherBridge, Text: "was made on lxcbr1"}},
		}}}}},
		{"ranges", rangesAnswer{format, []idMap{mapOf("uid", hostcheck.Grants{Path: "/etc/subuid", Space: space(t, "alice 100000 65536", "bob 165535 10")})}}},
		{"audit", auditAnswer{
			Format: format, Since: 1_763_000_000, Sources: []records.Source{{Name: "journal", Certain: false}}, Groups: []records.Group{{
				Program: "lxc-user-nic", Result: "refused", User: "bob", UID: &uid, ID: "over-quota", Bridge: "lxcbr0", Count: 3, First: 1_763_000_000, Last: 1_764_000_000,
				Why: "Quota reached", Asked: "create /dev/null web 77 veth lxcbr0", By: "/etc/lxc/lxc-usernet:3",
			}},
			Other: 0, Forged: 1, Broken: 0, Unseen: []finding.Unseen{{What: "/var/log/journal/x/system.journal", Why: "permission denied: run as root"}},
		}},
		{"grant, revoke and edit", grant.Report{
			Format: format, Result: grant.Done, Lines: []grant.Line{{File: "/etc/subuid", Text: "alice:131072:65536", Change: grant.Added, User: "alice", First: 131072, Count: 65536}},
			Avoided: []choice.Avoided{{Rule: choice.Line, Who: "bob", First: 100000, Last: 131071, Claims: 1}},
			Limits:  &grant.Bounds{Asked: bounds, Live: &bounds}, Paste: []grant.Paste{{File: "/etc/network/interfaces.d/br-1000", Lines: []string{"auto br-1000"}}},
			Remarks: []string{"A remark."},
		}},
		{"apply", apply.Report{
			Format: format, Result: apply.Incomplete, Interfaces: []apply.Interface{{
				Name: "veth1000_AbCd", User: "alice", Bridge: "lxcbr0", Container: "web",
				Changes: []drift.Gap{{Key: "isolated", Want: "true", Have: "false", Less: true}},
				Left:    []apply.Left{{ID: apply.Making, Why: "lxc-user-nic is making it"}}, Remarks: []string{"A remark."},
			}},
		}},
		{"grant, revoke and edit, refused", refusedOrder{
			Format: format, Result: "refused", ID: "unknown-user", Problem: `there is no user "alcie"`, Advice: "Make the account first (useradd), or correct the name.",
			Changed: []grant.Line{{File: "/etc/subuid", Text: "alice:131072:65536", Change: grant.Added, User: "alice", First: 131072, Count: 65536}},
		}},
	}
}

// fill gives each field of numbers a value.
func fill(v reflect.Value) {
	for i := range v.NumField() {
		if f := v.Field(i); f.CanUint() {
			f.SetUint(uint64(100 + i))
		} else if f.CanInt() {
			f.SetInt(int64(100 + i))
		}
	}
}

// chapters are where the keys of a type are described, if it is part of several answers.
var chapters = map[reflect.Type]string{
	reflect.TypeFor[reply](): "explain", reflect.TypeFor[finding.Finding](): "check", reflect.TypeFor[nicview.NIC](): "nics",
}

// keysOf are the keys of a value's type as the document has them: "findings[].id".
func keysOf(t reflect.Type, chapter, before string) []string {
	if own, has := chapters[t]; has && own != chapter {
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return keysOf(t.Elem(), chapter, before)
	case reflect.Slice, reflect.Array:
		return keysOf(t.Elem(), chapter, before+"[]")
	case reflect.Struct:
	default:
		return nil
	}
	var keys []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			keys = append(keys, keysOf(f.Type, chapter, before)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		key := strings.TrimPrefix(before+"."+name, ".")
		keys = append(append(keys, key), keysOf(f.Type, chapter, key)...)
	}
	return keys
}

var (
	block = regexp.MustCompile("(?s)```json\n(.*?)```\n")
	row   = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (\\S.*) \\|$")
)

// TestJSONDocument: docs/usernsctl-json.md has a chapter for each answer, with an example that is one, and a row for each key that there is
// and no other. With -update the examples are written.
func TestJSONDocument(t *testing.T) {
	const path = "../../docs/usernsctl-json.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	document := string(text)
	for _, e := range examples(t) {
		want, err := encode(e.value)
		if err != nil {
			t.Fatal(err)
		}
		_, chapter, found := strings.Cut(document, "\n## "+e.chapter+"\n")
		chapter, _, _ = strings.Cut(chapter, "\n## ")
		if !found {
			t.Errorf("there is no chapter %s", e.chapter)
			continue
		}
		shown := block.FindStringSubmatch(chapter)
		if *update && shown != nil {
			document = strings.Replace(document, chapter, strings.Replace(chapter, shown[1], string(want), 1), 1)
		} else if shown == nil || shown[1] != string(want) {
			t.Errorf("%s: the example is not\n%s", e.chapter, want)
		}
		var rows []string
		for _, r := range row.FindAllStringSubmatch(chapter, -1) {
			rows = append(rows, r[1])
		}
		if keys := keysOf(reflect.TypeOf(e.value), e.chapter, ""); !slices.Equal(rows, keys) {
			t.Errorf("%s: rows  %q\nkeys %q", e.chapter, rows, keys)
		}
		for _, key := range keysOf(reflect.TypeOf(e.value), e.chapter, "") {
			name := key[strings.LastIndexByte(key, '.')+1:]
			if !strings.Contains(string(want), `"`+name+`": `) {
				t.Errorf("%s: the example has no %s", e.chapter, key)
			}
		}
		if !strings.HasPrefix(string(want), "{\n  \"format\": 1,\n") {
			t.Errorf("%s does not begin with the format: %.40s", e.chapter, want)
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(document), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestJSONCommands: each command that answers in JSON has a chapter.
func TestJSONCommands(t *testing.T) {
	text, err := os.ReadFile("../../docs/usernsctl-json.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range commands() {
		if slices.Contains(c.options, "--json") && !regexp.MustCompile(`(?m)^## [a-z, ]*\b`+c.name+`\b`).Match(text) {
			t.Errorf("no chapter for %s", c.name)
		}
	}
}
