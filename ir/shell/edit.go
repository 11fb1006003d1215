package shell

import (
	"cmp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/lexer"
)

// Editor gathers changes to a script. What they do not touch stays byte for byte.
type Editor struct {
	script *Script
	dead   map[*syntax.Stmt]bool
	edits  []edit
}

type edit struct {
	start, end int
	text       string
}

// Edit starts to change a script.
func (s *Script) Edit() *Editor { return &Editor{script: s, dead: map[*syntax.Stmt]bool{}} }

// CanRemove tells whether Remove can take a command out: it stands for itself, and
// nothing depends on what it prints or reads, or on its failing.
func (c *Command) CanRemove() bool {
	if c.Nested || c.stmt == nil || c.stmt.Negated || c.stmt.Background || c.stmt.Coprocess {
		return false
	}
	for _, r := range c.stmt.Redirs {
		if r.Hdoc != nil {
			return false
		}
	}
	return true
}

// Remove takes a command out of its list: with the "&&" that binds it, and with a
// "|| true" behind it. Where the list needs a command, or its status counts, "true"
// comes in its place.
func (e *Editor) Remove(c *Command) {
	if c.CanRemove() {
		e.dead[c.stmt] = true
	}
}

// RemoveWord takes a word out, with the blanks in front of it.
func (e *Editor) RemoveWord(w Word) {
	e.replace(e.blanks(w.Start), w.End, "")
}

// blanks is where the blanks in front of a place start.
func (e *Editor) blanks(at int) int {
	for at > 0 && (e.script.Text[at-1] == ' ' || e.script.Text[at-1] == '\t') {
		at--
	}
	return at
}

// Replace puts a text in the place of a word.
func (e *Editor) Replace(w Word, text string) { e.replace(w.Start, w.End, text) }

// Append puts a text, like " -o x", behind the name of the program.
func (e *Editor) Append(c *Command, text string) { e.replace(c.Prog.End, c.Prog.End, text) }

// Prefix sets variables, like "A=1", for a command alone.
func (e *Editor) Prefix(c *Command, assignments string) {
	if len(c.Via) > 0 { // nice and the like run programs only
		assignments = "env " + assignments
	}
	e.replace(c.Prog.Start, c.Prog.Start, assignments+" ")
}

// Insert puts a text at a place of the script's text.
func (e *Editor) Insert(at int, text string) { e.replace(at, at, text) }

// Behind puts a text, like " && x", behind the last statement of the script: in front of a ";" or
// "&" that ends it, a comment, and here documents.
func (e *Editor) Behind(text string) {
	if e.script.file == nil || len(e.script.file.Stmts) == 0 {
		return
	}
	at := behind(e.script.file.Stmts[len(e.script.file.Stmts)-1])
	e.replace(at, at, text)
}

// behind is where a statement ends, without its here documents.
func behind(s *syntax.Stmt) int {
	at := int(s.Pos().Offset())
	if b, ok := s.Cmd.(*syntax.BinaryCmd); ok {
		at = behind(b.Y)
	} else if s.Cmd != nil {
		at = int(s.Cmd.End().Offset())
	}
	for _, r := range s.Redirs {
		at = max(at, int(r.Word.End().Offset()))
	}
	return at
}

func (e *Editor) replace(start, end int, text string) {
	if start >= 0 {
		e.edits = append(e.edits, edit{start, end, text})
	}
}

// Changed tells whether there is something to do.
func (e *Editor) Changed() bool { return len(e.edits) > 0 || len(e.dead) > 0 }

// Text is the script with the changes made.
func (e *Editor) Text() string {
	if !e.Changed() || e.script.file == nil {
		return e.script.Text
	}
	walk := &Editor{script: e.script, dead: e.dead}
	walk.list(e.script.file.Stmts, e.script.strict)
	return apply(e.script.Text, e.edits, walk.edits)
}

// Run is the RUN with the changes made, a copy. The error is ErrExec when it has no
// text to change.
func (e *Editor) Run() (*ir.Run, error) {
	run := *e.script.run
	if !e.Changed() {
		return &run, nil
	}
	if e.script.file == nil {
		return nil, ErrExec
	}
	text := e.Text()
	run.Heredocs = slices.Clone(run.Heredocs)
	switch _, only := lexer.ParseHeredoc(run.Command.Line); {
	case len(run.Heredocs) == 0:
		run.Command.Line = strings.TrimRight(text, " \t")
	case only:
		run.Heredocs[0].Data = text
	default:
		// The documents behind the line have no commands of this script.
		line, _, _ := strings.Cut(text, "\n")
		run.Command.Line = strings.TrimRight(line, " \t")
	}
	return &run, nil
}

