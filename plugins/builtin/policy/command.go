package policy

import (
	"slices"

	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
)

// command is a simple command of a script, or that of an exec form, as rules see it.
type command struct {
	*shell.Command
	inputs []string      // programs that are piped into it
	pipes  []string      // programs that it is piped into
	runs   string        // the program whose download it runs as it comes, "" of others
	tasks  *effects.Task // lazily, by task
}

// task is what it has a package manager do, nothing when it is none.
func (c *command) task() *effects.Task {
	if c.tasks == nil {
		task, _ := effects.TaskOf(c.Command)
		c.tasks = &task
	}
	return c.tasks
}

// packages are the words that name what a package manager is to install, upgrade or remove.
func (c *command) packages() []string {
	list := c.task().Packages
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = w.Text
	}
	return out
}

// readCommands gives the commands of what is run, in the order of the text.
func readCommands(script *shell.Script) *scriptText {
	var list []*command
	by := map[*shell.Command]*command{}
	for _, c := range script.Commands {
		by[c] = &command{Command: c}
		list = append(list, by[c])
		for _, inner := range c.Found() {
			list = append(list, &command{Command: inner})
		}
	}
	script.Pipes(func(from, to *shell.Command) {
		by[from].pipes = append(by[from].pipes, to.Name)
		by[to].inputs = append(by[to].inputs, from.Name)
	})
	markDownloads(list)
	text := &scriptText{commands: list, parsed: true, sets: map[string]string{}}
	for _, v := range script.Sets {
		text.sets[v.Name] = v.Value.Text
	}
	return text
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
