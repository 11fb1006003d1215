package plan

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/lexer"
)

// Exec runs a command.
type Exec struct {
	Args     []string
	Script   *Script // a program that the command is, nil when it is none
	Mounts   []Mount
	Network  string // "", "default", "none" or "host"
	Insecure bool
	Devices  []ir.Device
}

// Script is a here document that starts with "#!": a file of its own, which the
// command runs.
type Script struct {
	Name string
	Data string
}

// scriptDir is where a script is mounted.
const scriptDir = "/dev/pipes/"

// exec expands RUN. The command itself stays as written: its variables are the
// shell's.
func (p *planner) exec(s *Stage, op *operation, b *ir.Run) error {
	s.paths.add("/") // a command can read anything
	if b.Command.Exec && len(b.Command.Args) == 0 {
		return wrong("missing-argument", "", "RUN requires a command")
	}
	if err := p.budget.Take(s.env.cost() + len(b.Mounts)*mountCost); err != nil {
		return err
	}
	x := &Exec{Network: b.Network, Insecure: b.Security == "insecure", Devices: b.Devices}
	title := op.Text() // unexpanded
	if err := s.command(x, b, &title); err != nil {
		return err
	}
	if err := p.budget.Take(len(x.Args) * argCost); err != nil {
		return err
	}
	for _, arg := range x.Args {
		if !utf8.ValidString(arg) {
			return wrong("not-utf8", "", "the command is not valid UTF-8, which no build can carry")
		}
	}
	for i, m := range b.Mounts {
		mount, err := p.mount(s, m, op.sources[i])
		if err != nil {
			return err
		}
		x.Mounts = append(x.Mounts, mount)
	}
	title = upperFirst(p.words.command(title, s.titleEnv(x.Mounts))) + madeBy(op)
	s.step(op, s.names.next(s.Name, title, op.onbuild, s.RunPlatform, s.env), x)
	p.history(s, "RUN "+p.runHistory(s, x.Args)+layerMark, true)
	return nil
}

// command works out the argument vector, here documents included.
func (s *Stage) command(x *Exec, b *ir.Run, title *string) error {
	c := b.Command
	if len(b.Heredocs) == 0 {
		x.Args = s.args(c)
		return nil
	}
	if c.Exec {
		return errorf("RUN in JSON form takes no here document")
	}
	doc := b.Heredocs[0]
	if _, only := lexer.ParseHeredoc(c.Line); !only {
		// The shell reads the documents itself.
		var line strings.Builder
		line.WriteString(c.Line)
		for _, d := range b.Heredocs {
			line.WriteString("\n" + d.Data + d.Name)
		}
		c.Line = line.String()
		x.Args = s.args(c)
		return nil
	}
	*title += fmt.Sprintf(" (%s)", summary(doc.Data))
	data := doc.Data
	if doc.Chomp {
		data = lexer.Chomp(data)
	}
	if s.Image.OS != "windows" && strings.HasPrefix(data, "#!") {
		x.Script = &Script{Name: doc.Name, Data: data}
		c.Line = path.Join(scriptDir, doc.Name)
	} else {
		c.Line = data
	}
	x.Args = s.args(c)
	return nil
}

// summary is the first line of a here document, for the name of the step.
func summary(doc string) string {
	doc = strings.ReplaceAll(strings.TrimSpace(doc), "\r\n", "\n")
	first, _, more := strings.Cut(doc, "\n")
	if more {
		return first + "..."
	}
	return first
}

// titleEnv is the environment with the values of secrets starred out.
func (s *Stage) titleEnv(mounts []Mount) lookup {
	var secrets map[string]bool
	for _, m := range mounts {
		if m.Secret != nil && m.Secret.Env != nil {
			if secrets == nil {
				secrets = map[string]bool{}
			}
			secrets[*m.Secret.Env] = true
		}
	}
	if secrets == nil {
		return s.env
	}
	return masked{s.env, secrets}
}

// runHistory is the command as history shows it: behind the build arguments that
// are in scope.
func (p *planner) runHistory(s *Stage, args []string) string {
	command := strings.Join(args, " ")
	if len(s.declared) == 0 {
		return command
	}
	var b strings.Builder
	fmt.Fprintf(&b, "|%d ", len(s.declared))
	for _, d := range s.declared {
		v, ok := s.env.Get(d.key)
		if !ok {
			v = d.value
		}
		b.WriteString(d.key + "=" + v + " ")
	}
	b.WriteString(command)
	return b.String()
}
