package slim

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
)

// started is why what containers of the stage run may need the toolchain. What programs of the author's
// start is their intent, as they let it go; what a shell or a manager of packages runs nobody knows.
func (s *split) started() *reason {
	ops := s.Module.Stages[s.stage].Ops
	main, states := -1, s.states.Stage(s.stage)
	for k, op := range ops {
		var command ir.Command
		switch b := op.Body.(type) {
		case *ir.Cmd:
			command = b.Command
		case *ir.Entrypoint:
			command = b.Command
		case *ir.Healthcheck:
			if b.None {
				continue
			}
			command = b.Command
		default:
			continue
		}
		if _, health := op.Body.(*ir.Healthcheck); !health {
			main = k
		}
		if why := s.starts(op.Body, command, states[k]); why != nil {
			return why
		}
	}
	if main < 0 {
		return because("started", "nobody knows what its containers run: it has neither CMD nor ENTRYPOINT")
	}
	return nil
}

// starts is about one command of a container.
func (s *split) starts(body ir.Body, command ir.Command, at *eval.State) *reason {
	if _, cmd := body.(*ir.Cmd); cmd && command.Exec && s.entered() {
		for _, word := range command.Args { // which its ENTRYPOINT is given
			if tool(path.Base(word)) {
				return because("started", "CMD names %s", word)
			}
		}
		return nil
	}
	script, err := shell.Parse(&ir.Run{Command: command}, at.Shell)
	if err != nil {
		return because("started", "nobody knows what `%s` runs: %v", body.Keyword(), err)
	}
	for _, c := range commands(script) {
		switch _, manages := effects.TaskOf(c); {
		case c.Name == "":
			return because("started", "only a container shows what `%s` runs", c.Text)
		case tool(c.Name) || slices.ContainsFunc(c.Args, func(w shell.Word) bool { return tool(path.Base(w.Text)) }):
			return because("started", "`%s`, which a container runs, needs it", c.Text)
		case s.made(c, at):
		case s.base != "" || s.config.RunBase != "" && s.rebases():
			return because("started", "`%s`, which a container runs, is not what is compiled", c.Text)
		case s.config.Unknown != "drop" && (manages || unseen(c)):
			return because("started", "nobody knows what `%s`, which a container runs, starts", c.Text)
		}
	}
	return nil
}

// entered tells whether the stage has an ENTRYPOINT of its own in exec form, which takes CMD as arguments.
func (s *split) entered() bool {
	return slices.ContainsFunc(s.Module.Stages[s.stage].Ops, func(op *ir.Op) bool {
		e, ok := op.Body.(*ir.Entrypoint)
		return ok && e.Command.Exec && len(e.Command.Args) > 0
	})
}

// unseen tells a shell, and a script.
func unseen(c *shell.Command) bool {
	return c.Script == nil && (slices.Contains([]string{"sh", "bash", "ash", "dash", "zsh", "ksh", "busybox"}, c.Name) || strings.HasSuffix(c.Name, ".sh"))
}

// made tells whether a program is one that the stage compiles.
func (s *split) made(c *shell.Command, at *eval.State) bool {
	if !c.Prog.Known || len(c.Via) > 0 && c.Via[0] != "exec" {
		return false
	}
	names := []string{path.Join("/", at.Workdir, c.Prog.Text)}
	if path.IsAbs(c.Prog.Text) {
		names = []string{path.Clean(c.Prog.Text)}
	} else if !strings.Contains(c.Prog.Text, "/") {
		names = nil
		value, _ := at.Lookup("PATH")
		if value == "" {
			value = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
		}
		for dir := range strings.SplitSeq(value, ":") {
			names = append(names, path.Join("/", dir, c.Prog.Text))
		}
	}
	return slices.ContainsFunc(names, func(name string) bool {
		return slices.ContainsFunc(s.products, func(p string) bool { return name == p || strings.HasPrefix(name, p+"/") })
	})
}
