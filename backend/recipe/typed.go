package recipe

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/backend/container/record"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/lang/late"
)

// typed is one simple command of a line that was typed.
type typed struct {
	*record.Command          // with the directory that it is in, after each cd
	words           []string // without sudo and assignments; "" for a word that the shell makes
	files           []string // that the shell redirects to
	places          []string // where words, values of them and files lead to
}

// line is one that was typed.
type line struct {
	*record.Command
	simple  []typed        // its commands, and those of scripts in it
	changes []effects.Path // what these write and remove, as far as that is known of their programs
	failed  bool
	comment string // what a step shows of it; "" as it holds a secret
}

// shells run what is behind -c.
func shells() []string { return []string{"sh", "bash", "dash", "ash", "zsh", "su"} }

// readLines splits lines into commands. What is no shell script is passed over. Where no shell told of its
// directory, as of a script, the lines tell themselves by cd.
func readLines(list []record.Command) (out []line) {
	told, here := "", ""
	for _, c := range list {
		if c.Exit != nil || c.Dir != told {
			told, here = c.Dir, c.Dir
		}
		c.Dir = here
		text := closed(c.Line)
		file, err := syntax.NewParser().Parse(strings.NewReader(text), "")
		if err != nil {
			continue
		}
		l := line{Command: &c, failed: c.Exit != nil && *c.Exit != 0}
		script := &ir.Run{Command: ir.Command{Line: "<<EOF"}, Heredocs: []ir.Heredoc{{Name: "EOF", Data: text + "\n"}}}
		l.effects(effects.Of(script, effects.State{Shell: []string{"bash", "-c"}, Dir: here, Home: home(c.User), Open: true}).Commands)
		l.read(file, &here)
		if secretOf("", record.Redact(text)) == "" {
			l.comment = came(&c)
		}
		out = append(out, l)
	}
	return out
}

// effects notes what commands change, but for what their packages may bring.
func (l *line) effects(commands []effects.Command) {
	for _, c := range commands {
		e := c.WithoutPackages()
		l.changes = append(append(l.changes, e.Writes.List...), e.Removes.List...)
	}
	l.changes = slices.DeleteFunc(l.changes, func(p effects.Path) bool { return p.Grade == effects.Unknown || p.Name == "/" })
}

// unclosed is what the parser says of a heredoc whose text is not in the record.
var unclosed = late.Regexp("unclosed here-document `([^`]+)`")

// closed is a line with the ends of its heredocs, whose texts are not recorded.
func closed(text string) string {
	for range 4 {
		_, err := syntax.NewParser().Parse(strings.NewReader(text), "")
		var where syntax.ParseError
		if !errors.As(err, &where) {
			break
		}
		m := unclosed().FindStringSubmatch(where.Text)
		if m == nil {
			break
		}
		lines := strings.Split(text, "\n")
		text = strings.Join(slices.Insert(lines, min(int(where.Pos.Line()), len(lines)), m[1]), "\n")
	}
	return text
}

// read notes the commands of a part of a script, which begins in a directory and ends in another.
func (l *line) read(part syntax.Node, dir *string) {
	syntax.Walk(part, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Subshell, *syntax.CmdSubst:
			if inner := *dir; n != part {
				l.read(n, &inner)
				return false
			}
		case *syntax.Stmt:
			if call, ok := n.Cmd.(*syntax.CallExpr); ok && len(call.Args) > 0 {
				l.call(call, n.Redirs, dir)
			}
		}
		return true
	})
}

func (l *line) call(call *syntax.CallExpr, redirections []*syntax.Redirect, dir *string) {
	c := *l.Command
	c.Dir = *dir
	t := typed{Command: &c, words: bare(literals(call.Args))}
	for _, r := range redirections {
		t.files = append(t.files, literals([]*syntax.Word{r.Word})...)
	}
	for _, w := range slices.Concat(t.words[1:], t.files) {
		_, value, _ := strings.Cut(w, "=")
		for _, at := range []string{w, value} {
			if at != "" && !strings.HasPrefix(at, "-") {
				t.places = append(t.places, t.path(at))
			}
		}
	}
	l.simple = append(l.simple, t)
	if t.name() == "cd" && len(t.words) == 2 && t.words[1] != "" && t.words[1] != "-" {
		*dir = t.path(t.words[1])
	}
	i := slices.Index(t.words, "-c")
	if i < 1 || i+1 == len(t.words) || !slices.Contains(shells(), t.name()) {
		return
	}
	if file, err := syntax.NewParser().Parse(strings.NewReader(t.words[i+1]), ""); err == nil {
		inner := *dir
		l.read(file, &inner)
	}
}

// home is the directory of a user, as most have it.
func home(user string) string {
	if user == "" || user == "root" {
		return "/root"
	}
	return "/home/" + user
}

