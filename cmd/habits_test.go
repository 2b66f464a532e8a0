package cmd_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTimeIsAnArgumentEverywhereButInTheLoopAndTheCommands(t *testing.T) {
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "cmd/") || strings.HasPrefix(file, ".ci/") || file == "agent/run.go" {
			continue
		}
		for _, reading := range []string{"Now", "Since", "Until"} {
			assert.Empty(t, uses(parse(t, file, read(t, file)), "time", reading), "time.%s; take the time as an argument", reading)
		}
	}
}

func TestNoTestSleeps(t *testing.T) {
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "agent/agenttest/") {
			assert.Empty(t, uses(parse(t, file, read(t, file)), "time", "Sleep"), "wait for what is to happen, or use testing/synctest")
		}
	}
}

func TestNothingHappensBeforeMain(t *testing.T) {
	for _, file := range goFiles(t) {
		for _, declared := range parse(t, file, read(t, file)).file.Decls {
			f, ok := declared.(*ast.FuncDecl)
			assert.False(t, ok && f.Recv == nil && f.Name.Name == "init", "%s has an init function", file)
		}
	}
}

func TestTheClockIsFoundUnderAnyName(t *testing.T) {
	source := parse(t, "a.go", []byte(`package a
import clock "time"
type own struct{}
func (own) Now() {}
var time own
var now = clock.Now
func f() { time.Now(); _ = clock.Since(now()) }
`))
	assert.Equal(t, []string{"a.go:6"}, uses(source, "time", "Now"))
	assert.Equal(t, []string{"a.go:7"}, uses(source, "time", "Since"))
}

// source is a parsed file.
type source struct {
	file  *ast.File
	files *token.FileSet
}

func parse(t *testing.T, name string, content []byte) source {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, content, parser.SkipObjectResolution)
	require.NoError(t, err)
	return source{file, files}
}

// uses lists the places, as file:line, where a file names something of a package.
func uses(s source, imported, name string) []string {
	local := ""
	for _, spec := range s.file.Imports {
		if p, _ := strconv.Unquote(spec.Path.Value); p == imported {
			local = path.Base(imported)
			if spec.Name != nil {
				local = spec.Name.Name
			}
		}
	}
	var places []string
	ast.Inspect(s.file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok || local == "" || selector.Sel.Name != name {
			return true
		}
		if x, ok := selector.X.(*ast.Ident); ok && x.Name == local {
			at := s.files.Position(selector.Pos())
			places = append(places, at.Filename+":"+strconv.Itoa(at.Line))
		}
		return true
	})
	return places
}

// goFiles lists the Go files of the repository, those of cmd/localcluster too.
func goFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, file := range tracked(t) {
		if path.Ext(file) == ".go" {
			files = append(files, file)
		}
	}
	return files
}
