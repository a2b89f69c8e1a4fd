// Command words finds English in the tree that nobody whose mother tongue it is would write: in documents, manual pages,
// comments, and messages of the programs. hack/words calls it with the files of the project.
//
// It prints file, line, the words and what to write instead; exit status 1 then.
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	status, rules := 0, compiled()
	files := bufio.NewScanner(os.Stdin)
	for files.Scan() {
		text, err := os.ReadFile(files.Text())
		if err != nil {
			fmt.Fprintln(os.Stderr, "words:", err)
			os.Exit(1)
		}
		for _, p := range prose(files.Text(), string(text)) {
			for _, f := range rules.faults(p.text) {
				fmt.Printf("%s:%d: %q: %s\n", files.Text(), p.line, f.words, f.better)
				status = 1
			}
		}
	}
	os.Exit(status)
}