// path is where a word of the command leads to.
func (t typed) path(word string) string {
	if rest, ok := strings.CutPrefix(word, "~"); ok && (rest == "" || rest[0] == '/') {
		return path.Clean(home(t.User) + rest)
	}
	if path.IsAbs(word) {
		return path.Clean(word)
	}
	return path.Join("/", t.Dir, word)
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
			inner := literal(&syntax.Word{Parts: p.Parts})
			if inner == "" {
				return ""
			}
			b.WriteString(inner)
		case *syntax.ParamExp:
			if !p.Short || p.Param == nil || p.Param.Value != "HOME" {
				return ""
			}
			b.WriteString("~")
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
	return slices.ContainsFunc(t.places, func(at string) bool {
		return at == name || whole && strings.Count(at, "/") > 1 && under(name, at) || globbed(at, name, whole)
	})
}

// globbed tells whether a path with a wildcard finds another one, or one above it.
func globbed(pattern, name string, above bool) bool {
	if !strings.ContainsAny(pattern, "*?[") {
		return false
	}
	parts, n := strings.Split(name, "/"), strings.Count(pattern, "/")+1
	if len(parts) < n || len(parts) > n && !above {
		return false
	}
	ok, err := path.Match(pattern, strings.Join(parts[:n], "/"))
	return ok && err == nil
}

// target is the last path that a command names.
func (t typed) target() string {
	return t.path(t.words[len(t.words)-1])
}

// came is a comment: what was typed and led to a step.
func came(c *record.Command) string {
	line := strings.TrimSpace(record.Redact(closed(c.Line)))
	if strings.Contains(line, "\n") {
		line, _, _ = strings.Cut(line, "\n")
		line += " …"
	}
	if runes := []rune(line); len(runes) > 100 {
		line = string(runes[:99]) + "…"
	}
	if c.Time.IsZero() {
		return line + " (typed)"
	}
	return fmt.Sprintf("%s (typed at %s)", line, c.Time.Format("15:04"))
}

// confidential finds names of what may be a password.
var confidential = late.Regexp(`(?i)passw|passphrase|token|secret|api.?key|authori[sz]ation|credential`)

// maxCommands is how many commands the comment of a step has.
const maxCommands = 6

// from gives the comments of a step: the commands that a function finds, or else a sentence.
func (r *reading) from(otherwise string, finds func(typed) bool) (list []string) {
	return r.comments(otherwise, func(l line) bool { return slices.ContainsFunc(l.simple, finds) })
}

// about gives the comments of a step for some paths: what was typed and names one of them, or does
// something to it.
func (r *reading) about(otherwise string, names ...string) []string {
	return r.comments(otherwise, func(l line) bool {
		return slices.ContainsFunc(names, l.touches) || slices.ContainsFunc(l.simple, func(t typed) bool { return t.unpacks(names) })
	})
}

// comments are the lines that a function finds. What failed may have done something all the same, and is
// named where nothing else is. A line that holds a secret is not shown.
func (r *reading) comments(otherwise string, finds func(line) bool) (list []string) {
	for _, failed := range []bool{false, true} {
		var seen []string
		for _, l := range r.lines {
			if l.failed == failed && l.comment != "" && !slices.Contains(seen, l.Line) && finds(l) {
				seen = append(seen, l.Line)
				list = append(list, l.comment)
			}
		}
		if len(list) > 0 {
			break
		}
	}
	if n := len(list) - maxCommands; n > 1 {
		list = append(list[:maxCommands], fmt.Sprintf("… and %d more commands", n))
	}
	if len(list) == 0 && otherwise != "" {
		list = []string{otherwise}
	}
	return list
}

// touches tells whether a line changes a path.
func (l line) touches(name string) bool {
	shows := []string{"echo", "printf", "ls", "cat", "less", "more", "head", "tail", "grep", "stat", "file", "cd", "pwd", "which", "man", "du", "df", "find", "diff", "wc", "md5sum", "sha256sum", "test", "["}
	for _, t := range l.simple {
		if (!slices.Contains(shows, t.name()) || len(t.files) > 0) && (t.name() != "ln" || t.target() == name) && t.names(name) {
			return true
		}
	}
	return slices.ContainsFunc(l.changes, func(p effects.Path) bool { return p.Covers(name) })
}

// unpacks tells whether a command installs a package out of a file, which no source of packages has: what
// that brings is copied.
func (t typed) unpacks(names []string) bool {
	return slices.ContainsFunc(t.words[1:], func(w string) bool { return path.Ext(w) == ".deb" }) && (t.is([]string{"dpkg"}, "-i", "--install") || t.is(aptPrograms(), "install")) &&
		slices.ContainsFunc(names, func(name string) bool {
			return under(name, "/usr") || under(name, "/etc") || under(name, "/opt") || under(name, "/var/lib")
		})
}
