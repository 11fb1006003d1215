package lint

import (
	"slices"
	"sort"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/source"
)

// Script is the script of a RUN, with where it stands in the file.
type Script struct {
	*shell.Script
	Step *Step

	pieces []piece // nil where the text does not stand in the file as the shell reads it
	mapped bool
	only   bool                             // the script is a here document
	tasks  map[*shell.Command]*effects.Task // of package managers
	sets   map[string][]shell.Var           // by name; nil until a rule asks where there are many

	sharing
}

// sharing is what rules make of a thing, by keys.
type sharing []struct{ key, made any }

// Share gives what the first rule that asks under a key makes of the thing: rules of one set look
// at it once.
func (s *sharing) Share(key any, build func() any) any {
	for _, have := range *s { // a set of rules has few keys
		if have.key == key {
			return have.made
		}
	}
	made := build()
	if *s == nil {
		*s = make(sharing, 0, 4)
	}
	*s = append(*s, struct{ key, made any }{key, made})
	return made
}

// Task is effects.TaskOf a command of the script, read once.
func (s *Script) Task(c *shell.Command) (effects.Task, bool) {
	if t := s.tasks[c]; t != nil {
		return *t, true
	}
	t, ok := effects.TaskOf(c)
	if ok {
		if s.tasks == nil {
			s.tasks = map[*shell.Command]*effects.Task{}
		}
		s.tasks[c] = &t
	}
	return t, ok
}

// fewSets are so many that looking at all takes less than an index.
const fewSets = 8

// Given are the values that a script gives a variable, for more than one command.
func (s *Script) Given(name string) (list []shell.Var) {
	if len(s.Sets) > fewSets {
		if s.sets == nil {
			s.sets = map[string][]shell.Var{}
			for _, v := range s.Sets {
				s.sets[v.Name] = append(s.sets[v.Name], v)
			}
		}
		return s.sets[name]
	}
	for _, v := range s.Sets {
		if v.Name == name {
			list = append(list, v)
		}
	}
	return list
}

// Assigns tells whether a script gives one of some variables a value for more than one command.
func (s *Script) Assigns(names ...string) bool {
	if len(s.Sets) > fewSets {
		return slices.ContainsFunc(names, func(name string) bool { return len(s.Given(name)) > 0 })
	}
	return s.Script.Assigns(names...)
}

// piece is a stretch of a script that stands in the file in one go.
type piece struct{ at, source, size int }

// Script is the script of a RUN that a shell whose language is known reads; nil of any other
// step, and where there is a mistake in it.
func (s *Step) Script() *Script {
	if run, ok := s.Body.(*ir.Run); ok && !s.read {
		if script, err := s.Stage.View.memo.Script(run, s.State().Shell); err == nil {
			s.script = &Script{Script: script, Step: s}
		}
		s.read = true
	}
	return s.script
}

// At is where a command stands: the statement of it, or the instruction when it is in a word
// for another shell, or in exec form.
func (s *Script) At(c *shell.Command) source.Span {
	if stmt := c.Stmt(); !c.Nested && stmt != nil {
		if at, ok := s.Node(stmt); ok {
			return at
		}
	}
	return s.Step.Node.Span()
}

// Node is where a node of the script's own tree stands.
func (s *Script) Node(n syntax.Node) (source.Span, bool) {
	return s.Span(int(n.Pos().Offset()), int(n.End().Offset()))
}

// Span is where the bytes from start to end of Script.Text stand in the file. It is false
// where they do not stand there as the shell reads them.
func (s *Script) Span(start, end int) (source.Span, bool) {
	from, ok := s.offset(start)
	if !ok || end < start {
		return source.Span{}, false
	}
	to := from
	if end > start {
		last, ok := s.offset(end - 1)
		if !ok {
			return source.Span{}, false
		}
		to = last + 1
	}
	return source.Span{File: s.Step.Node.Span().File, Start: uint32(from), End: uint32(to)}, true
}

// Edit puts a text in the place of the bytes from start to end of Script.Text. It gives none
// where something else of the file stands between them, like a comment, where they do not stand
// in the file as the shell reads them, and where the text would end the instruction.
func (s *Script) Edit(start, end int, text string) []diag.Edit {
	at, ok := s.Span(start, end)
	if !ok || at.Len() != end-start || !s.fits(start, text) {
		return nil
	}
	return []diag.Edit{{Span: at, New: text}}
}

