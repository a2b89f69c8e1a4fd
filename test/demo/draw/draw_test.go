package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const fromHere = "../../../" + pictures

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fromHere, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPictures fails where a picture is not what is drawn from demo.txt: go run ./test/demo/draw -write draws them anew.
func TestPictures(t *testing.T) {
	drawn, err := draw(read(t, "demo.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for name, picture := range drawn {
		if read(t, name) != picture {
			t.Errorf("%s/%s is stale: go run ./test/demo/draw -write", pictures, name)
		}
	}
}

// TestSameStory: other numbers are the same story, other words, more and fewer commands are not.
func TestSameStory(t *testing.T) {
	text := read(t, "demo.txt")
	f, err := gather(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, now := range map[string]string{
		"nothing":   text,
		"interface": strings.ReplaceAll(text, f.nic, "veth54321_abcdefg"),
		"id":        strings.ReplaceAll(text, first(f.idmap), "1"),
	} {
		if err := sameStory(text, now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, now := range map[string]string{
		"word":    strings.Replace(text, "not allowed", "allowed", 1),
		"command": strings.Replace(text, " # cat /proc", "   cat /proc", 1),
		"more":    text + "== And another thing\n",
		"fewer":   text[:strings.LastIndex(text, "\n == ")+len(text)/2],
		"empty":   "",
	} {
		if sameStory(text, now) == nil {
			t.Errorf("%s: nothing was noticed", name)
		}
	}
}

// TestParse refuses what does not fit a terminal, and what says nothing of what the overview shows.
func TestParse(t *testing.T) {
	if _, err := parse("== x\n" + strings.Repeat("x", columns+1)); err == nil {
		t.Error("a long line passed")
	}
	if _, err := parse("x"); err == nil {
		t.Error("no title passed")
	}
	if _, err := gather("== x\n"); err == nil {
		t.Error("no fact passed")
	}
}
