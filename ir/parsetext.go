package ir

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
	"github.com/seed-e0495807/strake/lang/source"
)

// Parse reads the textual form that Print writes. The module is as the text has
// it: Verify says whether it is valid. Errors start with line:column.
func Parse(text string) (*Module, error) {
	parser, err := textParser()
	if err != nil {
		return nil, err
	}
	tree, err := parser.ParseString("", text)
	if err != nil {
		return nil, err
	}
	r := reader{origins: map[string]*Origin{}}
	m := r.module(tree)
	if r.err != nil {
		return nil, r.err
	}
	return m, nil
}

// reader makes a module of the tree of its text; it keeps the first error.
type reader struct {
	origins map[string]*Origin
	err     error
}

func (r *reader) fail(at lexer.Position, format string, args ...any) {
	if r.err == nil {
		r.err = participle.Errorf(at, format, args...)
	}
}

func (r *reader) module(t *textModule) *Module {
	m := &Module{}
	var escape string
	r.attrs(t.Attrs, []field{{"escape", &escape}, {"syntax", &m.Syntax}, {"check", &m.Check}}, nil)
	switch len(escape) {
	case 0:
	case 1:
		m.Escape = escape[0]
	default:
		r.fail(t.Attrs[0].Pos, "escape is one byte")
	}
	for _, f := range t.Files {
		m.Files = append(m.Files, File{Name: r.text(f.Pos, []string{f.Name}), Text: r.text(f.Pos, f.Text)})
	}
	m.Args = r.ops(t.Ops)
	for _, s := range t.Stages {
		m.Stages = append(m.Stages, r.stage(s))
	}
	return m
}

func (r *reader) stage(t *textStage) *Stage {
	s := &Stage{Base: r.text(t.Pos, []string{t.Base}), Origin: &Origin{}}
	r.attrs(t.Attrs, []field{{"as", &s.Name}, {"platform", &s.Platform}, {"comments", &s.Comments}, {"code", &s.Code}}, &s.Origin)
	s.Ops = r.ops(t.Ops)
	r.ops(t.Origins)
	return s
}

// ops reads ops, and the origins that stand between them.
func (r *reader) ops(list []*textOp) []*Op {
	var ops []*Op
	for _, t := range list {
		if t.Keyword == "ORIGIN" {
			r.origin(t)
			continue
		}
		ops = append(ops, r.op(t))
	}
	return ops
}

func (r *reader) origin(t *textOp) {
	switch {
	case t.Value == nil || t.Value.Ref == "":
		r.fail(t.Pos, "ORIGIN has a number, like #1")
	case r.origins[t.Value.Ref] != nil:
		r.fail(t.Value.Pos, "there are two origins %s", t.Value.Ref)
	default:
		o := &Origin{}
		r.attrs(t.Attrs, nil, &o)
		r.origins[t.Value.Ref] = o // only now, so that it cannot be made out of itself
	}
}

func (r *reader) op(t *textOp) *Op {
	op := &Op{Body: newBody(t.Keyword), Origin: &Origin{}}
	all, ok := fields(op.Body)
	if !ok {
		r.fail(t.Pos, "unknown op %s", t.Keyword)
		return op
	}
	if t.Value != nil {
		if all[0].name != "" {
			r.fail(t.Value.Pos, "%s has no field without a name", t.Keyword)
			return op
		}
		r.field(all[0].at, t.Value)
	}
	r.attrs(t.Attrs, append(all, field{"code", &op.Code}), &op.Origin)
	return op
}

// attrs reads the fields of an item. With an origin, the fields at, by, why and
// of are its.
func (r *reader) attrs(attrs []*textAttr, all []field, origin **Origin) {
	var own *Origin
	if origin != nil {
		own = *origin
		all = append(all, field{"at", origin}, field{"by", &own.By}, field{"why", &own.Why}, field{"of", &own.From})
	}
	seen := map[any]bool{}
	for _, a := range attrs {
		f, ok := find(all, a)
		switch {
		case !ok:
			r.fail(a.Pos, "unknown field %s", a.Name)
		case seen[f.at] && !repeats(f.at):
			r.fail(a.Pos, "field %s stands twice", a.Name)
		case a.Value == nil:
			r.flag(a, f.at)
		default:
			r.field(f.at, a.Value)
		}
		seen[f.at] = true
	}
	if origin != nil && len(attrs) > 0 && *origin != own && (own.By != "" || own.Why != "" || own.From != nil) {
		r.fail(attrs[0].Pos, "the origin is a numbered one, and has fields besides")
	}
}

