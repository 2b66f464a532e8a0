package policy

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Bounds on a rule. OPA's compiler needs time that grows with the square of an
// expression's and a body's length, and doubles with each comprehension in a
// comprehension; its parser recurses with each bracket.
const (
	maxDepth    = 100
	maxClosures = 6
	maxBody     = 500
)

// tooDeep is the first line at which brackets are nested deeper than the
// parser's recursion should be trusted with; 0 for none. Strings and comments
// do not count.
func tooDeep(src []byte) int {
	depth, line := 0, 1
	var quote byte
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '\n':
			line++
			if quote != '`' {
				quote = 0
			}
		case quote == '#':
		case quote == '"' && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"', c == '`', c == '#':
			quote = c
		case c == '(', c == '[', c == '{':
			if depth++; depth > maxDepth {
				return line
			}
		case c == ')', c == ']', c == '}':
			depth--
		}
	}
	return 0
}

// outsized finds what the compiler would not end with in good time: where, and
// what it is.
func outsized(m *ast.Module) (at *ast.Location, what string) {
	terms, closures := 0, 0
	say := func(where *ast.Location, format string, bound int) {
		if what == "" {
			at, what = where, fmt.Sprintf(format, bound)
		}
	}
	count := func(by int) func(any) bool {
		return func(x any) bool {
			switch x := x.(type) {
			case *ast.Term:
				if terms += by; terms > maxDepth {
					say(x.Location, "an expression is nested more than %d deep", maxDepth)
				}
			case *ast.ArrayComprehension, *ast.SetComprehension, *ast.ObjectComprehension, *ast.Every:
				closures += by
			case ast.Body:
				if len(x) == 0 {
					break
				}
				if len(x) > maxBody {
					say(x[0].Location, "a body has more than %d expressions", maxBody)
				}
				if closures > maxClosures {
					say(x[0].Location, "comprehensions are nested more than %d deep", maxClosures)
				}
			}
			return what != ""
		}
	}
	enter, leave := count(1), count(-1)
	ast.NewBeforeAfterVisitor(enter, func(x any) { leave(x) }).Walk(m)
	return at, what
}
