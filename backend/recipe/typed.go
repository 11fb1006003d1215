package recipe

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/backend/container/record"
	"github.com/seed-e0495807/strake/lang/late"
)

// typed is one simple command of a line that was typed.
type typed struct {
	*Command
	words []string // without sudo and assignments; "" for a word that the shell makes
	files []string // that the shell redirects to
}

// readTyped splits lines into commands. What is no shell script is passed over.
func readTyped(list []Command) (out []typed) {
	for i := range list {
		if e := list[i].Exit; e != nil && *e != 0 {
			continue
		}
		file, err := syntax.NewParser().Parse(strings.NewReader(list[i].Line), "")
		if err != nil {
			continue
		}
		syntax.Walk(file, func(n syntax.Node) bool {
			stmt, ok := n.(*syntax.Stmt)
			if !ok {
				return true
			}
			if call, ok := stmt.Cmd.(*syntax.CallExpr); ok && len(call.Args) > 0 {
				t := typed{Command: &list[i], words: bare(literals(call.Args))}
				for _, r := range stmt.Redirs {
					t.files = append(t.files, literals([]*syntax.Word{r.Word})...)
				}
				out = append(out, t)
			}
			return true
		})
	}
	return out
}

func literals(list []*syntax.Word) (words []string) {
	for _, w := range list {
		words = append(words, literal(w))
	}
	return words
}

// literal is a word without its quotes, "" when the shell has to make it.
func literal(w *syntax.Word) string {
	var b strings.Builder
	for _, part := range w.Parts {
		switch p := part.(type) {
		case *syntax.Lit:
			b.WriteString(strings.ReplaceAll(p.Value, `\`, ""))
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			for _, q := range p.Parts {
				l, ok := q.(*syntax.Lit)
				if !ok {
					return ""
				}
				b.WriteString(l.Value)
			}
		default:
			return ""
		}
	}
	return b.String()
}

// bare takes away what only says how a command runs.
func bare(words []string) []string {
	for len(words) > 1 && (slices.Contains([]string{"sudo", "env", "nice", "time", "command", "exec"}, words[0]) || strings.Contains(words[0], "=")) {
		for words = words[1:]; len(words) > 1 && strings.HasPrefix(words[0], "-"); {
			words = words[1:]
		}
	}
	return words
}

// name is the program of a command.
func (t typed) name() string { return path.Base(t.words[0]) }

// is tells whether a command is of one of the programs, with one of the words among its
// arguments; no words are any.
func (t typed) is(programs []string, subcommands ...string) bool {
	if !slices.Contains(programs, t.name()) {
		return false
	}
	return len(subcommands) == 0 || slices.ContainsFunc(t.words[1:], func(w string) bool { return slices.Contains(subcommands, w) })
}

// names tells whether a command names a path, or a directory that it is in.
func (t typed) names(name string) bool {
	whole := !slices.Contains([]string{"chmod", "chown", "chgrp", "mkdir", "install", "touch", "useradd", "cd"}, t.name()) ||
		slices.ContainsFunc(t.words, func(w string) bool {
			return w == "--recursive" || strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--") && strings.Contains(w, "R")
		})
	for _, w := range slices.Concat(t.words[1:], t.files) {
		_, value, _ := strings.Cut(w, "=")
		for _, at := range []string{w, value} {
			if at == "" || strings.HasPrefix(at, "-") {
				continue
			}
			if !path.IsAbs(at) {
				at = path.Join("/", t.Dir, at)
			}
			if at = path.Clean(at); at == name || whole && strings.Count(at, "/") > 1 && under(name, at) {
				return true
			}
		}
	}
	return false
}

// target is the last path that a command names.
func (t typed) target() string {
	last := t.words[len(t.words)-1]
	if path.IsAbs(last) {
		return path.Clean(last)
	}
	return path.Join("/", t.Dir, last)
}

// came is a comment: what was typed and led to a step.
func (t typed) came() string {
	line := strings.TrimSpace(record.Redact(t.Line))
	if strings.Contains(line, "\n") {
		line, _, _ = strings.Cut(line, "\n")
		line += " …"
	}
	if runes := []rune(line); len(runes) > 100 {
		line = string(runes[:99]) + "…"
	}
	if t.Time.IsZero() {
		return line + " (typed)"
	}
	return fmt.Sprintf("%s (typed at %s)", line, t.Time.Format("15:04"))
}

// confidential finds names of what may be a password.
var confidential = late.Regexp(`(?i)passw|passphrase|token|secret|api.?key|authori[sz]ation|credential`)

// from gives the comments of a step: the commands that a function finds, or else a sentence. A
// line that holds a secret is not shown.
func (r *reading) from(otherwise string, finds func(typed) bool) (list []string) {
	for _, t := range r.typed {
		if !finds(t) || secretOf("", record.Redact(t.Line)) != "" {
			continue
		}
		if c := t.came(); !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	if len(list) > 3 {
		list = append(list[:2], fmt.Sprintf("… and %d more commands", len(list)-2))
	}
	if len(list) == 0 && otherwise != "" {
		list = []string{otherwise}
	}
	return list
}

// about gives the comments of a step for some paths: what was typed and names one of them, and
// changes files.
func (r *reading) about(otherwise string, names ...string) []string {
	shows := []string{"echo", "printf", "ls", "cat", "less", "more", "head", "tail", "grep", "stat", "file", "cd", "pwd", "which", "man", "du", "df", "find", "diff", "wc", "md5sum", "sha256sum", "test", "["}
	return r.from(otherwise, func(t typed) bool {
		return (!slices.Contains(shows, t.name()) || len(t.files) > 0) && (t.name() != "ln" || slices.Contains(names, t.target())) &&
			slices.ContainsFunc(names, t.names)
	})
}
