package policy

import (
	"slices"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins/shell"
)

// command is a simple command of a script, or that of an exec form, as rules see it.
type command struct {
	*shell.Command
	inputs []string // programs that are piped into it
	pipes  []string // programs that it is piped into
}

// readCommands gives the commands of what is run, in the order of the text. It is false
// when that is no script of a POSIX shell or bash.
func readCommands(run *ir.Run, sh []string) ([]*command, bool) {
	script, err := shell.Parse(run, sh)
	if err != nil {
		return nil, false
	}
	var list []*command
	by := map[*shell.Command]*command{}
	for _, c := range script.Commands {
		by[c] = &command{Command: c}
		list = append(list, by[c])
	}
	script.Pipes(func(from, to *shell.Command) {
		by[from].pipes = append(by[from].pipes, to.Name)
		by[to].inputs = append(by[to].inputs, from.Name)
	})
	return list, true
}

// args are the words behind it: the value of one that is known, or else its text.
func (c *command) args() []string {
	out := make([]string, len(c.Args))
	for i, w := range c.Args {
		out[i] = w.Text
	}
	return out
}

// env are the variables set for it alone.
func (c *command) env() map[string]string {
	out := map[string]string{}
	for _, v := range c.Env {
		out[v.Name] = v.Value.Text
	}
	return out
}

// isShell tells shells whose scripts are read as those of sh or bash.
func isShell(name string) bool {
	return slices.Contains([]string{"sh", "bash", "dash", "ash", "zsh", "ksh"}, name)
}
