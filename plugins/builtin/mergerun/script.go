package mergerun

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/lexer"
)

// surroundings are what the stage says of the names in a script.
type surroundings struct {
	dir   string   // that it starts in; "" is not known
	links []string // names that may lead anywhere
}

// linked tells whether a path may lead elsewhere.
func (s surroundings) linked(name string) bool {
	return slices.ContainsFunc(s.links, func(l string) bool {
		if l = path.Clean(l); path.IsAbs(l) {
			return l != "/" && under(name, l)
		}
		return strings.Contains(name+"/", "/"+path.Base(l)+"/")
	})
}

// linked tells whether a path may lead elsewhere, by a link of the script as well.
func (s *script) linked(name string) bool {
	return s.surroundings.linked(name) || surroundings{links: s.symbolic}.linked(name)
}

// script is a RUN as far as its own text tells. It is made by read.
type script struct {
	surroundings
	run   *ir.Run
	text  string // without comments and blanks at the end, nor a last ";"
	shell *shell.Script
	file  *syntax.File                      // its tree
	calls map[syntax.Command]*shell.Command // its commands

	group  bool // it cannot stand behind && as it is
	amp    bool // it ends in "&"
	listed bool // set -e could end it in the middle: a list or a loop
	setE   bool // it may turn set -e on
	negate bool // it has a "!"
	status bool // it looks at the status of a command
	leaks  bool // it changes the shell it runs in

	hashed map[string]bool // programs whose place the shell remembers
	looked map[string]bool // programs that it looks up
	looksA bool            // it may look up any

	ran       map[string]bool // base names of programs that are run
	made      map[string]bool // and of files that it may make
	effects   naming
	repeats   bool     // it has a function, a loop or a pipe, so that the order of commands is not that of its text
	symbolic  []string // names of symbolic links that it makes
	tuned     bool     // it runs a program that reads settings, and may have changed them before
	touched   part     // the most that what it changes may be for programs
	exposes   *reason  // it gives files of the container another name
	moves     bool     // it may rename a directory
	attrs     bool     // it gives files what a copy by other means than cp may lose
	elsewhere bool     // its programs may come from anywhere
	redirects bool     // all that it prints may go to a file
	stubs     []string // directories that may be there for its mounts only

	accepts func(program string) bool // of an unknown one, whether the config takes the risk
	removes bool                      // it has a command that can remove the working directory
	purges  bool                      // it removes packages, with directories of theirs that are empty then

	never  *reason // why nothing can be merged with it
	last   *reason // why nothing can follow it
	rights *reason // why nothing can follow it, when it is run as the user of its stage
}

// depth is how many scripts in arguments, like those of `sh -c`, are looked into.
const depth = 4

// unquoted takes off what a shell takes off a word.
var unquoted = strings.NewReplacer(`"`, "", "'", "", "\\", "")

