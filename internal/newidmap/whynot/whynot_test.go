package whynot

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/policy/forbidden"
	"userns-helpers/internal/subid/source"
	"userns-helpers/internal/text/verdict"
)

func alice() idmap.User {
	return idmap.User{UID: 1000, GID: 1000, Names: []string{"alice"}, Groups: []uint32{1000}}
}

// looks is what can be said of alice without a look.
func looks(kind idmap.Kind) Looks { return Looks{Kind: kind, Facts: idmap.Facts{User: alice()}} }

func TestOwner(t *testing.T) {
	known := func(started, runs idmap.Owner) ownerFacts {
		return ownerFacts{known: true, real: started, eff: runs, procGID: -1}
	}
	none := ownerFacts{procGID: -1}
	own, sg := idmap.Owner{UID: 1000, GID: 1000}, idmap.Owner{UID: 1000, GID: 27}
	hidepid := known(own, own)
	hidepid.procGID = 99
	switched := alice()
	switched.GID = 27
	other := idmap.Owner{UID: 1001, GID: 1001}
	seen := distinct{}
	for _, c := range []struct {
		name string
		u    idmap.User
		st   idmap.Owner
		f    ownerFacts
		id   verdict.ID
		word string
	}{
		{"another user's", alice(), other, known(other, other), "", "belongs to user 1001"},
		{"setuid program", alice(), idmap.Owner{GID: 1000}, known(own, idmap.Owner{GID: 1000}), ranSetuid, "setuid program"},
		{"not dumpable", alice(), idmap.Owner{}, known(own, own), notDumpable, "not dumpable"},
		{"nothing known", alice(), idmap.Owner{}, none, "", "belongs to user 0"},
		{"newgrp", switched, sg, known(sg, sg), "", "GRANT_AUX_GROUP_SUBIDS"},
		{"hidepid's group", alice(), idmap.Owner{UID: 1000, GID: 99}, hidepid, procGroup, "gid=99"},
		{"setgid program", alice(), sg, known(own, sg), ranSetuid, "ran a setgid program"},
		{"started under sg", alice(), sg, known(sg, sg), "", "same shell"},
	} {
		v := explainOwner(&idmap.Foreign{User: c.u, Owner: c.st}, c.f)
		seen.check(t, c.name, v.Advice, c.word)
		if v.ID != c.id {
			t.Errorf("%s: %s", c.name, v.ID)
		}
	}
	// A process that really has the group of hidepid is not a matter of the mount.
	theirs := idmap.Owner{UID: 1000, GID: 99}
	f := known(theirs, theirs)
	f.procGID = 99
	if v := explainOwner(&idmap.Foreign{User: alice(), Owner: theirs}, f); !strings.Contains(v.Advice, "same shell") {
		t.Errorf("%q", v.Advice)
	}
	u := alice()
	u.GID = 27
	const want = "Target process is owned by a different user: uid:1000 pw_uid:1000 st_uid:4294967294, gid:27 pw_gid:1000 st_gid:5"
	v := Explain(&idmap.Foreign{User: u, Owner: idmap.Owner{UID: 4294967294, GID: 5}}, looks(idmap.UID))
	if v.Headline != want || !v.Refused || v.ID != idmap.OtherUser {
		t.Errorf("%+v", v)
	}
}

