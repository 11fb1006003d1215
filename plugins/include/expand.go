package include

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
)

// expand puts files in the place of INCLUDEs. Those that the files have are left for the
// next round, in which the host has looked at them.
func (l *loader) expand() *plugins.Result {
	m := l.call.Module.Copy()
	total := 0
	for _, s := range m.Stages {
		total += len(s.Ops)
	}
	var edits []plugins.Edit
	for i := range l.call.Uses {
		u := &l.call.Uses[i]
		ops := l.use(u, shellAt(m.Stages[u.Stage].Ops[:u.Op]))
		if total += len(ops); total > lang.MaxInstructions {
			l.diags.Errorf(place(u.Origin), "too-large", "with what is included there are more than %d instructions", lang.MaxInstructions)
		}
		if total > lang.MaxInstructions || l.ctx.Err() != nil {
			break
		}
		edits = append(edits, plugins.Edit{Stage: u.Stage, Op: u.Op, Delete: 1, Insert: ops})
	}
	if l.diags.HasErrors() {
		return l.result(m)
	}
	next, err := (&plugins.Result{Edits: edits}).Apply(m)
	if err != nil { // uses are places of the module
		l.diags.Errorf(source.Span{}, "place", "%v", err)
		next = m
	}
	return l.result(next)
}

// use gives the ops of an INCLUDE; nothing when there are errors. The shell is the one
// in force, "" when nobody knows.
func (l *loader) use(u *plugins.Use, shell string) []*ir.Op {
	at := place(u.Origin)
	ref, err := ParseRef(u.Args[0])
	if err != nil {
		l.diags.Errorf(at, "bad-reference", "%q names no file: %v", u.Args[0], err)
		return nil
	}
	chain := l.chain(u.Origin)
	src, ok := l.read(reading{ref, u.Flag("checksum"), at, chain})
	if !ok {
		return nil
	}
	file, diags := lang.ParseFragment(src, l.call.Claims...)
	for _, in := range file.Instructions() {
		if f, ok := in.(*lang.From); ok {
			diags.Errorf(f.At, "has-stage", "an included file has no FROM").
				Hint = "to build on a stage of it, write `FROM ./file#stage` in the Dockerfile"
		}
	}
	if !l.parsed(file, diags) {
		return nil
	}
	given, ok := l.given(u)
	if !ok {
		return nil
	}
	f := &fragment{loader: l, use: u, scope: newScope(len(chain), file.Escape), given: given, shell: shell}
	return f.build(file)
}

// given reads the --arg flags of an INCLUDE.
func (l *loader) given(u *plugins.Use) (map[string]string, bool) {
	values := map[string]string{}
	found := len(l.diags)
	for _, flag := range u.Flags["arg"] {
		name, value, ok := strings.Cut(flag, "=")
		_, twice := values[name]
		switch {
		case !ok || !identifier().MatchString(name):
			l.diags.Errorf(place(u.Origin), "bad-argument", "--arg=%s gives no name a value", flag).Expected = "--arg=NAME=VALUE"
		case twice:
			l.diags.Errorf(place(u.Origin), "bad-argument", "--arg gives %s a value twice", name)
		}
		values[name] = value
	}
	return values, len(l.diags) == found
}

// fragment is a file that is put in the place of an INCLUDE.
type fragment struct {
	*loader
	use   *plugins.Use
	scope *scope
	given map[string]string // values of --arg
	shell string
}

// build makes the ops. The ARGs at the top are the parameters of the file; those that
// have a value are renamed, so that nobody else sees them.
func (f *fragment) build(file *lang.File) []*ir.Op {
	var ops []*ir.Op
	var declared []string
	top := true
	for _, in := range file.Instructions() {
		body, diags := ir.BuildBody(in)
		f.diags = append(f.diags, diags...)
		h := in.Head()
		origin := f.call.Made("INCLUDE "+f.use.Args[0], f.use.Origin)
		origin.Span = h.At
		arg, isArg := body.(*ir.Arg)
		if top = top && isArg; top {
			for _, d := range arg.Defaults {
				declared = append(declared, d.Key)
				ops = append(ops, &ir.Op{Body: &ir.Arg{Defaults: []ir.Default{f.parameter(d)}}, Origin: origin})
			}
			continue
		}
		op := &ir.Op{Body: body, Code: strings.TrimSpace(h.Code), Origin: origin}
		if next := f.inScope(body, h.At); !ir.Equal(next, body) {
			op.Body, op.Code = next, ""
		}
		f.scope.leave(body)
		ops = append(ops, op)
	}
	f.undeclared(declared)
	return ops
}

// parameter binds an ARG at the top of the file. One without a value stays as it is: it
// is a build argument.
func (f *fragment) parameter(d ir.Default) ir.Default {
	value, ok := f.given[d.Key]
	switch {
	case !identifier().MatchString(d.Key) || !ok && !d.Set:
		return d
	case ok:
		value = f.scope.quote(value)
	default:
		value = f.scope.word(d.Value)
	}
	return ir.Default{Key: f.scope.bind(d.Key), Value: value, Set: true}
}

// inScope gives a body in which parameters have their own names.
func (f *fragment) inScope(body ir.Body, at source.Span) ir.Body {
	if s, ok := body.(*ir.Shell); ok {
		f.shell = shellName(s)
	}
	run, ok := body.(*ir.Run)
	if !ok || len(f.scope.names) == 0 {
		return f.scope.body(body)
	}
	next, ok := f.scope.run(run, f.shell)
	if !ok {
		f.diags.Warnf(at, "hidden-arguments", "what runs here does not see the arguments of the file as variables").
			Hint = "only a shell like sh can be given them; name the values in ENV, or in a RUN of the shell form"
	}
	return next
}

// undeclared tells of values that no ARG takes.
func (f *fragment) undeclared(declared []string) {
	for _, flag := range f.use.Flags["arg"] {
		name, _, _ := strings.Cut(flag, "=")
		if slices.Contains(declared, name) {
			continue
		}
		d := f.diags.Errorf(place(f.use.Origin), "unknown-argument", "%s has no ARG %s at its top", f.use.Args[0], name)
		if d.Hint = suggestion(name, declared); d.Hint == "" && len(declared) > 0 {
			d.Expected = fmt.Sprintf("one of %s", strings.Join(declared, ", "))
		}
	}
}
