package record

import (
	"io"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/effects"
)

// Script gives what a reader has, and records its lines as commands: the standard input of a shell
// that is no terminal. pid is the shell's, or 0 while it is not known. What else reads that input,
// as passwd does, is told by its first words, which are no programs.
func (l *Log) Script(r io.Reader, pid func() int, dir, user string) io.Reader {
	return &script{Reader: r, log: l, pid: pid, about: Command{Dir: dir, User: user}}
}

type script struct {
	io.Reader
	log   *Log
	pid   func() int
	about Command
	line  []byte
	block []string
	size  int
}

func (s *script) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	for _, b := range p[:n] {
		if b != '\n' {
			if len(s.line) <= maxLine {
				s.line = append(s.line, b)
			}
			continue
		}
		s.end()
	}
	if err != nil && len(s.line) > 0 {
		s.end()
	}
	return n, err
}

func (s *script) end() {
	text := string(s.line)
	s.line = s.line[:0]
	if len(s.block) == 0 && strings.TrimSpace(text) == "" {
		return
	}
	s.block, s.size = append(s.block, text), s.size+len(text)
	all := strings.Join(s.block, "\n")
	if s.size <= maxLine && incomplete(all) {
		return
	}
	s.block, s.size = nil, 0
	if answered(all, process{pid: s.pid()}.answers(s.about.Dir)) {
		s.about.Line = all
		s.log.Add(s.about)
	}
}

// incomplete tells whether a shell would ask for another line.
func incomplete(text string) bool {
	if strings.HasSuffix(text, `\`) && !strings.HasSuffix(text, `\\`) {
		return true
	}
	_, err := syntax.NewParser().Parse(strings.NewReader(text+"\n"), "")
	// The parser does not call the text of a heredoc incomplete whose delimiter is quoted.
	return err != nil && (syntax.IsIncomplete(err) || strings.Contains(err.Error(), "unclosed here-document"))
}

// answered tells whether something answers to the first word of the first command of a text.
func answered(text string, answers func(name string) bool) bool {
	file, err := syntax.NewParser().Parse(strings.NewReader(text+"\n"), "")
	if err != nil { // of another shell
		first, _, _ := strings.Cut(strings.TrimSpace(text), " ")
		return answers(first)
	}
	found, ok := false, false
	syntax.Walk(file, func(n syntax.Node) bool {
		call, isCall := n.(*syntax.CallExpr)
		if !found && isCall && len(call.Args) > 0 {
			found, ok = true, answers(call.Args[0].Lit())
		}
		return !found
	})
	return ok || !found && assigns(file)
}

// assigns tells of text that only sets variables, or has a statement of the language.
func assigns(file *syntax.File) bool { return len(file.Stmts) > 0 }

// answers tells whether a name is one of the shell's own, of a program that is known, or of one
// that the root of a process has.
func (p process) answers(dir string) func(string) bool {
	return func(name string) bool {
		switch {
		case name == "":
			return false
		case strings.Contains(name, "/"):
			if !strings.HasPrefix(name, "/") {
				name = path.Join(dir, name)
			}
			return p.holds(name)
		}
		return slices.Contains(builtins, name) || effects.Known(name) || p.has(name)
	}
}

// builtins are those of bash, zsh and POSIX.
var builtins = strings.Fields(`. : [ [[ alias autoload bg bind bindkey break builtin caller cd chdir command compgen
	complete continue declare dirs disown echo enable eval exec exit export false fc fg getopts hash help history jobs
	kill let local logout mapfile popd printf pushd pwd read readarray readonly rehash return set setopt shift shopt
	source suspend test time times trap true type typeset ulimit umask unalias unfunction unset unsetopt vared wait whence where zle zmodload`)