func TestProcess(t *testing.T) {
	seen := distinct{}
	for cause, word := range map[target.Cause]string{
		target.Unknown: "Input/output error", target.Gone: "no such process", target.Hidden: "hidepid", target.NoProc: "no procfs",
		target.NotOpen: "not an open descriptor", target.NotInherited: "not passed on", target.NotDirectory: "neither a directory nor a pidfd",
		target.OtherFS: "outside", target.NotProcess: "not that of a process", target.OutsidePidNS: "PID namespace", target.OldKernel: "5.1",
	} {
		err := NotOpened(idmap.Target{FD: 7}, &target.Error{Cause: cause, Errno: unix.EIO})
		v := Explain(err, looks(idmap.UID))
		seen.check(t, word, v.Advice, word)
		if v.ID == "" || v.Usage != v.Refused || (v.Headline == "") != v.Usage {
			t.Errorf("%s: %+v", word, v)
		}
	}
	v := Explain(NotOpened(idmap.Target{PID: 42, FD: -1}, &target.Error{Cause: target.Gone, Errno: unix.ENOENT}), looks(idmap.GID))
	if v.Headline != "Could not open proc directory for target 42: No such file or directory" || v.Refused {
		t.Errorf("a process that is gone: %+v", v)
	}
	v = Explain(NotOpened(idmap.Target{FD: 7}, &target.Error{Cause: target.OutsidePidNS}), looks(idmap.GID))
	if !strings.HasPrefix(v.Headline, "Could not open proc directory for target fd:7: ") {
		t.Errorf("a pidfd from elsewhere: %+v", v)
	}
}

