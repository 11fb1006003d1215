package lint

import (
	"errors"
	"path"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
)

// Unread is how many scripts of a file do not read.
type Unread struct {
	None  int // as any shell's
	Plain int // as a POSIX shell's, which runs them
}

// NoWorse tells whether not more of them do not read than of others.
func (u Unread) NoWorse(than Unread) bool { return u.None <= than.None && u.Plain <= than.Plain }

// Scripts tells how many scripts of a file do not read. Those of shells whose language is not known
// count for none.
func Scripts(in Input) (out Unread) {
	for _, s := range newView(newText(in.File, in.Diags), in).steps {
		run := scriptOf(s.Body)
		if run == nil || run.Command.Exec {
			continue
		}
		sh := s.State().Shell
		script, err := s.Stage.View.memo.Script(run, sh)
		var unknown *shell.UnknownError
		switch {
		case errors.As(err, &unknown):
		case err != nil:
			out.None++
			out.Plain++
		case script.Bash && (len(sh) == 0 || path.Base(sh[0]) != "bash"):
			out.Plain++
		}
	}
	return out
}

// scriptOf is the instruction that has a shell do something, as a RUN; nil is none.
func scriptOf(body ir.Body) *ir.Run {
	switch b := body.(type) {
	case *ir.Run:
		return b
	case *ir.Cmd:
		return &ir.Run{Command: b.Command}
	case *ir.Entrypoint:
		return &ir.Run{Command: b.Command}
	case *ir.Healthcheck:
		if !b.None {
			return &ir.Run{Command: b.Command}
		}
	}
	return nil
}
