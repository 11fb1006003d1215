package policy

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// command is a simple command of a script, or that of an exec form.
type command struct {
	name   string   // the program without its directory, "" when only the run shows it
	args   []string // behind it: the value of a word that is known, or else its text
	text   string   // as written
	via    []string // programs in front of it that only run it, like sudo
	env    map[string]string
	inputs []string // programs that are piped into it
	pipes  []string // programs that it is piped into
}

// maxPiped is how many commands a script may have for its pipes to be followed: each
// end of a long one knows all others.
const maxPiped = 500

// nested bounds scripts in scripts, as in sh -c "sh -c '…'".
const nested = 4

// parseScript gives the commands of a script in the order of the text. It is false
// when the text is no script of a POSIX shell or bash.
func parseScript(text string, depth int) ([]*command, bool) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, false
	}
	p := script{text: text, calls: map[*syntax.CallExpr]*command{}}
	syntax.Walk(file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			p.call(call, depth)
		}
		return true
	})
	if len(p.list) > maxPiped {
		return p.list, true
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		if b, ok := n.(*syntax.BinaryCmd); ok && (b.Op == syntax.Pipe || b.Op == syntax.PipeAll) {
			p.pipe(b)
		}
		return true
	})
	return p.list, true
}

// script is a script that is being read.
type script struct {
	text  string
	list  []*command
	calls map[*syntax.CallExpr]*command
}

func (p *script) call(call *syntax.CallExpr, depth int) {
	c := &command{text: p.source(call), env: map[string]string{}}
	for _, a := range call.Assigns {
		if a.Name != nil && a.Value != nil {
			c.env[a.Name.Value] = p.word(a.Value)
		}
	}
	args := make([]string, len(call.Args))
	for i, w := range call.Args {
		args[i] = p.word(w)
	}
	p.calls[call] = c
	p.list = append(p.list, c)
	p.list = append(p.list, c.set(args, depth)...)
}

// source is the text of a part of the script.
func (p *script) source(n syntax.Node) string {
	start, end := int(n.Pos().Offset()), int(n.End().Offset())
	if start > end || end > len(p.text) {
		return ""
	}
	return p.text[start:end]
}

// word is the value of a word that has no variables, or else its text.
func (p *script) word(w *syntax.Word) string {
	if text, ok := literal(w.Parts); ok {
		return text
	}
	return p.source(w)
}

// literal puts a word without variables together.
func literal(parts []syntax.WordPart) (string, bool) {
	var b strings.Builder
	for _, part := range parts {
		switch part := part.(type) {
		case *syntax.Lit:
			b.WriteString(unescape(part.Value))
		case *syntax.SglQuoted:
			b.WriteString(part.Value)
		case *syntax.DblQuoted:
			text, ok := literal(part.Parts)
			if !ok {
				return "", false
			}
			b.WriteString(text)
		default:
			return "", false
		}
	}
	return b.String(), true
}

// unescape takes backslashes away that stand for what is behind them.
func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// set names a command, and gives those of the script that it is told to run.
func (c *command) set(words []string, depth int) []*command {
	for len(words) > 1 {
		n := behind(path.Base(words[0]), words[1:], c.env)
		if n < 0 || n >= len(words)-1 {
			break
		}
		c.via = append(c.via, path.Base(words[0]))
		words = words[n+1:]
	}
	c.args = words[1:]
	if c.name = path.Base(words[0]); strings.ContainsAny(c.name, "$`") {
		c.name = ""
	}
	if i := slices.Index(c.args, "-c"); i >= 0 && i+1 < len(c.args) && depth < nested && isShell(c.name) {
		list, _ := parseScript(c.args[i+1], depth+1)
		return list
	}
	return nil
}

func isShell(name string) bool {
	return slices.Contains([]string{"sh", "bash", "dash", "ash", "zsh", "ksh"}, name)
}

// behind is the number of words between a program that only runs another and that
// one, -1 when it is no such program. Assignments among them go into env.
func behind(name string, words []string, env map[string]string) int {
	valued, operands := "", 0 // options whose value is the next word; words in front of the command
	switch name {
	case "sudo":
		valued = "ugCDhpRrtTU"
	case "env":
		valued = "uC"
	case "gosu", "su-exec", "chroot":
		operands = 1
	case "timeout":
		valued, operands = "ks", 1
	case "nice":
		valued = "n"
	case "exec", "time", "nohup", "eatmydata", "setsid", "command":
	default:
		return -1
	}
	for i := 0; i < len(words); i++ {
		key, value, assigns := strings.Cut(words[i], "=")
		switch {
		case strings.HasPrefix(words[i], "-"):
			if name == "command" { // a question, not a run
				return -1
			}
			if len(words[i]) == 2 && strings.Contains(valued, words[i][1:]) {
				i++
			}
		case assigns && (name == "sudo" || name == "env"):
			env[key] = value
		case operands > 0:
			operands--
		default:
			return i
		}
	}
	return -1
}

// pipe notes which programs write to which.
func (p *script) pipe(b *syntax.BinaryCmd) {
	from, to := p.under(b.X), p.under(b.Y)
	for _, x := range from {
		for _, y := range to {
			x.pipes = append(x.pipes, y.name)
			y.inputs = append(y.inputs, x.name)
		}
	}
}

// under are the commands of one side of a pipe, without those of substitutions: what
// these print goes elsewhere.
func (p *script) under(n syntax.Node) []*command {
	var list []*command
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst, *syntax.ProcSubst:
			return false
		case *syntax.CallExpr:
			if c := p.calls[n]; c != nil {
				list = append(list, c)
			}
		}
		return true
	})
	return list
}
