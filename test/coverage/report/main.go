// Command report says which statements a coverage profile (standard input, go tool covdata textfmt) has not seen run, by
// package and by function, with the reasons that docs/evidence/coverage.md gives.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

func main() {
	least := flag.Float64("least", 90, "percent of the statements of all packages that must have run")
	reasons := flag.String("reasons", "", "the page with the reasons: | `package.Function` | why |")
	flag.Parse()
	if err := run(os.Stdin, *reasons, *least); err != nil {
		fmt.Fprintln(os.Stderr, "coverage:", err)
		os.Exit(1)
	}
}

// block is a piece of a file that runs as a whole.
type block struct {
	file                  string
	line, column, endLine int
	endColumn, statements int
}

func run(profile io.Reader, reasons string, least float64) error {
	blocks, err := read(profile)
	if err != nil {
		return err
	}
	why, err := readReasons(reasons)
	if err != nil {
		return err
	}
	found, err := tallied(blocks)
	if err != nil {
		return err
	}
	return found.report(why, least)
}

// tally is what a profile comes to.
type tally struct {
	packages map[string][2]int   // by directory: statements that ran, and all
	missed   map[string][]string // by function: lines that did not run
	passing  int                 // pieces that did not run and only pass an error on
}

func tallied(blocks map[block]bool) (tally, error) {
	t := tally{packages: map[string][2]int{}, missed: map[string][]string{}}
	known := sources{}
	for b, ran := range blocks {
		directory := path.Dir(b.file)
		count := t.packages[directory]
		count[1] += b.statements
		if ran {
			count[0] += b.statements
		}
		t.packages[directory] = count
		if ran {
			continue
		}
		file, err := known.of(b.file)
		if err != nil {
			return t, err
		}
		if passing.MatchString(file.text(b)) {
			t.passing++
			continue
		}
		name := path.Base(directory) + "." + around(file.functions, b.line)
		t.missed[name] = append(t.missed[name], fmt.Sprintf("%s:%d", path.Base(b.file), b.line))
	}
	return t, nil
}

// passing is a piece that ends with the return of an error, after at most a descriptor was closed.
var passing = regexp.MustCompile(`^\{?\s*((_ = )?\w+(\.\w+)*\.?Close\(\w*\)\s+)?return [^\n]*\berr(no)?\b[^\n]*\s*\}?$`)

// source is a file of the packages.
type source struct {
	lines     []string
	functions []function
}

// sources are those that were read already, by path.
type sources map[string]source

func (s sources) of(file string) (source, error) {
	if known, ok := s[file]; ok {
		return known, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return source{}, fmt.Errorf("the source: %w", err)
	}
	functions, err := functionsOf(file)
	s[file] = source{strings.Split(string(text), "\n"), functions}
	return s[file], err
}

// text is the text of a block.
func (s source) text(b block) string {
	lines := slices.Clone(s.lines[b.line-1 : b.endLine])
	last := &lines[len(lines)-1]
	*last = (*last)[:b.endColumn-1]
	lines[0] = lines[0][b.column-1:]
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// report prints what was found, and fails if that is not enough.
func (t tally) report(why map[string]string, least float64) error {
	var ran, all int
	for _, directory := range sortedKeys(t.packages) {
		count := t.packages[directory]
		ran, all = ran+count[0], all+count[1]
		fmt.Printf("%6.1f %%  %4d of %4d  %s\n", percent(count[0], count[1]), count[0], count[1], directory)
	}
	fmt.Printf("%6.1f %%  %4d of %4d  all\n\n", percent(ran, all), ran, all)
	fmt.Printf("%d pieces that have not run do nothing but to pass an error on, and are not listed\n\n", t.passing)
	unexplained := t.explain(why)
	if got := percent(ran, all); got < least {
		return fmt.Errorf("%.1f %% of the statements ran, fewer than %.0f", got, least)
	}
	if unexplained > 0 && len(why) > 0 {
		return fmt.Errorf("%d functions without a reason", unexplained)
	}
	return nil
}

// explain prints each function that did not run as a whole, with the reason, and returns how many have none.
func (t tally) explain(why map[string]string) (unexplained int) {
	for _, name := range sortedKeys(t.missed) {
		slices.Sort(t.missed[name])
		reason := why[name]
		if reason == "" {
			reason = "NO REASON IS GIVEN"
			unexplained++
		}
		fmt.Printf("%s (%s): %s\n", name, strings.Join(slices.Compact(t.missed[name]), " "), reason)
	}
	fmt.Printf("\n%d functions are not run as a whole otherwise; docs/evidence/coverage.md has no reason for %d of them\n", len(t.missed), unexplained)
	for _, name := range sortedKeys(why) {
		if t.missed[name] == nil {
			fmt.Printf("%s has a reason, and runs as a whole\n", name)
		}
	}
	return unexplained
}

func percent(part, whole int) float64 { return 100 * float64(part) / float64(max(whole, 1)) }

// read collects the blocks of a profile; one that any run has seen has run.
func read(profile io.Reader) (map[block]bool, error) {
	blocks := map[block]bool{}
	lines := bufio.NewScanner(profile)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "mode:") {
			continue
		}
		var b block
		var count int
		name, rest, found := strings.Cut(lines.Text(), ":")
		_, err := fmt.Sscanf(rest, "%d.%d,%d.%d %d %d", &b.line, &b.column, &b.endLine, &b.endColumn, &b.statements, &count)
		if !found || err != nil {
			return nil, fmt.Errorf("not a profile: %q", lines.Text())
		}
		b.file = name[strings.Index(name, "/")+1:] // without the module
		blocks[b] = blocks[b] || count > 0
	}
	return blocks, lines.Err()
}

// function is a function of a file, first to last line.
type function struct {
	name        string
	first, last int
}

func functionsOf(file string) ([]function, error) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var out []function
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := f.Name.Name
		if f.Recv != nil {
			name = strings.TrimPrefix(receiver(f.Recv.List[0].Type), "*") + "." + name
		}
		out = append(out, function{name, files.Position(f.Pos()).Line, files.Position(f.End()).Line})
	}
	return out, nil
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return "?"
}

func around(functions []function, line int) string {
	for _, f := range functions {
		if f.first <= line && line <= f.last {
			return f.name
		}
	}
	return "?"
}

var reasonRow = regexp.MustCompile("(?m)^\\| ((?:`[^`]+`(?:, )?)+) \\| (.+) \\|$")

// readReasons reads the rows of the page; a row may be about several functions.
func readReasons(page string) (map[string]string, error) {
	why := map[string]string{}
	if page == "" {
		return why, nil
	}
	text, err := os.ReadFile(page)
	if err != nil {
		return nil, err
	}
	for _, row := range reasonRow.FindAllStringSubmatch(string(text), -1) {
		for _, name := range strings.Split(row[1], ", ") {
			why[strings.Trim(name, "`")] = row[2]
		}
	}
	return why, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
