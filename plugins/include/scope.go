package include

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/lexer"
)

var identifier = late.Regexp(`^[A-Za-z_][A-Za-z0-9_]*$`)

// scope is the parameters of an included file. A stage has one scope for all ARGs, so
// they are given names of their own. Files that follow one another can have the same
// ones, since an ARG counts from where it stands; a file inside another cannot.
type scope struct {
	escape byte
	prefix string
	names  map[string]string // what a parameter is called in the stage
	order  []string          // the parameters
}

// newScope makes the scope of a file at a depth, which is 1 for the Dockerfile's own
// INCLUDEs.
func newScope(depth int, escape byte) *scope {
	prefix := "include_"
	if depth > 1 {
		prefix = fmt.Sprintf("include%d_", depth)
	}
	return &scope{escape: escape, prefix: prefix, names: map[string]string{}}
}

// bind adds a parameter and gives its name in the stage.
func (s *scope) bind(name string) string {
	if _, ok := s.names[name]; !ok {
		s.order = append(s.order, name)
	}
	s.names[name] = s.prefix + name
	return s.prefix + name
}

// leave ends parameters that an ENV or ARG of the file hides.
func (s *scope) leave(b ir.Body) {
	switch b := b.(type) {
	case *ir.Env:
		for _, p := range b.Pairs {
			delete(s.names, p.Key)
		}
	case *ir.Arg:
		for _, d := range b.Defaults {
			delete(s.names, d.Key)
		}
	}
}

