package include

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/plugins"
)

// imports is the stages of other Dockerfiles that a module needs.
type imports struct {
	*loader
	files []*dockerfile // each behind those that it takes bases from
	taken map[string]bool
}

// dockerfile is another Dockerfile.
type dockerfile struct {
	*ir.Module
	name  string
	why   string
	from  *ir.Origin     // the first FROM that wants it
	bases map[int]*stage // stages of other files that stages are based on
	need  map[int]*stage
}

// stage is a stage that is put in front.
type stage struct {
	file  *dockerfile
	index int    // in its file
	name  string // that it gets
}

// rewrite puts the stages of other files in front of the module.
func (l *loader) rewrite() *plugins.Result {
	m := l.call.Module.Copy()
	x := &imports{loader: l, taken: map[string]bool{}}
	x.take(m)
	bases := map[int]*stage{}
	for i, s := range m.Stages {
		if isFile(s.Base) && i < len(l.call.Stages) && l.call.Stages[i] {
			if base := x.base(s, l.chain(s.Origin)); base != nil {
				bases[i] = base
			}
		}
	}
	switch {
	case l.diags.HasErrors():
		return l.result(m)
	case len(bases) == 0:
		return &plugins.Result{Diags: l.diags}
	}
	front := x.order()
	l.globals(m, x.files)
	own := stages(m)
	for i, s := range m.Stages {
		x.shift(s, i, len(front), own)
		if base := bases[i]; base != nil {
			why := "FROM " + s.Base
			s.Base = base.name
			s.Origin = l.call.Made(why, s.Origin)
			s.Code = ir.FormatFrom(s, m.Escape)
		}
	}
	for i, f := range front {
		m.Stages = slices.Insert(m.Stages, i, x.made(f, own))
	}
	return l.result(m)
}

// isFile tells a base that is a file from an image.
func isFile(base string) bool { return strings.HasPrefix(base, "./") || strings.HasPrefix(base, "../") }

// take keeps the names of a module from being given to stages.
func (x *imports) take(m *ir.Module) {
	for _, s := range m.Stages {
		x.taken[s.Name], x.taken[strings.ToLower(s.Base)] = true, true
		for _, op := range s.Ops {
			refer(op.Body, func(name string, _ bool) string {
				x.taken[strings.ToLower(name)] = true
				return name
			})
		}
	}
}

// stages are the stages of a module by name; of two, the last.
func stages(m *ir.Module) map[string]int {
	names := map[string]int{}
	for i, s := range m.Stages {
		if s.Name != "" {
			names[s.Name] = i
		}
	}
	return names
}

// base finds the stage that a base like ./file#stage means, in a file that a chain of
// files leads to. It is nil when there is an error.
func (x *imports) base(s *ir.Stage, chain []string) *stage {
	at := place(s.Origin)
	file, want, _ := strings.Cut(s.Base, "#")
	ref, err := ParseRef(file)
	if err != nil {
		x.diags.Errorf(at, "bad-reference", "%q names no file: %v", file, err)
		return nil
	}
	d := x.load(reading{ref: ref, at: at, chain: chain}, s)
	if d == nil {
		return nil
	}
	i := plugins.Target(d.Module, want)
	if i < 0 {
		var names []string
		for _, s := range d.Stages {
			names = append(names, s.Name)
		}
		x.diags.Errorf(at, "unknown-stage", "%s has no stage %q", d.name, want).Hint = suggestion(strings.ToLower(want), names)
		return nil
	}
	return x.want(d, i)
}

// load reads a Dockerfile, and those that it takes bases from. It is nil when there is
// an error.
func (x *imports) load(r reading, from *ir.Stage) *dockerfile {
	src, ok := x.read(r)
	if !ok {
		return nil
	}
	if i := slices.IndexFunc(x.files, func(d *dockerfile) bool { return d.name == src.Name }); i >= 0 {
		return x.files[i]
	}
	file, diags := lang.Parse(src, x.call.Claims...)
	if !x.parsed(file, diags) {
		return nil
	}
	m, diags := ir.Build(file)
	if x.loader.diags = append(x.loader.diags, diags...); diags.HasErrors() {
		return nil
	}
	x.take(m)
	d := &dockerfile{Module: m, name: src.Name, why: "FROM " + from.Base, from: from.Origin, bases: map[int]*stage{}, need: map[int]*stage{}}
	chain := append(slices.Clone(r.chain), src.Name)
	for i, s := range m.Stages {
		if isFile(s.Base) {
			if d.bases[i] = x.base(s, chain); d.bases[i] == nil {
				return nil
			}
		}
	}
	x.files = append(x.files, d)
	return d
}

// want marks a stage as needed, and those that it needs in turn.
func (x *imports) want(d *dockerfile, i int) *stage {
	if s := d.need[i]; s != nil {
		return s
	}
	s := &stage{file: d, index: i}
	d.need[i] = s
	def := d.Stages[i]
	if j, ok := d.baseOf(i); ok {
		x.want(d, j)
	}
	names := stages(d.Module)
	for _, op := range def.Ops {
		refer(op.Body, func(name string, number bool) string {
			if j, ok := d.find(names, name, number); ok {
				x.want(d, j)
			}
			return name
		})
	}
	return s
}

// baseOf is the stage of the same file that a stage is based on, an earlier one.
func (d *dockerfile) baseOf(i int) (int, bool) {
	for j := i - 1; j >= 0; j-- {
		if d.Stages[j].Name != "" && d.Stages[j].Name == d.Stages[i].Base {
			return j, true
		}
	}
	return 0, false
}

// find is the stage that a name or, where that counts, a number in the file stands for.
func (d *dockerfile) find(names map[string]int, name string, number bool) (int, bool) {
	if n, err := strconv.Atoi(name); err == nil && number {
		return n, n >= 0 && n < len(d.Stages)
	}
	i, ok := names[strings.ToLower(name)]
	return i, ok
}

