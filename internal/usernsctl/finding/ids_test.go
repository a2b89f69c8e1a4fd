package finding

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestIDsAreKnown: every string that a package of usernsctl gives to a field ID of a finding is one of IDs, and each of
// IDs is somewhere in its sources.
func TestIDsAreKnown(t *testing.T) {
	known, used := IDs(), make(map[string]bool)
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "ids.go" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text, is := literal(n); is {
				used[text] = true
			}
			for _, id := range given(n) {
				if !slices.Contains(known, id) {
					t.Errorf("%s: the finding %q is not in finding.IDs", path, id)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range known {
		if !used[id] {
			t.Errorf("nothing has the finding %q", id)
		}
	}
}

// TestIDsHaveEntries: usernsctl(8) has an entry for each id, in order, and no others.
func TestIDsHaveEntries(t *testing.T) {
	page, err := os.ReadFile("../../../man/usernsctl.8")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n.Sh DIAGNOSTICS\n")
	section, _, ended := strings.Cut(section, "\n.Sh ")
	if !found || !ended {
		t.Fatal("the page has no section DIAGNOSTICS")
	}
	var entries []string
	for line := range strings.Lines(section) {
		if id, is := strings.CutPrefix(strings.TrimSpace(line), ".It Sy "); is {
			entries = append(entries, id)
		}
	}
	if !slices.Equal(entries, IDs()) {
		t.Errorf("entries %q\nids %q", entries, IDs())
	}
}

func literal(n ast.Node) (string, bool) {
	basic, is := n.(*ast.BasicLit)
	if !is || basic.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(basic.Value)
	return text, err == nil
}

// given are the strings that a node gives to the field ID of a finding.
func given(n ast.Node) []string {
	var ids []string
	switch n := n.(type) {
	case *ast.CompositeLit:
		for _, element := range n.Elts {
			pair, is := element.(*ast.KeyValueExpr)
			if !is {
				continue
			}
			if key, is := pair.Key.(*ast.Ident); is && key.Name == "ID" && isFinding(n.Type) {
				if id, is := literal(pair.Value); is {
					ids = append(ids, id)
				}
			}
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			field, is := left.(*ast.SelectorExpr)
			if !is || field.Sel.Name != "ID" || len(n.Lhs) != len(n.Rhs) {
				continue
			}
			if on, is := field.X.(*ast.Ident); is && on.Name == "f" {
				if id, is := literal(n.Rhs[i]); is {
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
}

// isFinding reports whether a type is finding.Finding, or one that a literal leaves out.
func isFinding(t ast.Expr) bool {
	selector, is := t.(*ast.SelectorExpr)
	return t == nil || is && selector.Sel.Name == "Finding"
}
