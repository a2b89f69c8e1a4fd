// Package cmd_test looks at how the programs are started.
package cmd_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"testing"
)

// TestPrograms: a privileged program is an init function of one statement, and has no other code. On any thread but the one
// with which the process began, which is where init functions run, a change of ids or capabilities would be another
// thread's: privilege.InInit.
func TestPrograms(t *testing.T) {
	for name, run := range map[string]string{
		"newuidmap": "os.Exit(newidmap.Run(idmap.UID, os.Args))",
		"newgidmap": "os.Exit(newidmap.Run(idmap.GID, os.Args))",
		"usernic":   "os.Exit(usernic.Run(os.Args))",
	} {
		t.Run(name, func(t *testing.T) {
			files, err := filepath.Glob(name + "/*")
			if err != nil || len(files) != 1 || filepath.Base(files[0]) != "main.go" {
				t.Fatalf("%q, %v", files, err)
			}
			file, err := parser.ParseFile(token.NewFileSet(), files[0], nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := functions(t, file), "init: "+run+"\nmain:\n"; got != want {
				t.Errorf("%s\nnot\n%s", got, want)
			}
		})
	}
}

// functions writes what a file has besides imports: a line for each function, with its statements.
func functions(t *testing.T, file *ast.File) string {
	var text bytes.Buffer
	for _, d := range file.Decls {
		if general, ok := d.(*ast.GenDecl); ok && general.Tok == token.IMPORT {
			continue
		}
		function, ok := d.(*ast.FuncDecl)
		if !ok {
			t.Fatalf("%T", d)
		}
		text.WriteString(function.Name.Name + ":")
		for _, statement := range function.Body.List {
			text.WriteString(" ")
			if err := printer.Fprint(&text, token.NewFileSet(), statement); err != nil {
				t.Fatal(err)
			}
		}
		text.WriteString("\n")
	}
	return text.String()
}