// quote makes a word of a value whose variables count.
func (s *scope) quote(value string) string {
	if !strings.ContainsAny(value, " \t'\"#;&|<>()\\`") {
		return value
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(value) {
		if value[i] == '"' || value[i] == s.escape {
			b.WriteByte(s.escape)
		}
		b.WriteByte(value[i])
	}
	b.WriteByte('"')
	return b.String()
}

// word renames the variables of a word.
func (s *scope) word(text string) string { return s.rename(text, s.escape, true) }

// rename puts the names of the stage behind each "$" and "${" that has a parameter.
// Without quotes, as in a here document, those are text.
func (s *scope) rename(text string, escape byte, quotes bool) string {
	if len(s.names) == 0 || !strings.Contains(text, "$") {
		return text
	}
	var b strings.Builder
	var quote byte
	for i := 0; i < len(text); {
		end := i + 1
		switch c := text[i]; {
		case c == escape && quote != '\'':
			end = min(i+2, len(text))
		case quotes && quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case c == quote:
			quote = 0
		case c == '$' && quote != '\'':
			start := i + 1 + len(text[i+1:]) - len(strings.TrimPrefix(text[i+1:], "{"))
			for end = start; end < len(text) && letter(text[end]); {
				end++
			}
			if name, ok := s.names[text[start:end]]; ok {
				b.WriteString(text[i:start] + name)
				i = end
				continue
			}
		}
		b.WriteString(text[i:end])
		i = end
	}
	return b.String()
}

func letter(c byte) bool {
	return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
}

func (s *scope) words(list []string) []string {
	out := slices.Clone(list)
	for i, w := range out {
		out[i] = s.word(w)
	}
	return out
}

// body renames what a body has of variables that the build expands. What runs in the
// container sees no build arguments, and neither does what runs in a later build.
func (s *scope) body(b ir.Body) ir.Body {
	switch b := b.(type) {
	case *ir.Run:
		out := *b
		out.Mounts = s.mounts(b.Mounts)
		return &out
	case *ir.Copy:
		out := *b
		out.Sources, out.Inline, out.Dest, out.Excludes = s.words(b.Sources), s.inline(b.Inline), s.word(b.Dest), s.words(b.Excludes)
		out.Chown, out.Chmod = s.word(b.Chown), s.word(b.Chmod)
		return &out
	case *ir.Add:
		out := *b
		out.Sources, out.Inline, out.Dest, out.Excludes = s.words(b.Sources), s.inline(b.Inline), s.word(b.Dest), s.words(b.Excludes)
		out.Chown, out.Chmod, out.Checksum = s.word(b.Chown), s.word(b.Chmod), s.word(b.Checksum)
		return &out
	case *ir.Env:
		return &ir.Env{Pairs: s.pairs(b.Pairs)}
	case *ir.Label:
		return &ir.Label{Pairs: s.pairs(b.Pairs)}
	case *ir.Arg:
		out := slices.Clone(b.Defaults)
		for i, d := range out {
			out[i].Value = s.word(d.Value)
		}
		return &ir.Arg{Defaults: out}
	case *ir.Workdir:
		return &ir.Workdir{Path: s.word(b.Path)}
	case *ir.User:
		return &ir.User{Name: s.word(b.Name)}
	case *ir.Expose:
		ports := s.words(b.Ports)
		slices.Sort(ports) // as they were
		return &ir.Expose{Ports: ports}
	case *ir.Volume:
		return &ir.Volume{Paths: s.words(b.Paths)}
	case *ir.StopSignal:
		return &ir.StopSignal{Signal: s.word(b.Signal)}
	case *ir.Custom:
		out := *b
		out.Flags, out.Args = s.words(b.Flags), s.word(b.Args)
		return &out
	}
	return b
}

func (s *scope) pairs(list []ir.Pair) []ir.Pair {
	out := slices.Clone(list)
	for i, p := range out {
		out[i].Key, out[i].Value = s.word(p.Key), s.word(p.Value)
	}
	return out
}

func (s *scope) inline(list []ir.Inline) []ir.Inline {
	out := slices.Clone(list)
	for i, d := range out {
		if d.Expand {
			out[i].Data = s.rename(d.Data, '\\', false)
		}
	}
	return out
}

func (s *scope) mounts(list []ir.Mount) []ir.Mount {
	out := slices.Clone(list)
	for i, m := range out {
		out[i] = slices.Clone(m)
		for j, o := range m {
			out[i][j].Value = s.word(o.Value)
		}
	}
	return out
}

// run renames in the mounts of a RUN, and has its shell export the parameters under the
// names that the file knows. It reports false when there is no shell that can.
func (s *scope) run(r *ir.Run, shell string) (*ir.Run, bool) {
	out := *r
	out.Mounts = s.mounts(r.Mounts)
	exports := "export"
	for _, name := range s.order {
		if own, ok := s.names[name]; ok {
			exports += " " + name + `="$` + own + `"`
		}
	}
	switch {
	case r.Command.Exec || !posix(shell):
		return &out, false
	case r.Command.Line == "":
		return &out, true
	}
	if _, only := lexer.ParseHeredoc(r.Command.Line); !only || len(r.Heredocs) == 0 {
		out.Command.Line = exports + "; " + r.Command.Line
		return &out, true
	}
	// The here document is the script.
	out.Heredocs = slices.Clone(r.Heredocs)
	first, rest := "", r.Heredocs[0].Data
	if text := strings.TrimLeft(rest, "\t"); strings.HasPrefix(text, "#!") && (rest == text || r.Heredocs[0].Chomp) {
		n := strings.IndexByte(rest, '\n') + 1
		if first, rest = rest[:n], rest[n:]; !interpreted(first) {
			return &out, false
		}
	}
	out.Heredocs[0].Data = first + exports + "\n" + rest
	return &out, true
}

// interpreted tells whether a line like "#!/usr/bin/env bash" names a shell.
func interpreted(line string) bool {
	words := strings.Fields(strings.TrimLeft(line, "\t#! "))
	if len(words) > 1 && path.Base(words[0]) == "env" {
		words = words[1:]
	}
	return len(words) > 0 && posix(words[0])
}

// posix tells whether a program is a shell that knows export. Of an image of which
// nothing is known it is, as everywhere but on Windows.
func posix(shell string) bool {
	return shell == "" || slices.Contains([]string{"sh", "bash", "ash", "dash", "ksh", "mksh", "zsh", "busybox"}, path.Base(shell))
}

// shellAt is the shell that ops leave in force.
func shellAt(ops []*ir.Op) string {
	for i := len(ops) - 1; i >= 0; i-- {
		if s, ok := ops[i].Body.(*ir.Shell); ok {
			return shellName(s)
		}
	}
	return ""
}

func shellName(s *ir.Shell) string {
	if len(s.Args) == 0 {
		return ""
	}
	return s.Args[0]
}

// suggestion is the hint for a name that is none of those known.
func suggestion(name string, known []string) string {
	if near := diag.Suggest(name, known); near != "" {
		return "did you mean `" + near + "`?"
	}
	return ""
}
