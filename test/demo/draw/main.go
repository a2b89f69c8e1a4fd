// Command draw draws the pictures of README from what the demo printed: docs/pictures/demo.txt, which test/demo/run --record
// writes. So they show what the programs do and not what somebody remembers of it.
//
//	draw -write        write docs/pictures/demo.svg and docs/pictures/overview.svg
//	draw -said FILE    fail when FILE, what the demo printed just now, says something else than docs/pictures/demo.txt
//
// It runs in the top directory. TestPictures fails where a picture is not what would be drawn.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

const pictures = "docs/pictures"

func main() {
	write := flag.Bool("write", false, "write the pictures")
	said := flag.String("said", "", "compare what a demo printed with what is in the tree")
	flag.Parse()
	if err := run(pictures, *write, *said); err != nil {
		fmt.Fprintln(os.Stderr, "draw:", err)
		os.Exit(1)
	}
}

func run(directory string, write bool, said string) error {
	text, err := os.ReadFile(filepath.Join(directory, "demo.txt"))
	if err != nil {
		return err
	}
	if said != "" {
		now, err := os.ReadFile(said)
		if err != nil {
			return err
		}
		return sameStory(string(text), string(now))
	}
	drawn, err := draw(string(text))
	if err != nil || !write {
		return err
	}
	for name, picture := range drawn {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(picture), 0o644); err != nil { //nolint:gosec // for everybody
			return err
		}
	}
	return nil
}

// draw returns the pictures by the names of their files.
func draw(text string) (map[string]string, error) {
	scenes, err := parse(text)
	if err != nil {
		return nil, err
	}
	facts, err := gather(text)
	if err != nil {
		return nil, err
	}
	return map[string]string{"demo.svg": recording(scenes), "overview.svg": overview(facts)}, nil
}