// find looks up the field that an attribute is for. A command has three.
func find(all []field, a *textAttr) (field, bool) {
	for _, f := range all {
		if f.name == a.Name {
			return f, true
		}
		c, ok := f.at.(*Command)
		if !ok {
			continue
		}
		switch a.Name {
		case "shell":
			return field{a.Name, &c.Line}, true
		case "args":
			return field{a.Name, &c.Args}, true
		case "exec":
			c.Exec = true
			return field{a.Name, &c.Args}, true
		}
	}
	return field{}, false
}

// repeats reports whether an attribute may stand more than once.
func repeats(at any) bool {
	switch at.(type) {
	case *[]Mount, *[]Device, *[]Heredoc, *[]Inline:
		return true
	}
	return false
}

func (r *reader) flag(a *textAttr, at any) {
	b, ok := at.(*bool)
	if !ok {
		r.fail(a.Pos, "field %s has no value", a.Name)
		return
	}
	*b = true
}

// field sets what a pointer points to.
func (r *reader) field(at any, v *textValue) {
	switch at := at.(type) {
	case *string:
		*at = r.string(v)
	case *bool:
		r.fail(v.Pos, "this field takes no value")
	case *Command:
		r.fail(v.Pos, "a command is written as shell \"line\" or exec [words]")
	case **bool:
		b, err := strconv.ParseBool(r.string(v))
		r.check(v.Pos, err)
		*at = &b
	case *int:
		n, err := strconv.Atoi(v.Number)
		r.check(v.Pos, err)
		*at = n
	case *time.Duration:
		d, err := time.ParseDuration(r.string(v))
		r.check(v.Pos, err)
		*at = d
	case *[]string:
		*at = r.strings(v)
	case **Origin:
		r.at(at, v)
	case *[]*Origin:
		*at = r.from(v)
	default:
		r.check(v.Pos, setRecord(at, r.record(v)))
	}
}

func (r *reader) check(at lexer.Position, err error) {
	if err != nil {
		r.fail(at, "%v", err)
	}
}

// string reads a value that has to be a string.
func (r *reader) string(v *textValue) string {
	if v.Text == nil {
		r.fail(v.Pos, "a string is wanted")
	}
	return r.text(v.Pos, v.Text)
}

// text joins quoted strings.
func (r *reader) text(at lexer.Position, quoted []string) string {
	var b strings.Builder
	for _, q := range quoted {
		s, err := strconv.Unquote(q)
		if err != nil {
			r.fail(at, "%s is no string of Go", q)
		}
		b.WriteString(s)
	}
	return b.String()
}

func (r *reader) strings(v *textValue) []string {
	var out []string
	for _, e := range r.list(v) {
		if e.Text == nil || e.Sep != "" {
			r.fail(e.Pos, "a list of strings is wanted")
			break
		}
		out = append(out, r.text(e.Pos, e.Text))
	}
	return out
}

func (r *reader) list(v *textValue) []*textEntry {
	if v.List == nil {
		r.fail(v.Pos, "a list is wanted")
		return nil
	}
	return v.List.Entries
}

func (r *reader) record(v *textValue) record {
	entries := r.list(v)
	out := make(record, len(entries))
	for i, e := range entries {
		switch {
		case e.Name != "":
			out[i].key = e.Name
		case e.Text != nil:
			out[i].key = r.text(e.Pos, e.Text)
		default:
			r.fail(e.Pos, "a name is wanted")
		}
		if e.Sep != "" {
			out[i].sep, out[i].value = e.Sep[0], r.text(e.Pos, e.Value)
		}
	}
	return out
}

// at reads where an item comes from: a span, or the number of an origin, which
// takes the place of the one at hand.
func (r *reader) at(o **Origin, v *textValue) {
	switch {
	case v.Span != "":
		(*o).Span = r.span(v.Pos, v.Span)
	case v.Ref == "" || r.origins[v.Ref] == nil:
		r.fail(v.Pos, "a span like 0:1-5 or the number of an origin before is wanted")
	default:
		*o = r.origins[v.Ref]
	}
}

func (r *reader) from(v *textValue) []*Origin {
	var out []*Origin
	for _, e := range r.list(v) {
		switch {
		case e.Span != "" && e.Sep == "":
			out = append(out, &Origin{Span: r.span(e.Pos, e.Span)})
		case e.Ref != "" && r.origins[e.Ref] != nil && e.Sep == "":
			out = append(out, r.origins[e.Ref])
		default:
			r.fail(e.Pos, "a span like 0:1-5 or the number of an origin before is wanted")
		}
	}
	return out
}

func (r *reader) span(at lexer.Position, text string) source.Span {
	var s source.Span
	if _, err := fmt.Sscanf(text, "%d:%d-%d", &s.File, &s.Start, &s.End); err != nil {
		r.fail(at, "%s is no span", text)
	}
	return s
}