func TestNameless(t *testing.T) {
	files := []string{"/etc/passwd"}
	down := []*account.SourceError{{Source: "SSSD", Err: errors.New("no socket")}}
	l := looks(idmap.UID)
	l.Facts.User = idmap.User{UID: 54321}
	v := Explain(&source.NoAnswer{Why: source.NoAccount, Err: &account.UnknownError{Key: "uid 54321", Without: files}}, l)
	if !v.Refused || v.Headline != "Cannot determine your user name." || !strings.Contains(v.Advice, "54321") || !strings.Contains(v.Advice, "/etc/passwd") {
		t.Errorf("an unknown user: %+v", v)
	}
	for why, err := range map[string]error{
		"/etc/passwd: Permission denied":      unix.EACCES,
		"SSSD could not be asked (no socket)": &account.UnknownError{Key: "uid 1000", Without: files, Silent: down},
		"SSSD: no answer":                     &account.SourceError{Key: "uid 1000", Source: "SSSD", Err: errors.New("no answer")},
		"cannot read /etc/nsswitch.conf":      &account.SwitchError{Err: unix.EACCES},
	} {
		if v := Explain(&source.NoAnswer{Why: source.AccountUnknown, Err: err}, l); v.Refused || !strings.Contains(v.Advice, why) || !errors.Is(v.Err, err) {
			t.Errorf("%s: %+v", why, v)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	seen := distinct{}
	untrusted := &trusted.UntrustedError{Path: "/f", Fault: trusted.Writable}
	for _, c := range []struct {
		why      verdict.ID
		err      error
		id       verdict.ID
		headline string
		word     string
	}{
		{source.GrantsUnreadable, unix.ENOENT, noGrantsFile, "cannot open /f: No such file or directory", "does not exist"},
		{source.GrantsUnreadable, unix.EACCES, source.GrantsUnreadable, "cannot open /f: Permission denied", "mode 644"},
		{source.GrantsUnreadable, untrusted, grantsDistrust, "cannot open /f: Operation not permitted", "who may use which IDs, so root must own it"},
		{source.GrantsUnreadable, unix.EIO, source.GrantsUnreadable, "cannot open /f: Input/output error", "Input/output error"},
		{source.LoginDefs, unix.EACCES, source.LoginDefs, "cannot open /f: Permission denied", "readable by you"},
		{source.LoginDefs, untrusted, source.LoginDefs, "cannot open /f: Operation not permitted", "take grants back"},
		{source.SwitchUnreadable, &account.SwitchError{Err: unix.EACCES}, source.SwitchUnreadable, "cannot open /f: Permission denied", "Permission denied: the file says who knows"},
		{source.SwitchUnreadable, &account.SwitchError{Err: untrusted}, source.SwitchUnreadable, "cannot open /f: Operation not permitted", "decides who says which IDs"},
		{source.DirectorySilent, unix.EIO, source.DirectorySilent, "cannot get the ranges of alice (uid 1000) from /f", "getsubids alice"},
		{source.ForeignModule, &source.ModuleError{Word: "/f", Path: "/lib/x.so"}, source.ForeignModule, "cannot get the ranges of alice (uid 1000) from /f", "set to files or sss"},
	} {
		v := Explain(&source.NoAnswer{Why: c.why, Source: "/f", Err: c.err}, looks(idmap.UID))
		if v.Headline != c.headline || v.ID != c.id || v.Refused != (c.why == source.ForeignModule) {
			t.Errorf("%s: %+v", c.why, v)
		}
		seen.check(t, string(c.why), v.Advice, c.word)
	}
}

// notGranted is what is said of a range that is not among rows of alice's.
func notGranted(kind idmap.Kind, grants idmap.Grants, start uint64, rows ...uint64) verdict.Verdict {
	for i, from := range rows {
		r, _ := idmap.NewRange(from, 10)
		grants.Owned = append(grants.Owned, idmap.Row{Line: i + 1, Range: r})
	}
	grants.Many += len(rows)
	asked, _ := idmap.NewRange(start, 1)
	return Explain(&idmap.NotGranted{Mapping: idmap.Mapping{Upper: asked, Lower: asked}, Grants: grants}, looks(kind))
}

func TestNotGranted(t *testing.T) {
	file, sssd := idmap.Grants{Source: "/etc/subuid"}, idmap.Grants{Source: "SSSD", SSSD: true}
	for _, c := range []struct {
		v    verdict.Verdict
		want string
	}{
		{notGranted(idmap.UID, file, 900), "/etc/subuid has no range for alice (uid 1000): an administrator can add one, see subuid(5)"},
		{notGranted(idmap.UID, file, 900, 100), "/etc/subuid has for alice (uid 1000) [100-110) (line 1)"},
		{
			notGranted(idmap.UID, file, 900, 100, 1000, 200),
			"/etc/subuid has for alice (uid 1000) [100-110) (line 1), [1000-1010) (line 2), [200-210) (line 3); nearest to [900-901) is [1000-1010) (line 2)",
		},
		{notGranted(idmap.UID, sssd, 900, 100, 200), "SSSD has for alice (uid 1000) [100-110), [200-210); nearest to [900-901) is [200-210)"},
		{notGranted(idmap.UID, sssd, 900), "SSSD returned no range for alice (uid 1000): it does not know the user, has none for it, or cannot ask its server now"},
		{
			notGranted(idmap.UID, sssd, 900, 1, 2, 3, 4, 5, 6, 7, 8, 850),
			"SSSD has for alice (uid 1000) [1-11), [2-12), [3-13), [4-14), [5-15), [6-16), [7-17), [8-18) and 1 more; nearest to [900-901) is [850-860)",
		},
		{notGranted(idmap.UID, idmap.Grants{}, 900), "looked for alice (uid 1000): SUB_UID_COUNT is 0 in /etc/login.defs, so /etc/subuid is not used and only your own ID can be mapped"},
		{notGranted(idmap.GID, idmap.Grants{}, 900), "looked for alice (uid 1000): SUB_GID_COUNT is 0 in /etc/login.defs, so /etc/subgid is not used and only your own ID can be mapped"},
	} {
		if c.v.Advice != c.want || !strings.HasSuffix(c.v.Headline, "id range [900-901) -> [900-901) not allowed") || !c.v.Refused {
			t.Errorf("%+v\nwant %s", c.v, c.want)
		}
	}
}

func TestDenied(t *testing.T) {
	r, _ := idmap.NewRange(0, 1000)
	m := idmap.Mapping{Upper: r, Lower: r}
	for _, c := range []struct {
		e       idmap.Denied
		refused bool
		line    string
	}{
		{idmap.Denied{Row: idmap.Row{Line: 3, Range: r}}, true, "uid range [0-1000) -> [0-1000) not allowed: /etc/userns-helpers/forbidden-host-ids line 3 forbids [0-1000) to everybody"},
		{idmap.Denied{Err: &forbidden.Error{Line: 2, Fault: forbidden.NotRange, Text: "x"}}, true, `has a mistake: line 2: "x" is not an ID or a range`},
		{idmap.Denied{Err: &forbidden.Error{Fault: forbidden.TooLarge}}, true, "has a mistake: the file is larger than"},
		{idmap.Denied{Err: &trusted.UntrustedError{Path: "/f"}}, true, "says which IDs are never mapped, so root must own it"},
		{idmap.Denied{Err: unix.ENOENT}, false, "cannot open /etc/userns-helpers/forbidden-host-ids: No such file or directory: it says"},
	} {
		c.e.Mapping = m
		if v := Explain(&c.e, looks(idmap.UID)); !strings.Contains(v.Line(), c.line) || v.Refused != c.refused || v.ID != c.e.ID() {
			t.Errorf("%+v, want %s", v, c.line)
		}
	}
}

func TestMistake(t *testing.T) {
	for want, e := range map[string]*forbidden.Error{
		`"a\"b" is not an ID or a range of IDs like 0-999 (at most 4294967295, the smaller first)`: {Line: 3, Fault: forbidden.NotRange, Text: `a"b`},
		`"` + strings.Repeat("x", longestLine) + `"... is not`:                                     {Line: 1, Fault: forbidden.NotRange, Text: strings.Repeat("x", 60)},
		`"# \r1" contains a control character`:                                                     {Line: 2, Fault: forbidden.Control, Text: "# \r1"},
		"the line is longer than 4096 bytes":                                                       {Line: 2, Fault: forbidden.TooLong},
		"the file is larger than 262144 bytes":                                                     {Fault: forbidden.TooLarge},
	} {
		if got := Mistake(e); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestLimit(t *testing.T) {
	overlap := func(words string, inside bool) *idmap.Limit {
		m := mappings(t, words)
		return &idmap.Limit{Why: idmap.Overlap, A: m[0], B: m[1], Inside: inside}
	}
	for _, c := range []struct {
		e    *idmap.Limit
		want string
	}{
		{&idmap.Limit{Why: idmap.TooManyRanges, Is: 341}, "341 ranges are asked for; the kernel accepts 340 in a map"},
		{&idmap.Limit{Why: idmap.TooLong, Is: 4104}, "the map is 4104 bytes long; the kernel accepts 4095: ask for fewer ranges"},
		{overlap("0 1000 5 4 2000 1", true), "gid ranges [0-5) -> [1000-1005) and [4-5) -> [2000-2001) overlap inside the namespace: each ID can be mapped once; if the single one is"},
		{overlap("0 10 5 20 14 5", false), "gid ranges [0-5) -> [10-15) and [20-25) -> [14-19) overlap outside the namespace: each ID can be mapped once"},
	} {
		v := Explain(c.e, looks(idmap.GID))
		if !strings.HasPrefix(v.Advice, c.want) || v.Headline != "write to gid_map failed: Invalid argument" || v.Usage || !v.Refused || v.ID != c.e.Why {
			t.Errorf("%+v; want %s", v, c.want)
		}
	}
}

// TestWho: all names of the user.
func TestWho(t *testing.T) {
	u := alice()
	u.Names = append(u.Names, "alicia")
	if Who(u) != "alice, alicia (uid 1000)" {
		t.Errorf("%q", Who(u))
	}
}

// TestUnknownReason: whatever ended a run, something is said.
func TestUnknownReason(t *testing.T) {
	for _, err := range []error{nil, errors.New("x"), strconv.ErrRange} {
		if v := Explain(err, Looks{}); v.Line() == "" || v.Refused {
			t.Errorf("%v: %+v", err, v)
		}
	}
}