// read parses a RUN.
func read(memo *eval.Memo, run *ir.Run, d dialect, in surroundings, accepts func(program string) bool) *script {
	s := &script{run: run, surroundings: in, accepts: accepts}
	_, document := lexer.ParseHeredoc(run.Command.Line)
	switch {
	case run.Command.Exec:
		s.never = because("exec-form", "the exec form has no shell that could run both")
		return s
	case len(run.Heredocs) > 0 && document: // as BuildKit tells it from one that the shell reads
		s.never = because("here-document", "a here document that is a script of its own stays one")
		return s
	case strings.Contains(unquoted.Replace(run.Command.Line), ".wh."): // see whiteout
		s.never = because("syntax", "a file named .wh.… removes another one of a layer below")
		return s
	case strings.ContainsAny(run.Command.Line, "\r\x00"):
		s.never = because("syntax", "the line has a carriage return")
		return s
	}
	sh, err := memo.Script(run, d.shell)
	switch {
	case err != nil:
		s.never = because("syntax", "its shell code is not understood: %v", err)
		return s
	case sh.Bash && !d.bash:
		s.never = because("syntax", "only bash understands its shell code")
		return s
	case len(sh.Tree().Stmts) == 0:
		s.never = because("syntax", "it runs no command")
		return s
	}
	s.shell, s.file, s.calls = sh, sh.Tree(), sh.Calls()
	s.stubs = stubs(run.Mounts, in.dir)
	for _, m := range run.Mounts {
		if !harmlessMount(m, in) {
			s.never = because("mounts", "a mount may bring programs, or their settings")
			return s
		}
	}
	if s.cut(); strings.HasSuffix(s.text, `\`) {
		s.never = because("syntax", "the line ends in a backslash")
		return s
	}
	s.shape()
	s.mentions(sh.Text)
	once := s.walk()
	if len(once.symbolic) > 0 && once.repeats { // which are there when a function or a loop comes back
		s.links = append(slices.Clip(s.links), once.symbolic...)
		once = s.walk()
	}
	return once
}

// walk gives the script with what its tree shows.
func (s script) walk() *script {
	s.hashed, s.looked, s.ran, s.made = map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	s.effects = naming{}
	dir := s.dir
	if dir == "" {
		dir = here
	}
	(&walker{script: &s, in: s.shell, calls: s.calls}).walk(places{dir})
	return &s
}

// harmlessMount tells a mount that no program is changed by.
func harmlessMount(m ir.Mount, in surroundings) bool {
	for _, o := range m {
		if o.Key != "target" && o.Key != "dst" && o.Key != "destination" {
			continue
		}
		for _, p := range word(o.Value).tree().resolve(places{in.dir}, in.linked) {
			if p.part() != data {
				return false
			}
		}
	}
	return true
}

// cut settles the text: that of the first line up to a comment, as one would swallow
// what is put behind it, and up to a last semicolon.
func (s *script) cut() {
	s.text = s.run.Command.Line
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.Comment); ok && int(c.Hash.Offset()) < len(s.text) {
			s.text = s.text[:c.Hash.Offset()]
		}
		return true
	})
	end := s.file.Stmts[len(s.file.Stmts)-1]
	if at := int(end.Semicolon.Offset()); end.Semicolon.IsValid() && !end.Background && at < len(s.text) {
		s.text = s.text[:at]
	}
	s.text = strings.Trim(s.text, " \t\v\f")
	s.amp = end.Background
}

// shape looks at the top of the tree: a list, a background job and `a || b` bind less
// than the && that comes in front.
func (s *script) shape() {
	s.group = len(s.file.Stmts) > 1 || s.amp
	s.listed = len(s.file.Stmts) > 1
	for stmt := s.file.Stmts[0]; ; {
		b, ok := stmt.Cmd.(*syntax.BinaryCmd)
		if !ok {
			return
		}
		s.group = s.group || b.Op == syntax.OrStmt
		stmt = b.X
	}
}

// mentions looks for paths in the text, wherever they stand.
func (s *script) mentions(text string) {
	first := len(scanned)
	for i := strings.IndexByte(text, '/'); i >= 0; {
		for k, p := range scanned[:first] {
			if rest, ok := strings.CutPrefix(text[i:], p.path); ok && (i == 0 || !inPath(text[i-1])) && (rest == "" || !inPath(rest[0]) || rest[0] == '/') && !harmless(rest) {
				first = k
				break
			}
		}
		next := strings.IndexByte(text[i+1:], '/')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	if first < len(scanned) {
		s.follow(scanned[first].why)
	}
}

func inPath(c byte) bool {
	return c == '/' || c == '_' || c == '-' || c == '.' || c == '}' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// follow notes that nothing can follow. The first reason stays.
func (s *script) follow(why *reason) {
	if s.last == nil {
		s.last = why
	}
}

// refuse notes that nothing can be merged with it.
func (s *script) refuse(why *reason) {
	if s.never == nil {
		s.never = why
	}
}
