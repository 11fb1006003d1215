package policy

import (
	"context"
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/lang/words"
	"github.com/seed-e0495807/strake/plugins"
)

// module is what rules see of one call. It and what hangs on it is made for the call,
// and used by its goroutine only.
type module struct {
	ctx       context.Context
	host      plugins.Host
	memo      *eval.Memo // of scripts
	states    *eval.Module
	byDefault *eval.Module // lazily, by defaults
	ir        *ir.Module
	files     []*source.File
	stages    []*stage
	target    int
	args      map[string]string // defaults of the global arguments
	word      words.Lexer
}

// stage is a stage, and what is in force at its end.
type stage struct {
	*module
	ir       *ir.Stage
	number   int
	parent   *stage // that it starts from, nil when that is an image
	shipped  bool   // its layers are in the image that is built
	image    *image // lazily, by base
	ops      []*op
	ended    *state          // lazily, by end
	declared *declared       // lazily, by declares
	data     json.RawMessage // lazily, by config
	read     bool
	platform string
}

// op is an instruction. One that ONBUILD leaves behind has that as its ONBUILD.
type op struct {
	*stage
	ir         *ir.Op
	body       ir.Body
	number     int
	onbuild    *op
	overridden bool // a later one of the stage takes its place

	text   *string     // lazily, by instruction
	lower  string      // lazily, by mentions
	script *scriptText // lazily, by commands
}

type scriptText struct {
	commands []*command
	parsed   bool
	sets     map[string]string // variables, for more than one command
}

// maxExpand bounds what the variables of a file may come to, in bytes.
const maxExpand = 16 << 20

// newModule makes the view of a call.
func newModule(ctx context.Context, h plugins.Host, c *plugins.Call) *module {
	m := &module{ctx: ctx, host: h, memo: c.States, ir: c.Module, target: c.Target, args: map[string]string{},
		word: words.Lexer{Escape: rune(c.Module.Escape), SkipUnset: true, Budget: &words.Budget{Left: maxExpand}}}
	for _, f := range c.Module.Files {
		m.files = append(m.files, source.NewFile(f.Name, f.Text))
	}
	for _, o := range c.Module.Args {
		if a, ok := o.Body.(*ir.Arg); ok {
			for _, d := range a.Defaults {
				if d.Set {
					m.args[d.Key] = m.expand(d.Value, vars(m.args))
				}
			}
		}
	}
	names := map[string]*stage{}
	for i, s := range c.Module.Stages {
		st := &stage{module: m, ir: s, number: i, parent: names[strings.ToLower(s.Base)], platform: m.expand(s.Platform, vars(m.args))}
		st.addOps()
		m.stages = append(m.stages, st)
		if s.Name != "" {
			names[strings.ToLower(s.Name)] = st
		}
	}
	m.states = c.States.Module(c.Module, m.start)
	for st := m.final(); st != nil; st = st.parent {
		st.shipped = true
	}
	return m
}

// vars are variables for words.
type vars map[string]string

// Get implements words.Vars.
func (v vars) Get(name string) (string, bool) { s, ok := v[name]; return s, ok }

// expand resolves quotes, and variables that are known; others stay as written, like a
// word that is none.
func (m *module) expand(word string, v vars) string {
	if !strings.ContainsAny(word, "$\\`'\"") {
		return word
	}
	out, err := m.word.Word(word, v)
	if err != nil {
		return word
	}
	return out
}

// final is the stage that is built, nil when there is none.
func (m *module) final() *stage {
	if m.target < 0 || m.target >= len(m.stages) {
		return nil
	}
	return m.stages[m.target]
}

// addOps makes the ops, with those that ONBUILD leaves behind.
func (s *stage) addOps() {
	last := map[string]*op{}
	for i, o := range s.ir.Ops {
		x := &op{stage: s, ir: o, body: o.Body, number: i}
		s.ops = append(s.ops, x)
		switch b := o.Body.(type) {
		case *ir.Onbuild:
			if body, err := ir.ParseBody(b.Trigger, s.module.ir.Escape); err == nil {
				s.ops = append(s.ops, &op{stage: s, ir: o, body: body, number: i, onbuild: x})
			}
		case *ir.Cmd, *ir.Entrypoint, *ir.Healthcheck, *ir.User:
			if before := last[o.Body.Keyword()]; before != nil {
				before.overridden = true
			}
			last[o.Body.Keyword()] = x
		}
	}
}

// shell is what is in force, nil when that is up to the image.
func (o *op) shell() []string {
	if state := o.states.Stage(o.stage.number)[o.number]; state.ShellKnown {
		return state.Shell
	}
	return nil
}

// base is the image that FROM names.
func (s *stage) base() *image {
	if s.image == nil {
		switch text := s.ir.Base; {
		case s.parent != nil || text == "scratch":
			s.image = &image{text: text}
		default:
			s.image = s.reference(text, func() (string, error) {
				return s.host.Expand(s.ctx, plugins.Place{Stage: s.number, Op: -1}, text)
			})
		}
	}
	return s.image
}

