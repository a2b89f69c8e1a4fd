package main

import (
	"strings"
	"testing"
)

const before = ".Sh NAME\n.Nm newuidmap ,\n.Nm newgidmap\n.Nd set maps\n.Sh DIAGNOSTICS\nThe first line.\n.Bl -tag -width Ds\n"

func TestEntry(t *testing.T) {
	p, err := parse("man/newuidmap.1", before+`.It Sy not-granted
.Em "uid range [a-b) -> [c-d) not allowed"
.Em "gid range [a-b) -> [c-d) not allowed"
.br
Add a line to
.Pa /etc/subuid ,
with
.Ql alice:100000:65536
.Pq see Xr subuid 5 .
.Pp
It says so.
Call
.Nm
again with
.Fl -version ;
the map is
.Pa /proc/ Ns Ar pid Ns Pa /uid_map .
.El
.Sh SEE ALSO
`)
	want := "\n## newuidmap and newgidmap\n\nThe first line.\n\nThe manual page: [newuidmap](../man/newuidmap.1).\n\n### not-granted\n\n" +
		"    uid range [a-b) -> [c-d) not allowed\n    gid range [a-b) -> [c-d) not allowed\n\n" +
		"Add a line to `/etc/subuid`, with `alice:100000:65536` (see subuid(5)).\n\n" +
		"It says so. Call newuidmap again with `--version`; the map is `/proc/`*pid*`/uid_map`.\n"
	if got := p.markdown(); err != nil || got != want {
		t.Errorf("%v\n%q, want\n%q", err, got, want)
	}
}

func TestFilled(t *testing.T) {
	long := strings.Repeat("word ", 30)
	want := strings.TrimSpace(strings.Repeat("word ", 24)) + "\n" + strings.TrimSpace(strings.Repeat("word ", 6)) + "\n\n    as  it is\n\nend\n"
	if got := filled(long + "\n\n    as  it is\n\nend\n"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestOtherForms: what is not in the form of an entry is an error that names file and line.
func TestOtherForms(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no section":        {".Sh NAME\n.Nm x\n", "page:2: there is no section DIAGNOSTICS"},
		"another list":      {strings.Replace(before, "-tag -width Ds", "-diag", 1), `page:7: the entries have to be a list, .Bl -tag: ".Bl -diag"`},
		"no list":           {".Sh NAME\n.Nm x\n.Sh DIAGNOSTICS\nText.\n", `page:4: the entries have to be a list, .Bl -tag: ""`},
		"a message as id":   {before + ".It \"Quota reached\"\n", `page:8: an entry begins with .It Sy and its id`},
		"capitals":          {before + ".It Sy Quota\n", `page:8: an entry begins with .It Sy and its id`},
		"no message":        {before + ".It Sy quota\nText.\n.El\n", `page:9: quota: its message, .Em "...", and a line .br come before the text: "Text."`},
		"no end of message": {before + ".It Sy quota\n.Em \"Quota reached\"\nText.\n.El\n", `page:10: quota: its message`},
		"no text":           {before + ".It Sy quota\n.Em \"Quota reached\"\n.br\n.El\n", `page:11: quota: what to do is missing`},
		"no end of list":    {before + ".It Sy quota\n.Em \"Quota reached\"\n.br\nText.\n.Sh SEE ALSO\n", `page:11: quota: the list does not end`},
		"a macro of man(7)": {before + ".It Sy quota\n.Em \"Quota reached\"\n.br\n.B bold\n.El\n", `page:11: the macro .B is not one that this program knows: ".B bold"`},
		"twice":             {before + strings.Repeat(".It Sy quota\n.Em \"Quota reached\"\n.br\nText.\n", 2) + ".El\n", "page: two entries are called quota"},
		"more":              {before + ".It Sy quota\n.Em \"Quota reached\"\n.br\nText.\n.El\nMore.\n", `page:13: nothing may follow the list: "More."`},
	} {
		if _, err := parse("page", c.text); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
