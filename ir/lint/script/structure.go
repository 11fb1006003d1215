package script

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// binary looks at commands that are joined.
func (c *scan) binary(b *syntax.BinaryCmd) {
	switch b.Op {
	case syntax.OrStmt:
		c.shortIf(b)
	case syntax.Pipe, syntax.PipeAll:
		if p, ok := c.parent(1).(*syntax.BinaryCmd); ok && (p.Op == syntax.Pipe || p.Op == syntax.PipeAll) && p.X == c.parent(0) {
			return // it is looked at with that above it
		}
		c.pipe(pipeline(b))
	}
}

// shortIf looks at A && B || C, where C runs when B fails, too.
func (c *scan) shortIf(b *syntax.BinaryCmd) {
	and, ok := b.X.Cmd.(*syntax.BinaryCmd)
	if !ok || and.Op != syntax.AndStmt || b.X.Negated || c.condition() {
		return
	}
	if call, ok := b.Y.Cmd.(*syntax.CallExpr); ok {
		if len(call.Args) == 0 {
			return
		}
		switch newCommand(call).name {
		case "echo", "exit", "return", "printf":
			return
		}
	}
	at := offset(and.OpPos)
	c.place("SC2015", at, at+2, "A && B || C is not if-then-else: C runs when A succeeds and B fails, too")
}

// loop looks at what a loop goes through.
func (c *scan) loop(f *syntax.ForClause) {
	iter, ok := f.Loop.(*syntax.WordIter)
	if !ok {
		return
	}
	c.set(iter.Name.Value, f)
	for _, w := range iter.Items {
		if !isGlob(w) {
			continue
		}
		for _, p := range w.Parts {
			if v, ok := p.(*syntax.ParamExp); ok {
				c.say("SC2231", v, "a blank in "+c.source(v)+" splits the pattern: put double quotes around it").
					fix = c.quoted(v, diag.Intent)
			}
		}
	}
	if len(iter.Items) == 1 && len(iter.Items[0].Parts) == 1 {
		c.loopOutput(iter.Items[0])
	}
}

// loopOutput looks at a loop through what a command prints.
func (c *scan) loopOutput(w *syntax.Word) {
	s, ok := w.Parts[0].(*syntax.CmdSubst)
	if !ok || len(s.Stmts) != 1 {
		return
	}
	stmt := s.Stmts[0]
	if b, ok := stmt.Cmd.(*syntax.BinaryCmd); ok && (b.Op == syntax.Pipe || b.Op == syntax.PipeAll) {
		stmts := pipeline(b)
		last, ok := commandOf(stmts[len(stmts)-1])
		first, known := commandOf(stmts[0])
		if ok && known && slices.Contains(readsLines, last.name) && slices.Contains(readsLines, first.name) {
			c.say("SC2013", s, "this goes through words, not lines: use while read")
		}
		return
	}
	cmd, ok := commandOf(stmt)
	switch {
	case !ok:
	case cmd.name == "ls":
		c.say("SC2045", s, "names with blanks are split, and ls changes some: use a wildcard")
	case cmd.name == "find":
		c.say("SC2044", s, "names with blanks are split: use find -exec, or while read")
	case slices.Contains(readsLines, cmd.name):
		c.say("SC2013", s, "this goes through words, not lines: use while read")
	}
}

var readsLines = []string{"grep", "fgrep", "egrep", "sed", "cat", "awk", "cut", "sort"}

// stmt looks at a statement.
func (c *scan) stmt(s *syntax.Stmt) {
	if s.Negated {
		if x := unaryOf(s.Cmd); x != "" {
			c.negated(s, x)
		}
	}
}

// appends looks for commands one behind the other that write to the end of the same file.
func (c *scan) appends() {
	if strings.Count(c.text, ">>") < 3 {
		return
	}
	shell.Walk(c.file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.File:
			c.appending(n.Stmts)
		case *syntax.Block:
			c.appending(n.Stmts)
		case *syntax.Subshell:
			c.appending(n.Stmts)
		case *syntax.IfClause:
			c.appending(n.Then)
		case *syntax.WhileClause:
			c.appending(n.Do)
		case *syntax.ForClause:
			c.appending(n.Do)
		}
		return true
	})
}

func (c *scan) appending(stmts []*syntax.Stmt) {
	var at *syntax.Stmt
	file, count := "", 0
	for _, s := range stmts {
		next, stmt := c.appendsTo(s)
		if next == "" || next != file {
			file, count, at = next, 0, stmt
		}
		if count++; count == 3 && file != "" {
			c.say("SC2129", at, "the file is opened again by each command: write { a; b; } >> file")
		}
	}
}

// appendsTo is the word of the file that a statement appends to.
func (c *scan) appendsTo(s *syntax.Stmt) (string, *syntax.Stmt) {
	if b, ok := s.Cmd.(*syntax.BinaryCmd); ok && (b.Op == syntax.Pipe || b.Op == syntax.PipeAll) {
		return c.appendsTo(b.Y)
	}
	for _, r := range s.Redirs {
		if r.Op == syntax.AppOut {
			return c.source(r.Word), s
		}
	}
	return "", s
}
