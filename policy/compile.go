package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/util"

	"github.com/weir-delivery/weir/rollout"
)

// builtins are the functions that rules may call. It is a list of what is
// allowed, never of what is not: what OPA adds is refused until it is read.
// Left out are those that reach out (http.send, net.lookup_ip_addr,
// opa.runtime, io.jwt.*), that give another answer the next time (rand.intn,
// uuid.rfc4122), that use memory or time out of proportion and cannot be cut
// off (bits.lsh, numbers.range, net.cidr_expand, graph.*, regex templates), and
// that have no use on this input. time.now_ns is the time of the decision.
var builtins = strings.Fields(`
	assign eq equal neq gt gte lt lte plus minus mul div rem abs round ceil floor
	and or union intersection set_diff count sum product max min sort
	array.concat array.reverse array.slice array.flatten
	object.filter object.get object.keys object.remove object.subset object.union object.union_n
	concat contains endswith startswith format_int indexof indexof_n lower upper replace split
	sprintf substring trim trim_left trim_right trim_prefix trim_suffix trim_space
	strings.any_prefix_match strings.any_suffix_match strings.count strings.replace_n strings.reverse
	regex.match regex.is_valid regex.split regex.replace regex.find_n regex.find_all_string_submatch_n
	glob.match glob.quote_meta semver.compare semver.is_valid units.parse units.parse_bytes
	is_array is_boolean is_null is_number is_object is_set is_string type_name to_number
	json.filter json.is_valid json.marshal json.patch json.remove json.unmarshal walk
	base64.decode base64.encode base64.is_valid hex.decode hex.encode crypto.sha256
	net.cidr_contains net.cidr_intersects net.cidr_is_valid
	time.add_date time.clock time.date time.diff time.format time.now_ns time.parse_duration_ns
	time.parse_ns time.parse_rfc3339_ns time.weekday
	rego.metadata.rule rego.metadata.chain print
	internal.member_2 internal.member_3 internal.print internal.template_string internal.test_case`)

// capabilities is what this engine may do: the builtins above, no network for
// the type checker either, and the language as released.
func capabilities() *ast.Capabilities {
	caps := ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(ast.RegoV1))
	caps.Builtins = slices.DeleteFunc(caps.Builtins, func(b *ast.Builtin) bool {
		return !slices.Contains(builtins, b.Name)
	})
	caps.AllowNet = []string{}
	caps.FutureKeywords = nil
	return caps
}

// guarded turns a panic of the engine into an error. OPA has none of its own
// around its parser, its compiler and its evaluation.
func guarded(doing string, f func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: internal error: %v", doing, p)
		}
	}()
	f()
	return nil
}

// parse reads the modules, reporting everything that is no Rego.
func parse(files []file) (map[string]*ast.Module, rollout.Problems) {
	mods, problems := map[string]*ast.Module{}, rollout.Problems(nil)
	options := ast.ParserOptions{RegoVersion: ast.RegoV1, Capabilities: capabilities(), ProcessAnnotation: true}
	for _, f := range files {
		report := func(line int, message, hint string) {
			at := rollout.Position{File: f.path, Line: line}
			problems = append(problems, rollout.Problem{Position: at, Message: message, Hint: hint})
		}
		if line := tooDeep(f.data); line > 0 {
			report(line, fmt.Sprintf("brackets are nested more than %d deep", maxDepth), "make it flat")
			continue
		}
		var mod *ast.Module
		var err error
		if bad := guarded("parsing", func() { mod, err = ast.ParseModuleWithOpts(f.path, string(f.data), options) }); bad != nil {
			err = bad
		}
		switch {
		case err != nil:
			problems = append(problems, problemsOf(f.path, err)...)
		case mod == nil:
			report(0, "the file is empty", "write a package and its rules, or remove it")
		default:
			mods[f.path] = mod
			if at, what := outsized(mod); what != "" {
				report(at.Row, what, "make helper rules of its parts")
			}
		}
	}
	return mods, problems
}

// compiled is the modules as one program, beside the data that they see.
type compiled struct {
	compiler *ast.Compiler
	store    storage.Store
}

// compile checks types against the input's schema, and everything else that
// can be known before the first question.
func compile(ctx context.Context, mods map[string]*ast.Module, data map[string]any) (compiled, rollout.Problems, error) {
	var out compiled
	var input any
	if err := util.UnmarshalJSON(schema, &input); err != nil {
		return out, nil, fmt.Errorf("reading the input's schema: %w", err)
	}
	schemas := ast.NewSchemaSet()
	schemas.Put(ast.SchemaRootRef, input)
	out.store = inmem.NewFromObjectWithOpts(data, inmem.OptRoundTripOnWrite(false), inmem.OptReturnASTValuesOnRead(true))
	txn, err := out.store.NewTransaction(ctx)
	if err != nil {
		return out, nil, fmt.Errorf("reading the policies' data: %w", err)
	}
	defer out.store.Abort(ctx, txn)
	out.compiler = ast.NewCompiler().WithCapabilities(capabilities()).WithStrict(true).WithSchemas(schemas).
		WithDefaultRegoVersion(ast.RegoV1).WithPathConflictsCheck(storage.NonEmpty(ctx, out.store, txn))
	if err := guarded("compiling", func() { out.compiler.Compile(mods) }); err != nil {
		return out, problemsOf("", err), nil
	}
	if out.compiler.Failed() {
		return out, problemsOf("", out.compiler.Errors), nil
	}
	return out, nil, ctx.Err()
}

// query prepares the rule. The reference is built, never parsed from text.
func (c compiled) query(ctx context.Context, rule Rule, def *ast.Rule) (query, error) {
	body := ast.NewBody(ast.NewExpr(ast.NewTerm(def.Ref())))
	var prepared rego.PreparedEvalQuery
	var err error
	bad := guarded("preparing "+rule.ID, func() {
		prepared, err = rego.New(rego.Compiler(c.compiler), rego.Store(c.store), rego.ParsedQuery(body),
			rego.StrictBuiltinErrors(true)).PrepareForEval(ctx)
	})
	if err = errors.Join(bad, err); err != nil {
		return query{}, fmt.Errorf("preparing rule %s: %w", rule.ID, err)
	}
	return query{rule: rule, prepared: prepared}, nil
}

// problemsOf maps the engine's errors to problems; those without a place of
// their own are the file's.
func problemsOf(name string, err error) rollout.Problems {
	var all ast.Errors
	if !errors.As(err, &all) {
		return rollout.Problems{{Position: rollout.Position{File: name}, Message: err.Error()}}
	}
	var out rollout.Problems
	for _, e := range all {
		p := rollout.Problem{Position: rollout.Position{File: name}, Message: firstLine(e.Message), Hint: hintFor(e)}
		if e.Location != nil && e.Location.File != "" {
			p.Position = rollout.Position{File: e.Location.File, Line: e.Location.Row}
		}
		out = append(out, p)
	}
	return out
}

// hintFor is the way out of the errors that people meet most.
func hintFor(e *ast.Error) string {
	if detail, ok := e.Details.(*ast.RefErrInvalidDetail); ok && len(detail.OneOf) > 0 {
		var names []string
		for _, v := range detail.OneOf {
			names = append(names, strings.Trim(v.String(), `"`))
		}
		return meant(strings.Trim(detail.Ref[detail.Pos].String(), `"`), names)
	}
	if name, ok := strings.CutPrefix(e.Message, "undefined function "); ok {
		if ast.BuiltinMap[name] != nil {
			return name + " is not available to policies: they reach nothing outside, give the same answer every time, and end"
		}
		return meant(name, builtins)
	}
	return ""
}

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