// Change is what an editor does to the script, as one edit; none where Edit gives none.
func (s *Script) Change(change func(*shell.Editor)) []diag.Edit {
	e := s.Script.Edit()
	change(e)
	old, now := s.Text, e.Text()
	if old == now {
		return nil
	}
	start, end := 0, 0
	for start < min(len(old), len(now)) && old[start] == now[start] {
		start++
	}
	for end < min(len(old), len(now))-start && old[len(old)-1-end] == now[len(now)-1-end] {
		end++
	}
	return s.Edit(start, len(old)-end, now[start:len(now)-end])
}

// fits tells whether a text may stand in a script at a place: outside of here documents a line
// may neither end nor go on.
func (s *Script) fits(at int, text string) bool {
	run := s.Step.Body.(*ir.Run)
	if len(run.Heredocs) > 0 && (s.only || at > len(run.Command.Line)) {
		return true
	}
	for i := range len(text) {
		if text[i] == '\n' || text[i] == '\r' {
			return false
		}
	}
	return len(text) == 0 || text[len(text)-1] != s.Step.Stage.View.Module.Escape
}

// offset is the place in the file of a byte of the script.
func (s *Script) offset(at int) (int, bool) {
	if !s.mapped {
		s.pieces, s.mapped = s.mapText(), true
	}
	i := sort.Search(len(s.pieces), func(i int) bool { return s.pieces[i].at > at }) - 1
	if i < 0 {
		return 0, false
	}
	p := s.pieces[i]
	return p.source + at - p.at, at < p.at+p.size || at == p.at+p.size && i == len(s.pieces)-1
}

// mapText finds the script in the file: the line without what continues it, and here documents.
// It gives nothing unless every byte is found.
func (s *Script) mapText() []piece {
	run, ok := s.Step.Node.(*lang.Run)
	if !ok || s.Text == "" || run.Span().IsZero() {
		return nil
	}
	if at, file := run.Command.Line.Span(), s.Step.Stage.View.Text.File.Source; len(run.Heredocs) == 0 && at.Len() == len(s.Text) && file.Slice(at) == s.Text {
		return []piece{{0, int(at.Start), len(s.Text)}} // as it is in one line
	}
	m := mapper{text: s.Step.Stage.View.Text.File.Source.Text, script: s.Text}
	line := s.Step.Body.(*ir.Run).Command.Line
	doc, only := lexer.ParseHeredoc(line)
	s.only = only
	if only && len(run.Heredocs) == 1 {
		m.document(run.Heredocs[0], doc.Chomp)
	} else {
		m.line(run.Command.Line.Span(), s.Step.Stage.View.Text.File.Trivia(s.Step.Outer))
		for _, d := range run.Heredocs {
			m.skip("\n")
			m.document(d, false)
			m.stretch(int(d.End.Span().Start), int(d.End.Span().End))
		}
	}
	if m.bad || m.done != len(m.script) {
		return nil
	}
	return m.pieces
}

// mapper goes through a script and the file side by side.
type mapper struct {
	text, script string
	done         int // of the script
	pieces       []piece
	bad          bool
}

// stretch takes bytes of the file that are the next of the script.
func (m *mapper) stretch(start, end int) {
	size := min(end-start, len(m.script)-m.done)
	if size <= 0 {
		return
	}
	if m.bad = m.bad || end > len(m.text) || m.text[start:start+size] != m.script[m.done:m.done+size]; m.bad {
		return
	}
	m.pieces = append(m.pieces, piece{m.done, start, size})
	m.done += size
}

// skip takes bytes of the script that do not stand in the file by themselves.
func (m *mapper) skip(text string) { m.done += len(text) }

// line takes a logical line, without what lies between its parts.
func (m *mapper) line(at source.Span, trivia []lang.Trivia) {
	start := int(at.Start)
	for _, t := range trivia {
		if from := int(t.Span().Start); from >= start && from < int(at.End) {
			m.stretch(start, from)
			start = int(t.Span().End)
		}
	}
	m.stretch(start, int(at.End))
}

// document takes the lines of a here document.
func (m *mapper) document(d lang.Heredoc, chomp bool) {
	start, end := int(d.Body.Span().Start), int(d.Body.Span().End)
	if !chomp {
		m.stretch(start, end)
		return
	}
	for start < end && !m.bad {
		for start < end && m.text[start] == '\t' {
			start++
		}
		next := start
		for next < end && m.text[next] != '\n' {
			next++
		}
		next = min(next+1, end)
		m.stretch(start, next)
		start = next
	}
}
