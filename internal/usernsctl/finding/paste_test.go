package finding

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// hostile are pieces of names of whoever wants a shell to do something else.
var hostile = []string{
	"$(touch marker)", "`touch marker`", "'", `"`, ";touch marker;", "\ntouch marker\n", "&", "|", "\\", "/e touch marker\n", "]", "[", "*", ".", "^", "$", "#", " ", "\t",
	"-", "w marker", "x", "\xff", "\u00fc", "!", "~", "{", "}", "=", ">marker",
}

// random is a name of some of the pieces.
func random(r *rand.Rand) string {
	text := ""
	for range 1 + r.IntN(4) {
		text += hostile[r.IntN(len(hostile))]
	}
	return text
}

// shell runs a script where whatever it makes is seen.
func shell(t *testing.T, folder, script string) string {
	t.Helper()
	command := exec.Command("/bin/sh", "-c", script)
	command.Dir, command.Env = folder, []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v: %s", script, err, out)
	}
	return string(out)
}

// TestWords: whatever is in a name, a shell takes it for one word that is just this name.
func TestWords(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	folder := t.TempDir()
	script, want := "", ""
	for range 400 {
		name := random(r)
		script += "printf '<%s>' " + Word(name) + "\n"
		want += "<" + name + ">"
	}
	if got := shell(t, folder, script+"printf '<%s>' "+Word("")); got != want+"<>" {
		t.Errorf("%q, want %q", got, want)
	}
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("a name was executed: %v", left)
	}
}

// TestEdits: a line of any text becomes a comment and nothing else does, one that has changed stays, and a line is added once.
func TestEdits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	folder := t.TempDir()
	file := filepath.Join(folder, "it's $(a) file")
	for range 60 {
		line := strings.ReplaceAll(random(r), "\n", "")
		if line == "" {
			continue
		}
		if err := os.WriteFile(file, []byte("x\n"+line+"y\n"+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		shell(t, folder, strings.Join([]string{
			Commented(file, 2, Pattern(line)), Commented(file, 1, Pattern(line+"z")),
			Appended(file, line+"z"), Appended(file, line+"z"),
		}, "\n"))
		want := "x\n#" + line + "y\n" + line + "\n" + line + "z\n"
		if got, _ := os.ReadFile(file); string(got) != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if left, _ := os.ReadDir(folder); len(left) != 1 {
		t.Errorf("a name was executed: %v", left)
	}
}

// TestPasteable: what a terminal would not take as text is no command.
func TestPasteable(t *testing.T) {
	for command, kept := range map[string]bool{"chmod g-w /etc/x": true, "a\x1b[2Jb": false, "a\nb": false, "a\x03": false, "\u202e": false, "\xff": false} {
		var r Report
		r.Add(Finding{Fix: []string{"true", command}})
		if got := len(r.Findings[0].Fix) == 2; got != kept || !kept && r.Findings[0].Fix != nil {
			t.Errorf("%q: %q", command, r.Findings[0].Fix)
		}
	}
}

// TestRetaken: the file that others have open is another one afterwards, with what the copy said when it was read; and a copy that
// cannot be made replaces nothing.
func TestRetaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "the file")
	if err := os.WriteFile(path, []byte("alice:100000:65536\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	open, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	commands := Retaken(path)
	mine := strings.NewReplacer("-o root -g root ", "") // whoever runs this test
	sh := func(command string) error { return exec.Command("/bin/sh", "-c", mine.Replace(command)).Run() }
	if err := sh(commands[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := open.WriteString("mallory:0:1\n"); err != nil {
		t.Fatal(err)
	}
	if err := sh(commands[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := open.WriteString("mallory:1:1\n"); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "alice:100000:65536\n" {
		t.Errorf("%q, %v", text, err)
	}
	if err := sh(strings.Replace(commands[0], "install", "false", 1)); err != nil {
		t.Error(err)
	}
	if err := sh(commands[1]); err == nil {
		t.Error("there was a copy to put in its place")
	}
}
