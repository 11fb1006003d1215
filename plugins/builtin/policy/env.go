package policy

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
)

// scope is what a rule is about, which says what variables it has.
type scope uint8

const (
	onModule scope = iota // module, config
	onStage               // and stage
	onOp                  // and op
)

// String tells what a rule of a scope is about, and what variables it has.
func (s scope) String() string {
	return [...]string{
		onModule: "the module has the variables module and config",
		onStage:  "stages has the variables stage, module and config",
		onOp:     "instructions has the variables op, stage, module and config",
	}[s]
}

// newEnv makes the environment of the rules of a scope.
func (w *world) newEnv(s scope) (*cel.Env, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	p := provider{registry, map[string]*class{}}
	for _, c := range w.classes() {
		p.classes[c.name] = c
	}
	opts := []cel.EnvOption{
		cel.CustomTypeAdapter(registry), cel.CustomTypeProvider(p),
		cel.StdLib(), ext.Strings(), ext.Bindings(), ext.Sets(),
		cel.ASTValidators(cel.ValidateRegexLiterals()),
		cel.ParserExpressionSizeLimit(16 << 10), cel.ParserRecursionLimit(100),
		cel.Variable("module", w.module.typ), cel.Variable("config", w.config.typ),
		cel.Function("glob", cel.MemberOverload("string_glob_string", []*cel.Type{cel.StringType, cel.StringType}, cel.BoolType,
			cel.BinaryBinding(func(text, pattern ref.Val) ref.Val {
				t, ok1 := text.(types.String)
				p, ok2 := pattern.(types.String)
				return types.Bool(ok1 && ok2 && glob(string(t), string(p)))
			}))),
	}
	if s >= onStage {
		opts = append(opts, cel.Variable("stage", w.stage.typ))
	}
	if s >= onOp {
		opts = append(opts, cel.Variable("op", w.op.typ))
	}
	return cel.NewCustomEnv(opts...)
}

// vantage is the variables of one evaluation.
type vantage struct {
	world  *world
	module *module
	config *config
	stage  *stage
	op     *op
}

// ResolveName implements cel.Activation.
func (v *vantage) ResolveName(name string) (any, bool) {
	switch name {
	case "module":
		return object{v.world.module, v.module}, true
	case "config":
		return object{v.world.config, v.config}, true
	case "stage":
		return object{v.world.stage, v.stage}, v.stage != nil
	case "op":
		return object{v.world.op, v.op}, v.op != nil
	}
	return nil, false
}

// Parent implements cel.Activation.
func (v *vantage) Parent() cel.Activation { return nil }

// How much one evaluation may cost, in CEL's units (a call, a step over a list, ten
// bytes of a string are one each or so), and after how many steps of a loop it looks
// at the clock.
const (
	costLimit  = 1_000_000
	checkEvery = 1000
)

// compile makes a program of an expression, of a type that is asked for; nil is any
// that can be written in a message. What its evaluation costs is counted unless it is
// shipped: counting doubles the cost.
func compile(env *cel.Env, text string, want *cel.Type, shipped bool) (cel.Program, error) {
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, newExprError(text, issues)
	}
	if want != nil && !ast.OutputType().IsExactType(want) {
		return nil, &exprError{text: text, line: 1, column: 1, message: fmt.Sprintf("it gives a %s; a %s is wanted", ast.OutputType(), want)}
	}
	opts := []cel.ProgramOption{cel.InterruptCheckFrequency(checkEvery), cel.EvalOptions(cel.OptOptimize)}
	if !shipped {
		opts = append(opts, cel.CostLimit(costLimit))
	}
	return env.Program(ast, opts...)
}

// exprError is what is wrong with an expression, and where.
type exprError struct {
	text         string
	line, column int // from 1
	message      string
}

func newExprError(text string, issues *cel.Issues) error {
	list := issues.Errors()
	if len(list) == 0 {
		return issues.Err()
	}
	first := list[0]
	message, _, _ := strings.Cut(first.Message, " (in container") // ours is always the same
	message, _, _ = strings.Cut(message, " (did you mean")        // of functions that are none of ours
	return &exprError{text, max(first.Location.Line(), 1), max(first.Location.Column(), 0) + 1, message}
}

// Error gives "line:column: message".
func (e *exprError) Error() string { return fmt.Sprintf("%d:%d: %s", e.line, e.column, e.message) }