// reference splits a reference. The host knows the arguments of the build; where it has
// none to give, the defaults in the Dockerfile count.
func (s *stage) reference(text string, ask func() (string, error)) *image {
	if strings.ContainsAny(text, "$\\`'\"") {
		if word, err := ask(); err == nil {
			if img := newImage(text, word); img.known {
				return img
			}
		}
	}
	return newImage(text, s.expand(text, vars(s.args)))
}

// pulled are the images that an instruction takes files from: COPY --from and
// RUN --mount from=, where that is no stage.
func (o *op) pulled() []*image {
	var from []string
	switch b := o.body.(type) {
	case *ir.Copy:
		from = []string{b.From}
	case *ir.Run:
		for _, m := range b.Mounts {
			name, _ := m.Option("from")
			from = append(from, name)
		}
	}
	var list []*image
	for _, name := range from {
		if name == "" || name == "scratch" || strings.Contains(name, "$") || plugins.Target(o.module.ir, name) >= 0 {
			continue
		}
		list = append(list, newImage(name, name))
	}
	return list
}

// line is where the instruction starts in its file, 0 when it was made by a plugin
// out of nothing.
func line(m *module, o *ir.Origin) (file string, n int) {
	spans := o.Spans()
	if len(spans) == 0 || int(spans[0].File) >= len(m.files) {
		return "", 0
	}
	f := m.files[spans[0].File]
	return m.ir.Files[spans[0].File].Name, f.Line(spans[0].Start)
}

// instruction is the op as text, with its here documents.
func (o *op) instruction() string {
	if o.text == nil {
		text := ir.Format(o.body, o.module.ir.Escape)
		o.text = &text
	}
	return *o.text
}

// mentions tells whether one of some words in lower case is in the instruction, whatever the case.
// Most rules are out after that, which costs next to nothing.
func (o *op) mentions(list []string) bool {
	if len(list) == 0 {
		return true
	}
	if o.lower == "" {
		text := o.ir.Code
		if r, ok := o.body.(*ir.Run); text == "" || ok && len(r.Heredocs) > 0 {
			text = o.instruction()
		}
		o.lower = strings.ToLower(text)
	}
	return slices.ContainsFunc(list, func(word string) bool { return strings.Contains(o.lower, word) })
}

// command is what the instruction has run, if it is one of those that do.
func (o *op) command() (ir.Command, bool) {
	switch b := o.body.(type) {
	case *ir.Run:
		return b.Command, true
	case *ir.Cmd:
		return b.Command, true
	case *ir.Entrypoint:
		return b.Command, true
	case *ir.Healthcheck:
		return b.Command, !b.None
	}
	return ir.Command{}, false
}

// source is what the shell reads, "" in exec form.
func (o *op) source() string {
	c, _ := o.command()
	r, ok := o.body.(*ir.Run)
	if !ok || len(r.Heredocs) == 0 {
		return c.Line
	}
	var b strings.Builder
	b.WriteString(c.Line)
	if strings.HasPrefix(c.Line, "<<") && !strings.ContainsAny(c.Line, " \t|&;") { // the document is the script
		return r.Heredocs[0].Data
	}
	for _, d := range r.Heredocs {
		b.WriteString("\n" + d.Data + d.Name)
	}
	return b.String() + "\n"
}

// maxScript bounds the scripts that are looked into.
const maxScript = 64 << 10

// commands parses what is run, for a shell like sh.
func (o *op) commands() *scriptText {
	if o.script != nil {
		return o.script
	}
	o.script = &scriptText{}
	c, ok := o.command()
	if !ok || c.Exec && len(c.Args) == 0 || !c.Exec && (!o.posix() || len(o.source()) > maxScript) {
		return o.script
	}
	run, isRun := o.body.(*ir.Run)
	if !isRun {
		run = &ir.Run{Command: c}
	}
	sh := o.shell()
	if len(sh) > 0 && slices.Contains([]string{"zsh", "ksh"}, path.Base(sh[0])) {
		sh = []string{"bash"} // which they are like
	}
	if script, err := o.module.memo.Script(run, sh); err == nil {
		o.script = readCommands(script)
	}
	return o.script
}

// posix tells whether the shell form is for a shell like sh, as far as is known.
func (o *op) posix() bool {
	if first, _, _ := strings.Cut(o.source(), "\n"); strings.HasPrefix(first, "#!") {
		fields := strings.FieldsFunc(first, func(r rune) bool { return r == '/' || r == ' ' })
		return slices.ContainsFunc(fields[1:], isShell)
	}
	sh := o.shell()
	if len(sh) == 0 {
		return o.module.ir.Escape != '`'
	}
	name := sh[0]
	return isShell(name[strings.LastIndexAny(name, `/\`)+1:])
}
