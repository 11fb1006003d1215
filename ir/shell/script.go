// Package shell is what plugins need to know of a RUN: the commands that it runs, as
// the syntax tree of its shell has them, and ways to edit them that leave the rest of
// the text byte for byte as it was.
//
// It stands beside the plugins and may import lang and ir.
package shell

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/lexer"
)

// UnknownError tells of a shell whose language this package does not read.
type UnknownError struct{ Shell string }

func (e *UnknownError) Error() string { return fmt.Sprintf("%s is no shell like sh or bash", e.Shell) }

// ErrExec is why the exec form cannot be edited: it has no text.
var ErrExec = errors.New("the exec form has no script")

// Default is the shell of a stage without SHELL.
func Default() []string { return []string{"/bin/sh", "-c"} }

// Script is what a RUN has its shell do.
type Script struct {
	Text     string     // what the shell reads; "" in exec form
	Commands []*Command // the simple commands, in the order of the text
	Sets     []Var      // what is assigned, with export or without, or by a loop, not for one command only
	AnySet   bool       // a variable is assigned whose name is not known, as by `export $X`
	Bash     bool       // it is read as bash does: that is the shell, or no other reads it

	run    *ir.Run
	file   *syntax.File   // nil in exec form
	trees  []*syntax.File // it, and those of scripts in words
	strict bool           // the shell ends at the first command that fails
}

// Parse reads the script of a RUN for the SHELL in force. Errors are *UnknownError, or
// those of the syntax.
func Parse(run *ir.Run, shell []string) (*Script, error) {
	s := &Script{run: run}
	if run.Command.Exec {
		s.exec(run.Command.Args)
		return s, nil
	}
	text, ok := scriptText(run)
	if ok && strings.HasPrefix(text, "#!") {
		shell = interpreter(text)
	}
	if len(shell) == 0 {
		shell = Default()
	}
	name := path.Base(strings.ReplaceAll(shell[0], `\`, "/"))
	if !isShell(name) {
		return nil, &UnknownError{name}
	}
	file, bash, err := parse(name, text)
	if err != nil {
		return nil, err
	}
	s.Text, s.file, s.Bash = text, file, bash
	s.strict = slices.ContainsFunc(shell[1:], endsOnError) || setsErrexit(file)
	s.collect(file, text, false, "")
	return s, nil
}

// scriptText is what the shell reads, as package plan has it: the line with its here
// documents, or the only here document. It tells whether it is the latter.
func scriptText(run *ir.Run) (string, bool) {
	line := run.Command.Line
	if len(run.Heredocs) == 0 {
		return line, false
	}
	if _, only := lexer.ParseHeredoc(line); only {
		data := run.Heredocs[0].Data
		if run.Heredocs[0].Chomp {
			data = lexer.Chomp(data)
		}
		return data, true
	}
	for _, d := range run.Heredocs {
		line += "\n" + d.Data + d.Name
	}
	return line, false
}

// interpreter reads the first line of a script, "#!/usr/bin/env bash" included.
func interpreter(text string) []string {
	line, _, _ := strings.Cut(text[len("#!"):], "\n")
	words := strings.Fields(line)
	if len(words) > 0 && path.Base(words[0]) == "env" {
		words = words[1:]
		for len(words) > 0 && strings.HasPrefix(words[0], "-") {
			words = words[1:]
		}
	}
	if len(words) == 0 {
		return []string{"#!"}
	}
	return words
}

func isShell(name string) bool { return slices.Contains([]string{"sh", "bash", "ash", "dash"}, name) }

// parse reads a script. What sh is depends on the image: some have bash for it, so
// what is no POSIX shell is tried as that.
func parse(shell, text string) (file *syntax.File, bash bool, err error) {
	if shell != "bash" {
		if file, err := posixParsers.parse(text); err == nil {
			return file, false, nil
		}
	}
	file, err = bashParsers.parse(text)
	return file, true, err
}

// parsers are those of a language that are not at work: one is larger than most scripts, and takes
// longer to make than these to read. It is a cache, of which nothing depends on what is in it.
type parsers struct{ idle sync.Pool }

var posixParsers, bashParsers = newParsers(syntax.LangPOSIX), newParsers(syntax.LangBash)

func newParsers(language syntax.LangVariant) *parsers {
	return &parsers{sync.Pool{New: func() any { return syntax.NewParser(syntax.Variant(language), syntax.KeepComments(true)) }}}
}

func (p *parsers) parse(text string) (*syntax.File, error) {
	parser := p.idle.Get().(*syntax.Parser)
	file, err := parser.Parse(strings.NewReader(text), "")
	if err != nil { // it may stand anywhere
		return nil, err
	}
	p.idle.Put(parser)
	if !mayDefine(text) {
		return file, nil
	}
	return file, split(file)
}

// endsOnError tells an option like -e or -exo.
func endsOnError(option string) bool {
	return strings.HasPrefix(option, "-") && !strings.HasPrefix(option, "--") && strings.Contains(option, "e")
}

// setsErrexit tells whether a script starts with "set -e".
func setsErrexit(file *syntax.File) bool {
	if len(file.Stmts) == 0 {
		return false
	}
	stmt := file.Stmts[0]
	if b, ok := stmt.Cmd.(*syntax.BinaryCmd); ok && b.Op == syntax.AndStmt {
		stmt = b.X
	}
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	return ok && len(call.Args) > 1 && call.Args[0].Lit() == "set" && endsOnError(call.Args[1].Lit())
}

// exec takes the one command of the exec form.
func (s *Script) exec(args []string) {
	words := make([]Word, len(args))
	for i, a := range args {
		words[i] = Word{Text: a, Known: true, Start: -1, End: -1}
	}
	if len(words) > 0 {
		s.add(&Command{Nested: true, Text: strings.Join(args, " ")}, words)
	}
}

// Tree is the syntax tree of the script; nil in exec form.
func (s *Script) Tree() *syntax.File { return s.file }

// Calls are the commands by their calls in the trees: that of the script, and of those in words.
func (s *Script) Calls() map[syntax.Command]*Command {
	calls := make(map[syntax.Command]*Command, len(s.Commands))
	for _, c := range s.Commands {
		if c.stmt != nil {
			calls[c.stmt.Cmd] = c
		}
	}
	return calls
}

// Var is an assignment.
type Var struct {
	Name  string
	Value Word
}

// Assigns tells whether a script gives a variable a value for more than one command.
func (s *Script) Assigns(names ...string) bool {
	return slices.ContainsFunc(s.Sets, func(v Var) bool { return slices.Contains(names, v.Name) })
}

// Find gives the commands of a name.
func (s *Script) Find(names ...string) []*Command {
	var list []*Command
	for _, c := range s.Commands {
		if slices.Contains(names, c.Name) {
			list = append(list, c)
		}
	}
	return list
}

func isOneOf(s string, list ...string) bool { return slices.Contains(list, s) }