// order gives the stages that are needed, each behind its base, and names them.
func (x *imports) order() []*stage {
	var list []*stage
	for _, d := range x.files {
		for i, def := range d.Stages {
			if s := d.need[i]; s != nil {
				s.name = x.name(d, def, i)
				list = append(list, s)
			}
		}
	}
	return list
}

var noName = late.Regexp(`[^a-z0-9_.-]+`)

// name finds a name for a stage that nobody has.
func (x *imports) name(d *dockerfile, def *ir.Stage, index int) string {
	stem := path.Base(d.name)
	if ext := path.Ext(stem); stem == ext || strings.EqualFold(ext, ".Dockerfile") {
		stem = strings.TrimSuffix(stem, ext)
	}
	end := def.Name
	if end == "" {
		end = strconv.Itoa(index)
	}
	name := noName().ReplaceAllString(strings.ToLower("include-"+stem+"-"+end), "-")
	for n := 2; x.taken[name]; n++ {
		name = fmt.Sprintf("%s-%d", strings.TrimSuffix(name, fmt.Sprintf("-%d", n-1)), n)
	}
	x.taken[name] = true
	return name
}

// made is a stage as it is put in front. What it names in its own file has its new name.
func (x *imports) made(s *stage, own map[string]int) *ir.Stage {
	d, def := s.file, s.file.Stages[s.index]
	out := *def
	out.Name, out.Origin, out.Ops = s.name, x.origin(d, def.Origin), make([]*ir.Op, len(def.Ops))
	if base := d.bases[s.index]; base != nil {
		out.Base = base.name
	} else if j, ok := d.baseOf(s.index); ok {
		out.Base = d.need[j].name
	} else if strings.Contains(def.Base, "$") {
		x.variable(d, def)
	}
	out.Code = ir.FormatFrom(&out, d.Escape)
	names := stages(d.Module)
	for i, op := range def.Ops {
		next := *op
		next.Origin = x.origin(d, op.Origin)
		next.Body = refer(op.Body, func(name string, number bool) string {
			if j, ok := d.find(names, name, number); ok {
				return d.need[j].name
			}
			if _, ok := own[strings.ToLower(name)]; ok {
				x.diags.Errorf(op.Origin.Span, "ambiguous", "%s is an image in %s, and a stage of %s", name, d.name, x.loader.files[0].Name).
					Hint = "give one of the stages another name"
			}
			return name
		})
		if !ir.Equal(next.Body, op.Body) {
			next.Code = ""
		}
		out.Ops[i] = &next
	}
	return &out
}

// variable tells of a base that may be a stage of its file, whose name is another now.
func (x *imports) variable(d *dockerfile, def *ir.Stage) {
	names := stages(d.Module)
	for _, op := range d.Args {
		arg, _ := op.Body.(*ir.Arg)
		for _, v := range arg.Defaults {
			if _, ok := names[v.Value]; ok && strings.Contains(def.Base, v.Key) {
				x.diags.Errorf(def.Origin.Span, "variable-base", "%s is a stage only if %s says so, which is not known here", def.Base, v.Key).
					Hint = "write the name of the stage"
			}
		}
	}
}

func (x *imports) origin(d *dockerfile, o *ir.Origin) *ir.Origin {
	out := x.call.Made(d.why, d.from)
	out.Span = o.Span
	return out
}

// shift keeps the numbers of stages right behind n new ones.
func (x *imports) shift(s *ir.Stage, index, n int, own map[string]int) {
	for i, op := range s.Ops {
		body := refer(op.Body, func(name string, number bool) string {
			if k, err := strconv.Atoi(name); err == nil && number && k >= 0 {
				return strconv.Itoa(k + n)
			}
			return name
		})
		if ir.Equal(body, op.Body) {
			continue
		}
		if !x.call.Stages[index] {
			x.diags.Errorf(place(op.Origin), "number", "stages are put in front of this one, which has a number and is left out in strake.yaml").
				Hint = "name the stage, and copy from that"
			continue
		}
		s.Ops[i] = &ir.Op{Body: body, Origin: x.call.Made("stages are put in front", op.Origin)}
	}
}

// globals adds the ARGs in front of the first FROM of the files.
func (l *loader) globals(m *ir.Module, files []*dockerfile) {
	known := map[string]ir.Default{}
	where := map[string]*ir.Origin{}
	add := func(op *ir.Op) (fresh []ir.Default) {
		arg, _ := op.Body.(*ir.Arg)
		for _, d := range arg.Defaults {
			old, ok := known[d.Key]
			switch {
			case !ok:
				known[d.Key], where[d.Key] = d, op.Origin
				fresh = append(fresh, d)
			case old != d && where[d.Key].Span.File != op.Origin.Span.File:
				l.diags.Errorf(op.Origin.Span, "argument-clash", "ARG %s has another default in %s", d.Key, l.files[place(where[d.Key]).File].Name).
					Hint = "give both the same default, or one of them another name"
			}
		}
		return fresh
	}
	for _, op := range m.Args {
		add(op)
	}
	for _, d := range files {
		for _, op := range d.Args {
			if fresh := add(op); len(fresh) > 0 {
				m.Args = append(m.Args, l.global(d, op, fresh))
			}
		}
	}
}

func (l *loader) global(d *dockerfile, op *ir.Op, list []ir.Default) *ir.Op {
	out := *op
	out.Origin = l.call.Made(d.why, d.from)
	out.Origin.Span = op.Origin.Span
	if arg := (&ir.Arg{Defaults: list}); !ir.Equal(arg, op.Body) {
		out.Body, out.Code = arg, ""
	}
	return &out
}