// list removes what is dead from a list of commands. In a strict one the others have
// all succeeded at its end; otherwise the status of the last counts.
func (e *Editor) list(stmts []*syntax.Stmt, strict bool) {
	alive := false
	for i, s := range stmts {
		switch {
		case !e.isDead(s):
			alive = true
			e.stmt(s)
		case i+1 < len(stmts):
			e.replace(start(s), e.next(s, stmts[i+1]), "")
		case alive && strict:
			e.replace(int(stmts[i-1].End().Offset()), int(s.End().Offset()), "")
		default:
			e.noop(s)
		}
	}
}

// next is where what follows a statement starts: the line below, a comment, or another.
func (e *Editor) next(s, other *syntax.Stmt) int {
	end := int(s.End().Offset())
	rest := e.script.Text[end:start(other)]
	trimmed := strings.TrimLeft(rest, " \t")
	if strings.HasPrefix(trimmed, "\n") {
		return end + len(rest) - len(trimmed) + 1
	}
	return end + len(rest) - len(trimmed)
}

// isDead tells whether nothing of a statement is left.
func (e *Editor) isDead(s *syntax.Stmt) bool {
	if e.dead[s] {
		return true
	}
	b, ok := s.Cmd.(*syntax.BinaryCmd)
	if !ok || s.Negated || s.Background || len(s.Redirs) > 0 || !e.isDead(b.X) {
		return false
	}
	switch b.Op {
	case syntax.AndStmt:
		return e.isDead(b.Y)
	case syntax.OrStmt:
		return e.isDead(b.Y) || succeeds(b.Y)
	}
	return false
}

// succeeds tells "true" and ":".
func succeeds(s *syntax.Stmt) bool {
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || s.Negated || len(call.Args) != 1 {
		return false
	}
	name := call.Args[0].Lit()
	return name == "true" || name == ":"
}

// stmt removes what is dead inside of a statement that is not.
func (e *Editor) stmt(s *syntax.Stmt) {
	b, ok := s.Cmd.(*syntax.BinaryCmd)
	switch {
	case ok && b.Op == syntax.AndStmt && e.isDead(b.X):
		e.replace(start(b.X), start(b.Y), "")
		e.stmt(b.Y)
	case ok && b.Op == syntax.AndStmt && e.isDead(b.Y):
		e.stmt(b.X)
		e.replace(e.blanks(int(b.OpPos.Offset())), int(b.Y.End().Offset()), "")
	case s.Cmd != nil:
		e.inside(s.Cmd)
	}
}

// inside looks for statements below a node.
func (e *Editor) inside(root syntax.Node) {
	Walk(root, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Block:
			e.list(n.Stmts, false)
			return false
		case *syntax.Subshell:
			e.list(n.Stmts, false)
			return false
		case *syntax.CmdSubst:
			e.list(n.Stmts, false)
			return false
		case *syntax.Stmt:
			if e.isDead(n) {
				e.noop(n)
			} else {
				e.stmt(n)
			}
			return false
		}
		return true
	})
}

// noop puts "true" in the place of a statement. What ends it stays.
func (e *Editor) noop(s *syntax.Stmt) {
	end := int(s.End().Offset())
	if s.Semicolon.IsValid() {
		end = int(s.Semicolon.Offset())
	}
	e.replace(start(s), end, "true")
}

func start(s *syntax.Stmt) int { return int(s.Pos().Offset()) }

// apply makes edits. Removals, which may overlap, win over edits inside of them.
func apply(text string, edits, removals []edit) string {
	byStart := func(a, b edit) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end)) }
	slices.SortStableFunc(removals, byStart)
	var merged []edit
	for _, r := range removals {
		if n := len(merged); n > 0 && r.start < merged[n-1].end {
			merged[n-1].end = max(merged[n-1].end, r.end)
			continue
		}
		merged = append(merged, r)
	}
	for _, x := range edits {
		if !slices.ContainsFunc(merged, func(r edit) bool { return r.start <= x.start && x.end <= r.end && r.start < r.end && x.start < r.end }) {
			merged = append(merged, x)
		}
	}
	slices.SortStableFunc(merged, byStart)
	var b strings.Builder
	at := 0
	for _, x := range merged {
		if x.start < at {
			continue // the same place twice
		}
		b.WriteString(text[at:x.start])
		b.WriteString(x.text)
		at = x.end
	}
	b.WriteString(text[at:])
	return b.String()
}
